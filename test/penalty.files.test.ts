/** Penalties as files: there and back, refused when damaged, and applied by PyTorch to the same numbers. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { addPenalties, penalty, penaltyGradient } from '../src/model/penalty.js';
import { randomKey } from '../src/numeric/random.js';
import { readNpz, writeNpz } from '../src/record/npz.js';
import { readPenalty, writePenalty } from '../src/record/penalty.js';
import { exampleParts } from './support/penalties.js';

const P = 40;
const stream = randomKey(12).stream();
const vector = () => Float64Array.from({ length: P }, () => stream.normal());
const parts = exampleParts(P);
const p = addPenalties(
  penalty(vector(), [...parts.diagonal, ...parts.orthonormal, ...parts.dense]),
  penalty(vector(), parts.planes),
);
const folder = mkdtempSync(join(tmpdir(), 'thermograd-penalty-'));

describe.each(['npz', 'safetensors'])('%s', (end) => {
  const path = join(folder, `penalty.${end}`);

  it('comes back the same, with its strength', async () => {
    writePenalty(path, p, 0.25);
    expect(await readPenalty(path)).toEqual({ penalty: p, strength: 0.25, parameters: [] });
  });

  it('carries names and shapes of more than ten parameters in their order', async () => {
    const parameters = [
      { name: 'encoder.0.weight', shape: [4, 3] },
      { name: 'encoder.0.bias', shape: [4] },
      ...Array.from({ length: 12 }, (_, i) => ({ name: `scale.${11 - i}.weight`, shape: [2] })),
    ];
    writePenalty(path, p, 0.25, undefined, parameters);
    expect((await readPenalty(path)).parameters).toEqual(parameters);
  });

  it('is not written without terms, nor with parameters of another size', () => {
    const other = join(folder, `other.${end}`);
    expect(() => writePenalty(other, penalty(vector(), []), 0)).toThrow(/no terms/);
    expect(() => writePenalty(other, p, 1, undefined, [{ name: 'weight', shape: [3, 13] }])).toThrow(
      /1 parameters have 39 numbers; the penalty is of 40 weights/,
    );
    expect(existsSync(other)).toBe(false);
  });
});

describe('what is refused', () => {
  const damaged = async (change: (arrays: Map<string, { shape: readonly number[]; data: Float64Array }>) => void) => {
    const path = join(folder, 'damaged.npz');
    writePenalty(path, p, 1);
    const arrays = (await readNpz(readFileSync(path), path)) as Map<
      string,
      { shape: readonly number[]; data: Float64Array }
    >;
    change(arrays);
    writeFileSync(path, writeNpz(arrays));
    return readPenalty(path);
  };
  it('a part without its numbers, weights that reward, an anchor of another length', async () => {
    await expect(damaged((a) => a.delete('0.1.weights'))).rejects.toThrow(/part 0\.1 needs/);
    await expect(damaged((a) => a.set('0.0.diagonal', { shape: [2], data: Float64Array.of(1, -1) }))).rejects.toThrow(
      /number 1 is -1/,
    );
    await expect(damaged((a) => a.set('1.anchor', { shape: [41], data: new Float64Array(41) }))).rejects.toThrow(
      /40 numbers; one has 41/,
    );
  });
  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY])('a strength of %s', async (strength) => {
    await expect(damaged((a) => a.set('strength', { shape: [1], data: Float64Array.of(strength) }))).rejects.toThrow(
      new RegExp(`'strength' must be a finite number ≥ 0; it is ${strength}\\.`),
    );
  });
  it('no terms, and shapes that are not those of the weights', async () => {
    await expect(damaged((a) => a.delete('0.anchor'))).rejects.toThrow(/holds no terms/);
    const shape = (name: string, ...data: number[]) =>
      damaged((a) => a.set(name, { shape: [data.length], data: Float64Array.of(...data) }));
    await expect(shape('parameters.0.weight', 5, 7)).rejects.toThrow(/35 numbers; the penalty is of 40 weights/);
    await expect(shape('parameters.4000000000.weight', 40)).rejects.toThrow(/numbered from 0/);
    await expect(shape('parameters.1.weight', 40)).rejects.toThrow(/numbered from 0/);
    await expect(shape('parameters.0.weight', 80, 0.5)).rejects.toThrow(/whole numbers from 1/);
  });
  it('another kind of file, and none at all', async () => {
    expect(() => writePenalty(join(folder, 'penalty.pt'), p, 1)).toThrow(/\.npz or \.safetensors/);
    await expect(readPenalty(join(folder, 'none.npz'))).rejects.toThrow(/no penalty at/);
  });
});

it.each([Number.NaN, Number.POSITIVE_INFINITY, -1])(
  'a strength of %s is refused before anything is written',
  (strength) => {
    const path = join(folder, 'strength.npz');
    expect(() => writePenalty(path, p, strength)).toThrow(
      new RegExp(`finite number ≥ 0; got ${strength}. Choose one .* no curvature`),
    );
    expect(existsSync(path)).toBe(false);
  },
);

describe('examples/protect.py', () => {
  const python = [process.env.THERMOGRAD_PYTHON, 'python3', '/usr/bin/python3'].find(
    (command) => command && spawnSync(command, ['-c', 'import torch']).status === 0,
  );
  it.skipIf(python === undefined)(
    'gives torch the same value and gradient (needs Python with torch; THERMOGRAD_PYTHON names one)',
    () => {
      const [path, w] = [join(folder, 'torch.npz'), vector()];
      writePenalty(path, p, 0.25);
      const code = `
import json, sys, torch
sys.path.insert(0, ${JSON.stringify(fileURLToPath(new URL('../examples', import.meta.url)))})
sys.dont_write_bytecode = True
from protect import load_penalty
torch.set_default_dtype(torch.float64)
model = torch.nn.Linear(7, 5)  # 40 parameters, as a module holds them
torch.nn.utils.vector_to_parameters(torch.tensor(json.load(sys.stdin)), model.parameters())
penalty, strength = load_penalty(${JSON.stringify(path)})
value = penalty(torch.nn.utils.parameters_to_vector(model.parameters()))
value.backward()
gradient = torch.cat([q.grad.flatten() for q in model.parameters()])
print(json.dumps([strength, value.item(), gradient.tolist()]))
`;
      const { stdout, stderr } = spawnSync(python!, ['-c', code], { input: JSON.stringify([...w]), encoding: 'utf8' });
      expect(stderr).toBe('');
      const [strength, value, gradient] = JSON.parse(stdout);
      const ours = penaltyGradient(p, w);
      expect(strength).toBe(0.25);
      expect(value / ours.value).toBeCloseTo(1, 13);
      ours.gradient.forEach((g, i) => {
        expect(gradient[i]).toBeCloseTo(g, 11);
      });
    },
  );

  it.skipIf(python === undefined)(
    'refuses another module, and holds the shared rows of one that has grown when asked (needs Python with torch)',
    () => {
      const [path, w] = [join(folder, 'head.npz'), vector()];
      writePenalty(path, p, 0.25, undefined, [
        { name: '0.weight', shape: [4, 5] },
        { name: '0.bias', shape: [4] },
        { name: '1.weight', shape: [3, 4] },
        { name: '1.bias', shape: [4] },
      ]);
      const code = `
import json, sys, torch
sys.path.insert(0, ${JSON.stringify(fileURLToPath(new URL('../examples', import.meta.url)))})
sys.dont_write_bytecode = True
from protect import load_penalty, load_pull, hold
from torch.nn import Linear, Module, Parameter, ParameterList
from torch.nn.utils import parameters_to_vector as flat
torch.set_default_dtype(torch.float64)
path, w = ${JSON.stringify(path)}, torch.tensor(json.load(sys.stdin))

class Two(Module):
    def __init__(self, rows, columns=5, last=4):
        super().__init__()
        shapes = [[4, columns], [4], [rows, 4], [last]]
        self.all = ParameterList([Parameter(torch.full(s, 7.0)) for s in shapes])

def refused(*args, vector=None, **kwargs):
    try:
        R, _ = load_penalty(path, *args, **kwargs)
        R(w if vector is None else vector)
    except ValueError as error:
        return str(error)
    return "taken"

grown = Two(6, last=4)
with torch.no_grad():
    grown.all[0].copy_(w[:20].view(4, 5)); grown.all[1].copy_(w[20:24])
    grown.all[2][:3].copy_(w[24:36].view(3, 4)); grown.all[3].copy_(w[36:])
class Named(Module):  # the parameters of the file, listed in another order
    def __init__(self):
        super().__init__()
        self.add_module("1", Linear(4, 3)); self.add_module("0", Linear(5, 4))
        self.get_submodule("1").bias = Parameter(torch.zeros(4))

named = Named()
with torch.no_grad():
    named.get_submodule("0").weight.copy_(w[:20].view(4, 5)); named.get_submodule("0").bias.copy_(w[20:24])
    named.get_submodule("1").weight.copy_(w[24:36].view(3, 4)); named.get_submodule("1").bias.copy_(w[36:])
N, _ = load_penalty(path, named)
by_name = N(flat(named.parameters())).item()
R, strength = load_penalty(path, Two(3))
S, _ = load_penalty(path, grown, grown=True)
value = S(flat(grown.parameters()))
value.backward()
pull, _ = load_pull(path, Two(3))
wide, _ = load_pull(path, grown, grown=True)
before = flat(grown.parameters()).detach()
after = wide(before, 0.125)
shared = torch.tensor([*range(36), *range(48, 52)])
new = torch.tensor(range(36, 48))
print(json.dumps({
    "same": [R(w).item(), value.item()],
    "by name": by_name,
    "gradient of new rows": grown.all[2].grad[3:].abs().max().item(),
    "gradient of old rows": grown.all[2].grad[:3].abs().max().item(),
    "pull": (after[shared] - pull(w, 0.125)).abs().max().item(),
    "moved": (after[shared] - before[shared]).abs().max().item(),
    "new rows stay": (after[new] - before[new]).abs().max().item(),
    "grown": refused(grown),
    "grown flat": refused(vector=before),
    "other shapes of the same size": refused(Two(2, last=8)),
    "narrower": refused(Two(2, last=4), grown=True),
    "wider inputs": refused(Two(3, columns=6), grown=True),
    "no module": refused(grown=True),
}))
`;
      const { stdout, stderr } = spawnSync(python!, ['-c', code], { input: JSON.stringify([...w]), encoding: 'utf8' });
      expect(stderr).toBe('');
      const seen = JSON.parse(stdout);
      const ours = penaltyGradient(p, w).value;
      expect(seen['by name'] / ours).toBeCloseTo(1, 12);
      expect(seen.same.map((v: number) => v / ours)).toEqual([expect.closeTo(1, 12), expect.closeTo(1, 12)]);
      expect(seen['gradient of new rows']).toBe(0);
      expect(seen['gradient of old rows']).toBeGreaterThan(0.01);
      expect(seen.pull).toBeLessThan(1e-13);
      expect(seen.moved).toBeGreaterThan(0.01);
      expect(seen['new rows stay']).toBe(0);
      expect(seen.grown).toMatch(
        /holds 0\.weight \[4, 5\], .*; the module has all\.0 \[4, 5\].*all\.2 \[6, 4\].*grown=True where a/,
      );
      expect(seen['grown flat']).toMatch(/holds 40 weights \(0\.weight \[4, 5\].*; the module has 52: give it/);
      expect(seen['other shapes of the same size']).toMatch(/the module has .*all\.2 \[2, 4\], all\.3 \[8\]/);
      expect(seen.narrower).toMatch(/grown=True allows more outputs and nothing else/);
      expect(seen['wider inputs']).toMatch(/grown=True allows more outputs and nothing else/);
      expect(seen['no module']).toMatch(/needs the module/);
    },
  );

  it.skipIf(python === undefined)('refuses a file that is no penalty (needs Python with torch)', () => {
    const path = join(folder, 'no-strength.npz');
    writePenalty(path, p, 0.25);
    const read = (strength: number) => {
      const text = strength < 0 ? '-1.0' : 'float("nan")';
      const code = `
import sys, numpy as np
sys.path.insert(0, ${JSON.stringify(fileURLToPath(new URL('../examples', import.meta.url)))})
sys.dont_write_bytecode = True
from protect import load_pull
a = dict(np.load(${JSON.stringify(path)}))
a["strength"] = np.array([${text}])
np.savez(${JSON.stringify(join(folder, 'changed.npz'))}, **a)
try:
    load_pull(${JSON.stringify(join(folder, 'changed.npz'))})
except ValueError as error:
    print(error)
`;
      return spawnSync(python!, ['-c', code], { encoding: 'utf8' }).stdout;
    };
    expect(read(Number.NaN)).toMatch(/is not a penalty: its strength is nan/);
    expect(read(-1)).toMatch(/is not a penalty: its strength is -1/);
  });
});
