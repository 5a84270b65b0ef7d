/** reproduce controls on any network and optimiser: against the perceptron path, and small networks of layers. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type ControlsConfig, controlsConfig } from '../src/experiments/controls/config.js';
import { reproduceControls } from '../src/experiments/controls/experiment.js';
import { controlsFindings } from '../src/experiments/controls/findings.js';
import type { BranchResult, CellResult, FrozenResult } from '../src/experiments/controls/measured.js';
import { formsAlong, type Motion, motionOf, ownMatrices, turnedMoments } from '../src/experiments/controls/motion.js';
import { embeddedLinearAlgebra, matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import type { PartialConfig } from '../src/runs/schema.js';
import type { OptimiserSpec } from '../src/train/optimisers/spec.js';
import { smallControls } from './support/small-studies.js';

const la = embeddedLinearAlgebra();
const home = mkdtempSync(join(tmpdir(), 'controls-any-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const cellOf = <T extends CellResult>(out: string, name: string): T =>
  JSON.parse(readFileSync(join(out, 'seeds', 'seed0', `${name}.json`), 'utf8')) as T;
const timeless = (c: CellResult) => JSON.stringify({ ...c, seconds: 0 });

describe('motion in own coordinates', () => {
  const s = randomKey(1).stream();
  const P = 3;
  const symmetric = () => {
    const a = matrix(
      P,
      P,
      Float64Array.from({ length: P * P }, () => s.normal()),
    );
    return la.gemm(a, a, { transposeB: true });
  };
  const [hessian, noise] = [symmetric(), symmetric()];
  const precondition = [0.5, 2, 3];
  const dynamics = { sampling: 'replaced', momentum: 0, learningRate: 0.1, batchesPerEpoch: 10 } as const;
  const motion: Motion = { dynamics, decay: 0.2, root: Float64Array.from(precondition, Math.sqrt) };

  it('force and noise along a direction are those of the step −P(H w + ξ) − decay', () => {
    const p = Float64Array.of(0.6, -0.48, 0.64);
    const forms = formsAlong(la, motion, matrix(1, P, p), { hessian, noise });
    let [force, square] = [0.2, 0];
    for (let i = 0; i < P; i++)
      for (let j = 0; j < P; j++) {
        force += p[i] * precondition[i] * hessian.data[i * P + j] * p[j];
        square += p[i] * precondition[i] * noise.data[i * P + j] * precondition[j] * p[j];
      }
    expect(forms.force[0]).toBeCloseTo(force, 12);
    expect(forms.noise[0]).toBeCloseTo(square, 12);
    const own = ownMatrices(motion, { hessian, noise });
    expect(own.hessian.data[1]).toBeCloseTo(Math.sqrt(0.5 * 2) * hessian.data[1], 12);
    expect(own.hessian.data[0]).toBeCloseTo(0.5 * hessian.data[0] + 0.2, 12);
    expect(own.noise.data[5]).toBeCloseTo(Math.sqrt(2 * 3) * noise.data[5], 12);
  });

  it('moments are turned as their rows are', () => {
    const [turn, covariance] = [symmetric(), symmetric()];
    const turned = turnedMoments(la, { count: 4, mean: Float64Array.of(1, 2, 3), covariance }, turn);
    let sum = 0;
    for (let i = 0; i < P; i++)
      for (let j = 0; j < P; j++) sum += turn.data[i] * covariance.data[i * P + j] * turn.data[P + j];
    expect(turned.covariance.data[1]).toBeCloseTo(sum, 10);
    expect(turned.mean[2]).toBeCloseTo(turn.data[6] + 2 * turn.data[7] + 3 * turn.data[8], 12);
  });

  it('says where the form of an optimiser does not hold', () => {
    const optimiser: OptimiserSpec = { type: 'adam', learningRate: 0.01 };
    const cell = { sampling: 'shuffled', momentum: 0.9, learningRate: 0.01, optimiser } as const;
    const kept = (steps: number, v: number) => ({ steps, squares: new Float64Array(P).fill(v) });
    expect(motionOf(cell, 10, kept(5000, 1e-4), kept(6000, 1e-4)).fails).toEqual([]);
    expect(motionOf(cell, 10, kept(100, 1e-4), kept(200, 1e-4)).fails![0]).toContain('remembers 1000 steps');
    expect(motionOf(cell, 10, kept(5000, 1e-4), kept(6000, 1e-2)).fails![0]).toContain(
      '√v changes by a factor of 9.98',
    );
    const { dynamics: own } = motionOf(cell, 10, kept(5000, 1e-4), kept(6000, 1e-4));
    expect(own.learningRate).toBeCloseTo(0.001, 12);
    expect(own.momentum).toBe(0.9);
  });
});

describe('configs', () => {
  it('have the cells that make sense of an optimiser', () => {
    const names = (optimiser: object) =>
      controlsConfig('quick', [{ optimiser } as unknown as PartialConfig]).cells.map((c) => c.name);
    const common = ['shuffled', 'replaced', 'frozen-replaced', 'frozen-shuffled', 'frozen-shuffled-small-eta'];
    expect(names({ type: 'adamw' })).toEqual(common);
    expect(names({ type: 'sgd', momentum: 0.5 })).toEqual(common);
    expect(names({ type: 'sgd' })).toEqual([...common.slice(0, 4), 'shuffled-momentum0.9', common[4]]);
    expect(controlsConfig('quick', [{}]).cells).toEqual(controlsConfig('quick').cells);
  });

  it.each<[object, RegExp]>([
    [{ optimiser: { type: 'sgd', schedule: { type: 'cosine', length: 3 } } }, /optimiser\.schedule out/],
    [{ optimiser: { type: 'sgd', clipNorm: 1 } }, /optimiser\.clipNorm out/],
    [{ training: { sampling: 'cyclic' } }, /compares shuffled with replaced/],
  ])('%j is refused', (layer, sentence) => {
    expect(() => controlsConfig('quick', [layer as PartialConfig])).toThrow(sentence);
  });

  it('a recorded layer that is too large is refused before anything is written', async () => {
    const base = [
      { network: { layers: [{ type: 'dense', outputs: 70 }, { type: 'gelu' }, { type: 'dense', outputs: 4 }] } },
      { record: { layer: 'dense1' } },
    ] as unknown as PartialConfig[];
    await expect(reproduceControls({ preset: 'quick', base, out: join(home, 'large') })).rejects.toThrow(
      /up to 1000 weights; dense1 has 1120/,
    );
  });
});

const few = (config: ControlsConfig, keep: readonly string[]): ControlsConfig => ({
  ...config,
  walks: 2,
  directions: 20,
  cells: config.cells.filter((c) => keep.includes(c.name)),
});

describe('studies', () => {
  it('a perceptron under the optimiser sgd has the numbers of the perceptron path', async () => {
    const plain = few(smallControls(6, [4]), ['shuffled-momentum0', 'frozen-shuffled']);
    const optimiser = (learningRate: number) => ({ type: 'sgd' as const, learningRate, momentum: 0 });
    const general: ControlsConfig = {
      ...plain,
      base: { ...plain.base, optimiser: optimiser(plain.base.training.learningRate) },
      cells: plain.cells.map((c) => ({ ...c, optimiser: optimiser(c.learningRate) })),
    };
    const [a, b] = [join(home, 'plain'), join(home, 'general')];
    await reproduceControls({ out: a, config: plain, seeds: 1, workers: 1 });
    await reproduceControls({ out: b, config: general, seeds: 1, workers: 1 });
    const [first, second] = [a, b].map((out) => cellOf<BranchResult>(out, 'shuffled-momentum0'));
    expect(second.fails).toEqual([]);
    expect(second.regimes.map((r) => r.basis)).toEqual(first.regimes.map((r) => r.basis));
    first.regimes.forEach((r, k) => {
      const other = second.regimes[k];
      expect(other.totalVariance / r.totalVariance, r.basis).toBeCloseTo(1, 2);
      r.directions.slice(0, 5).forEach((d, i) => {
        const o = other.directions[i];
        // weights of the two kernels differ by rounding, which steps carry on
        expect(o.curvature / d.curvature, r.basis).toBeCloseTo(1, 1);
        expect(o.noise / d.noise, r.basis).toBeCloseTo(1, 1);
        expect(o.predicted / d.predicted, r.basis).toBeCloseTo(1, 1);
        if (d.flatness !== null) expect(o.flatness! / d.flatness, r.basis).toBeCloseTo(1, 1);
      });
    });
    const [x, y] = [a, b].map((out) => cellOf<FrozenResult>(out, 'frozen-shuffled'));
    expect(y.loss.mean / x.loss.mean).toBeCloseTo(1, 3);
    expect(y.stiffest / x.stiffest).toBeCloseTo(1, 3);
    x.groups.forEach((g, k) => {
      for (const name of ['raw', 'drift', 'replicas', 'both-averaged'] as const)
        expect(y.groups[k].ratios[name].modes / g.ratios[name].modes, name).toBeCloseTo(1, 1);
    });
  });

  it('Adam in a convolution: own coordinates, the same bytes on two workers, resume, and what is undecided', async () => {
    const base = [
      {
        data: { set: 'teacher', teacher: { network: { widths: [9, 6, 3] }, train: 150, test: 0 } },
        network: {
          input: [1, 3, 3],
          layers: [
            { type: 'conv', channels: 4, kernel: 2, name: 'a' },
            { type: 'tanh' },
            { type: 'dense', outputs: 3, name: 'b' },
          ],
        },
        optimiser: { type: 'adam', learningRate: 0.005 },
        training: { batchSize: 15, stop: { rule: 'epochs', epochs: 4 }, maxEpochs: 20 },
        record: { layer: 'b' },
        provider: 'embedded',
      },
    ] as unknown as PartialConfig[];
    const quick = controlsConfig('quick', base);
    const { epochs, mainWindow, relaxEpochs, surrogateEpochs, groups, modesPerGroup } = smallControls();
    const config = few({ ...quick, epochs, mainWindow, relaxEpochs, surrogateEpochs, groups, modesPerGroup }, [
      'shuffled',
      'frozen-shuffled',
    ]);
    const windows = config.cells.map((c) => (c.kind === 'branch' ? { ...c, windows: [2, 4] } : c));
    const study = { ...config, cells: windows };
    const [one, two] = [join(home, 'one'), join(home, 'two')];
    await reproduceControls({ out: one, config: study, seeds: 1, workers: 1 });
    const run = await reproduceControls({ out: two, config: study, seeds: 1, workers: 2 });
    const branch = cellOf<BranchResult>(one, 'shuffled');
    expect(branch).toMatchObject({ adaptive: true, momentum: 0.9 });
    expect(branch.fails!.join(' ')).toContain('remembers 1000 steps');
    for (const name of ['shuffled', 'frozen-shuffled'])
      expect(timeless(cellOf(two, name))).toBe(timeless(cellOf(one, name)));
    const again = await reproduceControls({ out: two, config: study, seeds: 1, resume: true });
    expect(again.findings).toEqual(run.findings);
    const of = (id: string) => run.findings.find((f) => f.id === `controls.${id}`)!;
    expect(of('surrogate').reason).toContain('The linear form of the optimiser does not hold');
    expect(of('closure-shuffled').reason).toContain('The linear form of the optimiser does not hold');
    expect(of('momentum').reason).toContain('a buffer or a preconditioner of its own');
    const page = readFileSync(join(two, 'report.html'), 'utf8');
    expect(page).not.toMatch(/undefined|\[object/);
    expect(page).toContain('adam');

    // with a form that holds, the law of noise alone is left without meaning, and the rest is judged
    const cells = [0, 1, 2].flatMap((seed) =>
      [branch, cellOf<FrozenResult>(one, 'frozen-shuffled')].map((c) => ({ ...c, seed, fails: [] }) as CellResult),
    );
    const { findings, outcome } = controlsFindings({ cells, mainWindow: 4 });
    const reason = (id: string) => findings.find((f) => f.id === `controls.${id}`)!.reason;
    expect(reason('noise-law')).toContain('The preconditioner mixes');
    expect(outcome.noiseLaw).toBe('undecided');
    expect(reason('surrogate')).not.toContain('does not hold');
  });
});
