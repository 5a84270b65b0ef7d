/** `thermograd protect`: the file holds what the library builds, PyTorch agrees with it, and what is wrong is refused. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { networkTask } from '../src/apply/network-task.js';
import { protectTask } from '../src/apply/protect.js';
import { type ProtectRequest, protectRun } from '../src/experiments/protect/experiment.js';
import { InterruptedError } from '../src/jobs/context.js';
import { initialWeights } from '../src/model/network.js';
import { penaltyGradient } from '../src/model/penalty.js';
import { InputError, RunError } from '../src/numeric/errors.js';
import { embeddedLinearAlgebra } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { readModel, writeModel } from '../src/record/checkpoint.js';
import { readPenalty } from '../src/record/penalty.js';
import { readSafetensors } from '../src/record/safetensors.js';
import { Trajectory } from '../src/record/trajectory.js';
import { completeConfig } from '../src/runs/config.js';
import { loadFor } from '../src/runs/prepare.js';
import { begin, scratch } from './support/cli.js';
import { thermogradHere } from './support/here.js';

const config = {
  data: { set: 'teacher', teacher: { train: 400, test: 0 } },
  training: { stop: { rule: 'epochs', epochs: 12 }, maxEpochs: 40, learningRate: 0.2, batchSize: 20 },
  record: { layer: 'layer1', windowEpochs: 4 },
  provider: 'embedded',
} as const;
const spec = { widths: [20, 16, 4], activation: 'tanh', bias: false, loss: 'cross-entropy' } as const;
const place = scratch(config);
const at = (name: string) => join(place.folder, name);
const run = at('run');
const layers = [config];
const weights = at('run/model.safetensors');
afterAll(() => rmSync(place.folder, { recursive: true, force: true }));
beforeAll(async () => {
  expect((await thermogradHere('train', '--config', place.config, '--out', run)).code).toBe(0);
});

describe('of a run folder', () => {
  it.each(['ewc', 'hessian', 'ldc', 'random'])('%s is what protectTask builds on the same network', async (method) => {
    const out = at(`${method}.npz`);
    const result = await protectRun({ run, method, axes: 4, out });
    const { train } = await loadFor(completeConfig(config));
    const held = method === 'ldc' ? ['layer1'] : ['layer1', 'layer2']; // one layer was recorded
    const la = embeddedLinearAlgebra();
    const task = networkTask({
      spec,
      weights: readModel(weights, spec)!,
      samples: train,
      layers: held,
      windows: { layer1: await Trajectory.open(at('run/trajectory.zarr')) },
      training: { learningRate: 0.2, batchSize: 20, windowSteps: 80 },
      la,
      key: randomKey(0),
    });
    const built = await protectTask(task, { method, axes: 4, la, key: randomKey(0).child('protect') });
    const file = await readPenalty(out);
    const parameters = [
      { name: 'layer1.weight', shape: [16, 20] },
      { name: 'layer2.weight', shape: [4, 16] },
    ];
    expect(file).toEqual({ penalty: built.penalty, strength: built.unit.strength, parameters });
    expect(result.layers.map((l) => l.block)).toEqual(held);
    expect(result).toMatchObject({ loss: task.loss > 0 ? expect.closeTo(task.loss, 5) : 0, samples: 400, method });
  });

  it('tells the strength up to which explicit steps follow: shrinking below, growing above', async () => {
    const { largestStrength } = await protectRun({ run, method: 'hessian', axes: 4, out: at('bound.npz') });
    const { penalty } = await readPenalty(at('bound.npz'));
    const { anchor } = penalty.terms[0];
    const after = (strength: number) => {
      const w = anchor.map((a, i) => a + 1e-3 * Math.sin(i + 1));
      for (let k = 0; k < 2000; k++) {
        const { gradient } = penaltyGradient(penalty, w);
        for (let i = 0; i < w.length; i++) w[i] -= 0.2 * strength * gradient[i];
      }
      return penaltyGradient(penalty, w).value;
    };
    const start = penaltyGradient(
      penalty,
      anchor.map((a, i) => a + 1e-3 * Math.sin(i + 1)),
    ).value;
    // the stiffest axis is multiplied by 1 − 2s a step, s the share of the bound: 0.98^2000 and 1.02^2000
    expect(after(0.99 * largestStrength)).toBeLessThan(1e-6 * start);
    expect(after(1.01 * largestStrength)).toBeGreaterThan(1e6 * start);
    const momentum = await protectRun({
      run,
      layers: [{ training: { momentum: 0.5, learningRate: 0.1 } }],
      method: 'hessian',
      axes: 4,
      out: at('bound2.npz'),
    });
    expect(momentum.largestStrength / largestStrength).toBeCloseTo(3, 12);
  });
});

describe('of weights alone', () => {
  it('trains a window on from them for principal directions, and holds the weights given', async () => {
    const request = { layers, weights, method: 'ldc', axes: 3, windowEpochs: 5 };
    const result = await protectRun({ ...request, out: at('window.safetensors') });
    await protectRun({ ...request, out: at('again.safetensors') });
    expect(readFileSync(at('again.safetensors'))).toEqual(readFileSync(at('window.safetensors')));
    expect(result.window).toMatchObject({ trained: true, steps: 100, rows: 100 });
    const { penalty } = await readPenalty(at('window.safetensors'));
    expect(penalty.terms[0].anchor).toEqual(Float64Array.from(readModel(weights, spec)!));
    expect(result.layers.map((l) => l.block)).toEqual(['layer1', 'layer2']);
    const { metadata } = readSafetensors(readFileSync(at('window.safetensors')), '');
    expect(metadata).toMatchObject({ method: 'ldc', network: '20-16-4', layers: 'layer1, layer2' });
  });

  it('measures a fair draw of the samples, and only the layers asked for', async () => {
    const draw = await protectRun({ layers, weights, samples: 100, held: ['layer2'], out: at('draw.npz') });
    const all = await protectRun({ layers, weights, held: ['layer2'], out: at('all.npz') });
    expect([draw.samples, all.samples, draw.layers.length]).toEqual([100, 400, 1]);
    const { penalty } = await readPenalty(at('draw.npz'));
    expect(penalty.terms[0].parts.map((p) => p.offset)).toEqual([320]);
    expect(draw.loss).not.toBe(all.loss);
    expect(draw.loss / all.loss).toBeGreaterThan(0.5);
    expect(draw.loss / all.loss).toBeLessThan(2);
  });

  it('says 1 in the file where no curvature gives a natural strength', async () => {
    // all weights zero, without biases: the Hessian of each layer vanishes
    writeModel(at('flat.safetensors'), spec, new Float32Array(384), {});
    const request = { layers, weights: at('flat.safetensors'), method: 'random', axes: 2, out: at('flat.npz') };
    const { unit, strength } = await protectRun(request);
    expect([unit.strength, strength, (await readPenalty(at('flat.npz'))).strength]).toEqual([Number.NaN, 1, 1]);
  });

  it('takes a network of one layer', async () => {
    const one = { ...spec, widths: [20, 4] };
    writeModel(at('one.safetensors'), one, initialWeights(one, randomKey(1)), {});
    const { record: _, ...rest } = config;
    const result = await protectRun({
      layers: [{ ...rest, network: { widths: [20, 4] } }],
      weights: at('one.safetensors'),
      out: at('one.npz'),
    });
    expect(result.layers.map((l) => [l.block, l.constrained])).toEqual([['layer1', 80]]);
  });
});

describe('what is refused leaves no file', () => {
  const broken = initialWeights(spec, randomKey(2));
  broken[7] = Number.NaN;
  const out = () => at('refused.npz');
  it.each<[string, () => ProtectRequest, RegExp]>([
    ['no state', () => ({ layers }), /name a finished run folder, or give --weights/],
    ['two states', () => ({ run, weights, layers }), /one state/],
    ['no run', () => ({ run: at('nowhere') }), /no run in/],
    ['no weights', () => ({ layers, weights: at('nowhere') }), /no file of weights/],
    ['a file of torch.save', () => ({ layers, weights: at('model.pt') }), /safetensors\.torch\.save_file/],
    ['another network', () => ({ layers: [{ ...config, network: { widths: [20, 9, 4] } }], weights }), /\[16, 20\]/],
    [
      'weights that are not finite',
      () => ({ layers, weights: at('nan.safetensors') }),
      /number 7 of layer1\.weight is NaN/,
    ],
    [
      'a mistyped method',
      () => ({ run, method: 'hesian' }),
      /no method 'hesian'; did you mean hessian\? There are l2, /,
    ],
    ['no penalty', () => ({ run, method: 'joint' }), /'joint' leaves no penalty; there are l2, /],
    ['frozen layers', () => ({ run, method: 'frozen' }), /'frozen' leaves no penalty: set requires_grad to False/],
    ['replay', () => ({ run, method: 'replay-500' }), /'replay-500' leaves no penalty; there are l2, /],
    ['ldc without a window', () => ({ layers, weights, method: 'ldc' }), /--window-epochs 10/],
    ['a window for nothing', () => ({ run, method: 'ewc', windowEpochs: 2 }), /ewc needs no window/],
    ['a layer not recorded', () => ({ run, method: 'ldc', held: 'all' }), /recorded layer1 alone, and layer2/],
    ['an unknown layer', () => ({ run, held: ['layer22'] }), /did you mean layer2\? The network has layer1, layer2/],
    ['no axes', () => ({ run, method: 'hessian', axes: 0 }), /--axes takes a whole number/],
    ['a large batch', () => ({ layers: [config, { training: { batchSize: 500 } }], weights, method: 'vortex' }), /400/],
    [
      'cyclic batches',
      () => ({ layers: [config, { training: { sampling: 'cyclic' } }], weights, method: 'potential' }),
      /drawn anew/,
    ],
    ['another data set', () => ({ run, layers: [{ data: { limit: 10 } }] }), /data\.limit/],
  ])('%s', async (_, request, message) => {
    writeModel(at('nan.safetensors'), spec, broken, {});
    writeFileSync(at('model.pt'), 'PK\x03\x04 and so on');
    const error = await protectRun({ ...request(), out: out() }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(message);
    expect(existsSync(out())).toBe(false);
  });

  it('a file of another kind, a folder, a file that is there without --force', async () => {
    writeFileSync(at('mine.npz'), 'x');
    const refusal = async (file: string) => {
      const error = await protectRun({ run, out: at(file) }).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(InputError);
      return (error as Error).message;
    };
    mkdirSync(at('folder.npz'));
    expect(await refusal('penalty.pt')).toMatch(/\.npz or \.safetensors/);
    expect(await refusal('folder.npz')).toMatch(/is not a file/);
    expect(await refusal('mine.npz')).toMatch(/--force/);
    expect(readFileSync(at('mine.npz'), 'utf8')).toBe('x');
    await protectRun({ run, out: at('mine.npz'), force: true });
    expect((await readPenalty(at('mine.npz'))).strength).toBe(1);
  });

  it('weights at which nothing can be held', async () => {
    // all weights zero, without biases: no gradient anywhere, so no Fisher information
    writeModel(at('zero.safetensors'), spec, new Float32Array(384), {});
    const error = await protectRun({ layers, weights: at('zero.safetensors'), out: out() }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(RunError);
    expect((error as Error).message).toMatch(/ewc constrains nothing at these weights: no sample has a gradient there/);
  });

  it('methods of the stationary state where no mode has settled', async () => {
    const error = await protectRun({ run, method: 'potential', axes: 4, out: out() }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(/within the window of 80 steps/);
    await protectRun({ run, method: 'potential', axes: 4, windowEpochs: 100, out: at('settled.npz') });
    expect((await readPenalty(at('settled.npz'))).strength).toBeGreaterThan(0);
  });

  it('a stop asked for', async () => {
    const signal = AbortSignal.abort();
    await expect(protectRun({ run, out: out(), signal })).rejects.toBeInstanceOf(InterruptedError);
    expect(existsSync(out())).toBe(false);
  });
});

describe('the command', () => {
  it('tells a table with the lines for PyTorch, or one JSON document', async () => {
    const text = await thermogradHere('protect', run, '--method', 'hessian', '--axes', '5', '--out', at('cli.npz'));
    expect(text.code).toBe(0);
    expect(text.stderr).toContain('needs about');
    const names = text.stdout
      .split('\n\n')[0]
      .split('\n')
      .map((l) => l.split(' ')[0]);
    expect(names).toEqual(['state', 'task', 'method', 'layer1', 'layer2', 'strength', '', 'steps', 'file', 'report']);
    expect(text.stdout).toMatch(/5 held; stiffness .* to .*\n/);
    expect(text.stdout).toMatch(/strength {2}1 \(exact; Laplace/);
    expect(text.stdout).toContain(`penalty, strength = load_penalty("${at('cli.npz')}", model)`);
    const json = await thermogradHere('protect', run, '--layers', 'layer2', '--out', at('cli2.npz'), '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      method: 'ewc',
      unit: { strength: 1, exact: true },
      errors: expect.any(Number),
    });
    const again = await thermogradHere('protect', run, '--out', at('cli2.npz'), '--json');
    expect(again.code).toBe(2);
    expect(JSON.parse(again.stdout).error.code).toBe('out-exists');
    const wild = await thermogradHere('protect', run, '--learning-rate', '500', '--out', at('cli3.npz'));
    expect(wild.stdout).toMatch(/warning +the natural strength is above that.*learning rate below/);
  });

  it('leaves nothing behind on Ctrl-C', async () => {
    const wide = { ...spec, widths: [20, 54, 54, 4] }; // a dense Hessian of 2916 weights: many seconds
    mkdirSync(at('stopped'));
    writeModel(at('wide.safetensors'), wide, initialWeights(wide, randomKey(1)), {});
    writeFileSync(at('wide.json'), JSON.stringify({ ...config, network: { widths: wide.widths } }));
    const words = ['--config', at('wide.json'), '--weights', at('wide.safetensors'), '--method', 'hessian'];
    const { child, ended, said } = begin('protect', ...words, '--out', at('stopped/penalty.npz'));
    await said('needs about');
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toContain('nothing was written');
    expect(readdirSync(at('stopped'))).toEqual([]);
  });
});

describe('for PyTorch', () => {
  const python = [process.env.THERMOGRAD_PYTHON, 'python3', '/usr/bin/python3'].find(
    (command) => command && spawnSync(command, ['-c', 'import torch']).status === 0,
  );
  it.skipIf(python === undefined)(
    'a penalty at the weights of a module is ½ Σ F d² with torch’s own Fisher matrix (needs Python with torch; THERMOGRAD_PYTHON names one)',
    async () => {
      // torch makes the module, its weights as safetensors and the data; then thermograd measures; then torch checks
      const folder = at('torch');
      mkdirSync(folder);
      const prelude = `
import json, struct, subprocess, sys, torch
from pathlib import Path
sys.path.insert(0, ${JSON.stringify(fileURLToPath(new URL('../examples', import.meta.url)))})
sys.dont_write_bytecode = True
from protect import load_penalty
from torch.nn.utils import parameters_to_vector, vector_to_parameters
folder = Path(${JSON.stringify(folder)})
torch.manual_seed(4)
model = torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.Tanh(), torch.nn.Linear(5, 3))
pixels = torch.randint(0, 256, (40, 2, 3), dtype=torch.uint8)
labels = torch.arange(40, dtype=torch.uint8) % 3
`;
      const write = `${prelude}
tensors, at = {}, 0
for name, t in model.state_dict().items():
    tensors[name] = dict(dtype="F32", shape=list(t.shape), data_offsets=[at, at + 4 * t.numel()])
    at += 4 * t.numel()
header = json.dumps(tensors).encode()
body = b"".join(t.numpy().tobytes() for t in model.state_dict().values())
(folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + body)
(folder / "train-images-idx3-ubyte").write_bytes(struct.pack(">4I", 0x803, 40, 2, 3) + pixels.numpy().tobytes())
(folder / "train-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 0x801, 40) + labels.numpy().tobytes())
`;
      const verify = `${prelude}
model = model.double()
x = pixels.reshape(40, 6).float().div(255).double()
w1 = parameters_to_vector(model.parameters()).detach()
fisher = torch.zeros_like(w1)
for k in range(40):  # one sample at a time, every class weighted by the model's own probability
    log_p = torch.log_softmax(model(x[k]), 0)
    for y in range(3):
        g = torch.autograd.grad(log_p[y], list(model.parameters()), retain_graph=True)
        fisher += log_p[y].exp().detach() * parameters_to_vector(g) ** 2 / 40
penalty, strength = load_penalty(folder / "penalty.npz")
d = torch.randn_like(w1)
loss = torch.nn.functional.cross_entropy(model(x), labels.long())
vector_to_parameters(w1 + d, model.parameters())
print(json.dumps([strength, loss.item(), penalty(w1).item(), penalty(parameters_to_vector(model.parameters())).item(),
                  0.5 * (fisher * d ** 2).sum().item()]))
`;
      const torch = (code: string) => {
        const { stdout, stderr } = spawnSync(python!, ['-c', code], { encoding: 'utf8' });
        expect(stderr).toBe('');
        return stdout;
      };
      torch(write);
      const network = { widths: [6, 5, 3], activation: 'tanh', bias: true };
      writeFileSync(join(folder, 'mine.json'), JSON.stringify({ network, training: { batchSize: 10 } }));
      const told = await thermogradHere(
        ...['protect', '--config', join(folder, 'mine.json'), '--weights', join(folder, 'model.safetensors')],
        ...['--data', `idx:${folder}`, '--method', 'ewc', '--out', join(folder, 'penalty.npz'), '--json'],
      );
      expect(told.code).toBe(0);
      const [strength, loss, zero, value, expected] = JSON.parse(torch(verify)) as number[];
      expect([strength, zero]).toEqual([1, 0]);
      expect(JSON.parse(told.stdout).loss / loss).toBeCloseTo(1, 5); // float32 forward passes
      expect(value / expected).toBeCloseTo(1, 9); // float64 on both sides from the same float32 weights and inputs
    },
  );

  it.skipIf(python === undefined)(
    'the pull of examples/protect.py is the step (1 + hK)⁻¹(w + hKa), held however strong (needs Python with torch)',
    async () => {
      for (const method of ['l2', 'random']) await protectRun({ run, method, axes: 4, out: at(`pull-${method}.npz`) });
      const code = `
import json, sys, torch
sys.path.insert(0, ${JSON.stringify(fileURLToPath(new URL('../examples', import.meta.url)))})
sys.dont_write_bytecode = True
from protect import hold, load_penalty, load_pull
torch.set_default_dtype(torch.float64)
torch.manual_seed(1)
out = []
for method in ["l2", "random"]:
    path = f"${place.folder}/pull-{method}.npz"
    penalty, _ = load_penalty(path)
    pull, _ = load_pull(path)
    model = torch.nn.Sequential(torch.nn.Linear(20, 16, bias=False), torch.nn.Linear(16, 4, bias=False))
    w = torch.nn.utils.parameters_to_vector(model.parameters()).detach()
    h = 3.0
    hold(model, pull, h)
    v = torch.nn.utils.parameters_to_vector(model.parameters()).detach().requires_grad_()
    penalty(v).backward()
    # the minimum of |v - w|^2/2h + R(v): v - w + h grad R(v) = 0
    out.append((v.detach() - w + h * v.grad).abs().max().item())
    out.append(penalty(pull(w, 1e12)).item() / penalty(w).item())
print(json.dumps(out))
`;
      const { stdout, stderr } = spawnSync(python!, ['-c', code], { encoding: 'utf8' });
      expect(stderr).toBe('');
      const [l2, l2Held, axes, axesHeld] = JSON.parse(stdout) as number[];
      expect(Math.max(l2, axes)).toBeLessThan(1e-12); // rounding of float64
      expect(Math.max(l2Held, axesHeld)).toBeLessThan(1e-12); // R shrinks by (1 + hK)²; K = 1
    },
  );
});
