/** What can go wrong with a model in Python: each is one sentence, with the line of the user's code where there is one. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openSurface } from '../src/jobs/bridge/open.js';
import { InputError, RunError } from '../src/numeric/errors.js';
import { plainPython, pythonFile, torchPython } from './support/python.js';

process.env.OMP_NUM_THREADS = '1';
const own = process.env.PYTHONPATH;
afterEach(() => {
  if (own === undefined) delete process.env.PYTHONPATH;
  else process.env.PYTHONPATH = own;
});

/** Puts modules of these names where Python finds them first. PyTorch takes seconds to import, and most of this needs none. */
function withModules(modules: Readonly<Record<string, string>>): void {
  const folder = mkdtempSync(join(tmpdir(), 'thermograd-modules-'));
  for (const [name, code] of Object.entries(modules)) writeFileSync(join(folder, `${name}.py`), code);
  process.env.PYTHONPATH = folder;
}
const EMPTY = { torch: '', numpy: '' };

/** Opens what is expected to fail, and returns the error and what was printed. */
async function failure(spec: string, python = plainPython) {
  const printed: string[] = [];
  const surface = openSurface(spec, { python, onOutput: (line) => printed.push(line) });
  const error = await surface.then(
    () => undefined,
    (e: Error) => e,
  );
  return { error, printed };
}

it('a Python that is not there', async () => {
  const { error } = await failure('python:train.py:make', '/no/such/python');
  expect(error).toBeInstanceOf(InputError);
  expect(error?.message).toBe(
    "a surface in Python needs a Python: '/no/such/python' cannot be started (ENOENT); name one with --python PATH.",
  );
});

it.each(['train.py:make', 'ruby:train.rb', 'python:', 'fd:3', 'fd:-1,2', ''])(
  'a name that is none: %j',
  async (spec) => {
    const { error } = await failure(spec);
    expect(error).toBeInstanceOf(InputError);
    expect(error?.message).toContain('a surface is named python:FILE.py:make or python:package.module:make; got');
  },
);

it('file descriptors that are no pipes', async () => {
  const { error } = await failure('fd:0,999');
  expect(error).toBeInstanceOf(InputError);
  expect(error?.message).toMatch(/fd:0,999 names file descriptors .* is no open pipe\./);
});

describe.skipIf(!plainPython)(plainPython ? 'with Python' : 'skipped: needs python3: with Python', () => {
  it('without PyTorch', async () => {
    withModules({ numpy: '', torch: "raise ModuleNotFoundError(\"No module named 'torch'\", name='torch')" });
    const { error } = await failure(`python:${pythonFile('')}`);
    expect(error).toBeInstanceOf(InputError);
    expect(error?.message).toMatch(
      /^\S+train\.py: \S+ has no PyTorch \(No module named 'torch'\); install it there, or name another Python with --python\.$/,
    );
  });

  it('that ends before it answers', async () => {
    withModules({
      numpy: "import os, sys\nprint('half a line', file=sys.stderr, end='')\nsys.stderr.flush()\nos._exit(3)",
    });
    const { error } = await failure('python:train.py');
    expect(error).toBeInstanceOf(RunError);
    expect(error?.message).toBe('train.py: its Python ended with exit code 3; the last it printed was: half a line.');
  });

  it('that is killed', async () => {
    withModules({ numpy: 'import os\nos.kill(os.getpid(), 9)' });
    const { error } = await failure('python:train.py');
    expect(error?.message).toBe('train.py: its Python was ended by SIGKILL, perhaps because memory ran out.');
  });

  it.each([
    [
      'an error in the file',
      'import math\n\ndef make():\n    return math.sqrt(-1)\n',
      /raised ValueError: .* \(train\.py, line 4, in make\)\.$/,
    ],
    ['an error while it is read', 'x = {}\nx["a"]\n', /raised KeyError: 'a' \(train\.py, line 2\)\.$/],
    ['wrong syntax', 'def make(:\n', /raised SyntaxError: .* \(train\.py, line 1\)\.$/],
    [
      'a module that is missing',
      'import no_such_module\n',
      /No module named 'no_such_module' \(train\.py, line 1\)\.$/,
    ],
    ['an exit', 'import sys\nsys.exit("enough")\n', /raised SystemExit: enough \(train\.py, line 2\)\.$/],
    ['no make', 'x = 1\n', /has no 'make'; write a function make\(\) that returns \(model, loss, data\)\.$/],
    [
      'nothing made',
      'def make():\n    pass\n',
      /has to return thermograd\.Problem\(model, loss, data\) .*; it returned NoneType\.$/,
    ],
    ['too much made', 'def make():\n    return 1, 2, 3, 4\n', /it returned a tuple of 4\.$/],
  ])('%s', async (_, code, words) => {
    withModules(EMPTY);
    const { error } = await failure(`python:${pythonFile(code)}:make`);
    expect(error).toBeInstanceOf(InputError);
    expect(error?.message).toMatch(words);
  });

  it('no such file, and no such module', async () => {
    withModules(EMPTY);
    expect((await failure('python:/no/such/train.py:make')).error?.message).toContain(
      'there is no file /no/such/train.py.',
    );
    expect((await failure('python:no_such_package.models:make')).error?.message).toContain(
      'there is no module no_such_package.models; a file is named with its ending, no_such_package.models.py.',
    );
  });

  it('prints of the file go where they are told to, and never into a frame', async () => {
    withModules(EMPTY);
    const code = 'import os, sys\nprint("to stdout")\nos.write(1, b"thgr" * 20)\nprint("to stderr", file=sys.stderr)\n';
    const { error, printed } = await failure(`python:${pythonFile(code)}`);
    expect(error?.message).toContain("has no 'make'");
    expect(printed).toEqual(expect.arrayContaining(['to stderr']));
    expect(printed.join('\n')).toContain('to stdout');
  });
});

const FAILS = `
import os
import torch

calls = 0

def loss(output, target):
    global calls
    calls += 1
    print("call", calls)
    if output.shape[0] == 1 and float(output) > 1e3:
        raise ArithmeticError("too large")
    if output.shape[0] == 1 and float(output) < -1e3:
        os._exit(7)
    return ((output - target) ** 2).mean()

def make():
    model = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.ones_(model.weight)
    return model, loss, (torch.ones(1, 1), torch.zeros(1, 1))
`;

describe.skipIf(!torchPython)(torchPython ? 'with PyTorch' : 'skipped: needs python3 with torch: with PyTorch', () => {
  it('a model that raises is named with its line and can be asked again; one that dies ends what waits', async () => {
    const file = pythonFile(FAILS);
    const printed: string[] = [];
    const surface = await openSurface(`python:${file}`, {
      python: torchPython,
      onOutput: (line) => printed.push(line),
    });
    expect(surface).toMatchObject({ size: 1, samples: 1, precision: 'float64', name: file });
    expect((await surface.gradient(Float64Array.of(3))).gradient).toEqual(Float64Array.of(6));
    await expect(surface.gradient(Float64Array.of(1e4))).rejects.toMatchObject({
      code: 'model-raised',
      message: `${file} was asked for 'gradient': the model raised ArithmeticError: too large (train.py, line 12, in loss).`,
    });
    expect((await surface.gradient(Float64Array.of(3))).loss).toBe(9);
    const waiting = [Float64Array.of(-1e4), Float64Array.of(3)].map((w) => surface.gradient(w));
    for (const { reason } of (await Promise.allSettled(waiting)) as PromiseRejectedResult[]) {
      expect(reason).toBeInstanceOf(RunError);
      expect(reason.message).toBe(`${file}: its Python ended with exit code 7.`);
    }
    await surface.close();
    expect(printed).toContain('call 1');
  });
});
