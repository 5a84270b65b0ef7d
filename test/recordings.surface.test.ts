/** A recording made elsewhere with the model that it is of: aligned, measured, reported. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analyseRecording, type RecordingResult } from '../src/experiments/recording/experiment.js';
import { reportRecording } from '../src/experiments/recording/redraw.js';
import { align, weightsOf } from '../src/experiments/recording/surface/align.js';
import { predictedGroups, surfaceFindings } from '../src/experiments/recording/surface/findings.js';
import type { RecordedSurface } from '../src/experiments/recording/surface/measured.js';
import { estimate } from '../src/numeric/estimate.js';
import { parseJson } from '../src/numeric/json.js';
import { randomKey } from '../src/numeric/random.js';
import { asNpz } from './support/recordings.js';
import { quadraticSurface, sampleSurface } from './support/sample-surfaces.js';

const folder = mkdtempSync(join(tmpdir(), 'thermograd-recording-surface-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A quadratic over 100 samples: H of 12 eigenvalues, noise of the gradients, a loss of 1 at its minimum, where all weights are 1. */
const P = 12;
const curvatures = Array.from({ length: P }, (_, i) => 2 * 0.1 ** (i / (P - 1)));
const tensors = [
  { name: 'head', shape: [2] },
  { name: 'fc2.weight', shape: [2, 5] },
  { name: 'fc2.bias', shape: [2] },
];
// the first two weights are another parameter, which is not recorded and on which nothing depends
const inner = quadraticSurface(curvatures, { samples: 100, loss: 1, noise: 0.3, seed: 4 });
const inBlock = (v: Float64Array) => v.slice(2);
const shifted = (w: Float64Array) => inBlock(w).map((x) => x - 1);
const padded = (v: Float64Array) => Float64Array.from([0, 0, ...v]);
const surface = sampleSurface(
  P + 2,
  inner.all.map((s) => ({
    loss: (w) => s.loss(shifted(w)),
    gradient: (w) => padded(s.gradient(shifted(w))),
    product: (w, v) => padded(s.product(shifted(w), inBlock(v))),
  })),
  { tensors, name: 'a quadratic' },
);
const setting = { learningRate: 0.2, batchSize: 10 };

/** Weights of shuffled SGD on the quadratic, step by step: w' = w − eta (H w + mean of b_k). */
function sgd(T: number) {
  const s = randomKey(2).stream();
  const data = new Float32Array(T * P);
  let w = new Float64Array(P);
  let order = new Uint32Array(0);
  for (let t = -500; t < T; t++) {
    const at = (((t + 500) * 10) % 100) / 10;
    if (at === 0) order = s.permutation(100) as Uint32Array<ArrayBuffer>;
    if (t >= 0)
      data.set(
        w.map((x) => x + 1),
        t * P,
      );
    const next = w.slice();
    for (let i = 0; i < P; i++) {
      let g = 0;
      for (let j = 0; j < P; j++) g += inner.hessian[i][j] * w[j];
      for (let b = 0; b < 10; b++) g += inner.b[i][order[at * 10 + b]] / 10;
      next[i] -= 0.2 * g;
    }
    w = next;
  }
  return { T, P, data };
}

describe('a recording with its model', () => {
  let result: RecordingResult;
  let document: { measured: { surface: RecordedSurface } };
  const told: string[] = [];
  const stages: string[] = [];
  let closed = 0;
  beforeAll(async () => {
    const path = asNpz(join(folder, 'w.npz'), sgd(3000), { 'fc2.bias': [2], 'fc2.weight': [2, 5] });
    result = await analyseRecording(path, {
      options: { facts: setting, every: 1 },
      surface: {
        open: async () => ({
          surface: { ...surface, close: async () => void closed++ },
          weights: new Float64Array(P + 2).fill(7),
        }),
        blocks: ['fc2.weight', 'head'],
      },
      provider: 'embedded',
      onStart: (words) => told.push(words),
      onProgress: ({ stage, note }) => stages.push(`${stage} ${note ?? ''}`),
    });
    document = parseJson(readFileSync(join(result.folder, 'analysis.json'), 'utf8')) as typeof document;
  }, 300_000);

  it('is measured along its own directions, around its own mean', () => {
    const { measured, recorded, directions, notes } = result.measured.surface!;
    expect([recorded, closed]).toEqual(['recorded parameters', 1]);
    expect(notes).toEqual([
      expect.stringMatching(/^weights that were not recorded are those that the model was made with/),
    ]);
    expect(measured.blocks.map((b) => [b.name, b.size, b.parameters])).toEqual([
      ['recorded parameters', 12, ['fc2.weight', 'fc2.bias']],
      ['fc2.weight', 10, ['fc2.weight']],
      ['head', 2, ['head']],
    ]);
    expect(measured.loss.value).toBeCloseTo(1, 2);
    // noise without correlations and its variance falls with the curvature, so that the widest valley comes first
    const first = measured.blocks[0].flatness!.directions[0];
    expect(first.variance).toBe(result.measured.pca.variances[0]);
    for (const d of measured.blocks[0].flatness!.directions) {
      const truth = 2 * Math.sqrt((2 * (Math.E - 1) * measured.loss.value) / d.curvature.value);
      if (d.curvature.value > 1) expect(d.flatness.value / truth).toBeCloseTo(1, 1);
    }
    expect(directions).toHaveLength(12);
    expect(measured.blocks[0].spectrum!.top[0].curvature.value).toBeCloseTo(2, 6);
    expect(measured.blocks[0].spectrum!.trace.value).toBeCloseTo(
      curvatures.reduce((a, b) => a + b, 0),
      6,
    );
  });

  it('has the variances that theory predicts', () => {
    const p = result.measured.surface!.predicted;
    if ('missing' in p) throw new Error(p.missing);
    expect([p.learningRate, p.batchSize, p.window]).toEqual([0.2, 10, 3000]);
    const groups = predictedGroups(p.directions);
    expect(groups.length).toBeGreaterThan(0);
    for (const { log } of groups) expect(Math.abs(log.value), JSON.stringify([groups, p.directions])).toBeLessThan(0.3);
    expect(p.ceiling).toBeCloseTo(1, 1);
    expect(typeof p.entropy).toBe('number');
    const finding = result.findings.find((f) => f.id === 'rec.predicted-variance')!;
    expect(finding.verdict).toBe('reproduced');
  });

  it('has findings, figures, tables, and says what is left out', () => {
    expect(result.findings.map((f) => f.id).slice(0, 3)).toEqual([
      'rec.psi',
      'rec.flatness-rank',
      'rec.predicted-variance',
    ]);
    expect(result.findings[1].verdict).toBe('not decidable with this run');
    const files = readdirSync(join(result.folder, 'figures'));
    for (const name of [
      'variance-flatness',
      'flatness',
      'predicted-variance',
      'noise-1-recorded-parameters',
      'spectrum-2-fc2-weight',
    ])
      expect(files).toContain(`${name}.svg`);
    const tables = readFileSync(join(result.folder, 'tables', 'landscape.csv'), 'utf8').split('\r\n');
    expect(tables.filter((l) => l.startsWith('recorded parameters,window,'))).toHaveLength(12);
    expect(existsSync(join(result.folder, 'tables', 'blocks.csv'))).toBe(true);
    const page = readFileSync(join(result.folder, 'report.html'), 'utf8');
    expect(page).toContain('The loss of a quadratic at the mean weights');
    expect(page).toContain('fc2.weight');
    expect(page).not.toContain('undefined');
    expect(page).toContain('All 100 samples were asked.');
    expect(page).not.toContain('No hash');
    // nothing depends on `head`: no width closes, no noise, and the page holds all the same
    expect(result.leftOut.map((l) => l.what)).not.toContain(
      'flatness along the directions and the variance-flatness relation',
    );
    expect(document.measured.surface.measured.blocks).toHaveLength(3);
    expect(told.some((w) => /^surface a quadratic: all 100 samples/.test(w))).toBe(true);
    for (const stage of ['checks of losses', 'surface curvature of', 'surface noise of'])
      expect(stages.some((s) => s.startsWith(stage))).toBe(true);
  });

  it('has its report drawn again from its numbers alone, to the same bytes', async () => {
    const copy = join(folder, 'redrawn');
    cpSync(result.folder, copy, { recursive: true });
    for (const name of ['report.html', 'figures', 'tables', 'theory.html'])
      rmSync(join(copy, name), { recursive: true });
    const { path, findings } = await reportRecording(copy);
    expect(path).toBe(join(copy, 'report.html'));
    expect(findings.map((f) => f.id)).toEqual(result.findings.map((f) => f.id));
    const files = (of: string) => readdirSync(of, { recursive: true, encoding: 'utf8' }).sort();
    expect(files(copy)).toEqual(files(result.folder));
    for (const name of files(copy).filter((n) => n.includes('.')))
      expect(readFileSync(join(copy, name)).equals(readFileSync(join(result.folder, name))), name).toBe(true);
    // numbers that were changed by hand are not drawn
    const text = readFileSync(join(copy, 'analysis.json'), 'utf8');
    writeFileSync(join(copy, 'analysis.json'), text.replace('"reproduced"', '"Reproduced"'));
    await expect(reportRecording(copy)).rejects.toMatchObject({ code: 'changed-output' });
    await expect(reportRecording(folder)).rejects.toThrow(/is no analysis of a recording/);
  });

  it('is refused where the two do not fit each other, and the model is closed', async () => {
    const path = join(folder, 'w.npz');
    const other = sampleSurface(P, [], {
      tensors: [
        { name: 'fc2.weight', shape: [5, 2] },
        { name: 'b', shape: [4] },
      ],
    });
    const open = (s: typeof other) => async () => ({
      surface: { ...s, close: async () => void closed++ },
      weights: new Float64Array(s.size),
    });
    const before = closed;
    const out = join(folder, 'refused');
    await expect(analyseRecording(path, { out, surface: { open: open(other) } })).rejects.toThrow(
      /parameter fc2.bias, and samples in plain loops has fc2.weight, b/,
    );
    await expect(
      analyseRecording(path, { out, options: { params: ['fc2.weight'] }, surface: { open: open(other) } }),
    ).rejects.toThrow(/shape 2×5 in the recording and 5×2 in/);
    await expect(
      analyseRecording(path, { out, options: { facts: setting }, surface: { open: open(surface), blocks: ['conv*'] } }),
    ).rejects.toThrow(/no parameter matches 'conv\*'/);
    expect(closed).toBe(before + 3);
    expect(existsSync(out)).toBe(false);
  });

  it('keeps the rest of the analysis where the budget is too small', async () => {
    const { measured, leftOut, findings } = await analyseRecording(join(folder, 'w.npz'), {
      out: join(folder, 'poor'),
      surface: { open: async () => ({ surface, weights: new Float64Array(P + 2) }), budgetSeconds: 1e-6 },
    });
    expect([measured.surface, findings[0].id]).toEqual([undefined, 'rec.stationary']);
    expect(leftOut[0]).toEqual({
      what: 'everything that needs the loss',
      needs: expect.stringMatching(/even over 64 of the 100 samples/),
    });
    expect(leftOut.filter((l) => l.needs.includes('--surface'))).toEqual([]);
    const page = readFileSync(join(folder, 'poor', 'report.html'), 'utf8');
    expect(page).toMatch(
      /was checked and not measured: the measurement takes about .* even over 64 of the 100 samples/,
    );
    expect(page).not.toContain('No model was used');
  }, 300_000);
});

describe('alignment', () => {
  it('puts columns in the order of the surface, whatever wrappers say', () => {
    const own = sampleSurface(6, [], {
      tensors: [
        { name: 'module.a', shape: [2] },
        { name: 'b', shape: [1] },
        { name: 'c', shape: [3] },
      ],
    });
    const { block, centre, directions } = align(own, Float64Array.from([1, 2, 3, 4, 5, 6]), {
      parameters: [
        { name: 'c', shape: [3], size: 3 },
        { name: '_orig_mod.a', shape: [2], size: 2 },
      ],
      ranks: [1, 3],
      components: Float64Array.from([10, 11, 12, 20, 21, 30, 31, 32, 40, 41]),
      mean: Float64Array.from([-1, -2, -3, -4, -5]),
      variances: [9, 8, 7],
    });
    expect(block.ranges).toEqual([
      { offset: 0, size: 2 },
      { offset: 3, size: 3 },
    ]);
    expect([...centre]).toEqual([-4, -5, 3, -1, -2, -3]);
    expect([...directions.vectors.data]).toEqual([20, 21, 10, 11, 12, 40, 41, 30, 31, 32]);
    expect(directions.variances).toEqual([9, 7]);
    expect(() =>
      align(own, centre, {
        parameters: [{ name: 'w (projected)', shape: [2], size: 2 }],
        ranks: [],
        components: centre,
        mean: centre,
        variances: [],
      }),
    ).toThrow(/holds a projection/);
  });
});

describe('findings on made-up numbers', () => {
  const fit = (exponent: number, error: number, points = 100, r2 = 0.95, range: [number, number] = [0.1, 10]) => ({
    exponent: estimate(-exponent, error, points, 'made up'),
    intercept: estimate(0, 0, points, 'made up'),
    range,
    points,
    scatter: 0.1,
    r2,
  });
  const rows = (...exponents: number[]) =>
    exponents.map((e, i) => ({
      label: `ranks ${i + 1}–${i + 100}`,
      fit: fit(e, 0.1),
      leastSquares: -e,
      inverseLeastSquares: -e,
    }));
  const made = (change: Partial<RecordedSurface>): RecordedSurface => ({
    checks: { checks: [] } as unknown as RecordedSurface['checks'],
    measured: { asked: 100 } as RecordedSurface['measured'],
    recorded: 'fc2.weight',
    notes: [],
    directions: [],
    scaling: { varianceFlatness: fit(4, 0.1), varianceFlatnessRanges: rows(3.9, 4.1) },
    widthError: 0,
    ranks: { head: { rho: estimate(0.9, 0.05, 40, ''), n: 40 }, rest: { rho: estimate(0.7, 0.05, 60, ''), n: 60 } },
    predicted: { missing: 'not asked.' },
    ...change,
  });
  const verdict = (id: string, change: Partial<RecordedSurface>) =>
    surfaceFindings(made(change)).find((f) => f.id === id)!.verdict;

  it.each([
    ['4', fit(4, 0.1), rows(3.9, 4.1), 0, 'reproduced'],
    ['4.39', fit(4.39, 0.01), rows(4.38, 4.4), 0, 'reproduced'],
    ['4.41', fit(4.41, 0.01), rows(4.4, 4.42), 0, 'reproduced with another exponent'],
    ['2.5', fit(2.5, 0.1), rows(2.4, 2.6), 0, 'reproduced with another exponent'],
    ['too few', fit(4, 0.1, 19), rows(3.9, 4.1), 0, 'not decidable with this run'],
    ['half a decade', fit(4, 0.1, 100, 0.95, [1, 9.9]), rows(3.9, 4.1), 0, 'not decidable with this run'],
    ['wide', fit(4, 0.6), rows(3.9, 4.1), 0, 'not decidable with this run'],
    ['none', fit(0.1, 0.1), rows(0.1, 0.1), 0, 'not reproduced'],
    ['scatter', fit(4, 0.1, 100, 0.79), rows(3.9, 4.1), 0, 'not reproduced'],
    ['bends', fit(4, 0.1), rows(3.4, 4, 4, 4, 4, 4, 4.8), 0, 'not reproduced'],
    ['poor widths', fit(4, 0.1), rows(3.9, 4.1), 0.11, 'not decidable with this run'],
  ])('psi of %s', (_, varianceFlatness, varianceFlatnessRanges, widthError, expected) => {
    expect(verdict('rec.psi', { scaling: { varianceFlatness, varianceFlatnessRanges }, widthError })).toBe(expected);
  });

  it('has no exponent where the widths hardly differ', () => {
    const scaled = (error: number) => ({ varianceFlatness: fit(4, error, 12), varianceFlatnessRanges: rows(3.9, 4.1) });
    const of = (error: number) => surfaceFindings(made({ scaling: scaled(error) }))[0];
    expect(of(11).measured.value).toBeNaN();
    expect(of(11).reason).toContain('they determine no exponent');
    expect(of(9).measured.value).toBe(4);
    expect(of(9).reason).toContain('misfit 9');
  });

  it('says where the budget left directions out', () => {
    const found = (thinned?: { directions: number; of: number }) =>
      surfaceFindings(
        made({
          scaling: { varianceFlatness: fit(4, 0.1, 12), varianceFlatnessRanges: rows(3.9, 4.1) },
          ranks: { head: { rho: estimate(0.9, 0.05, 3, ''), n: 3 }, rest: { rho: estimate(0.9, 0.05, 9, ''), n: 9 } },
          measured: { asked: 100, plan: thinned && { thinned } } as unknown as RecordedSurface['measured'],
        }),
      ).slice(0, 2);
    const words = 'Widths were measured along 13 of 121 directions; a larger --budget takes more.';
    for (const f of found({ directions: 13, of: 121 })) expect(f.reason).toContain(words);
    for (const f of found()) expect(f.reason).not.toContain('--budget');
  });

  it.each([
    [0.9, 0.7, 60, 'reproduced'],
    [0.49, 0.7, 60, 'not reproduced'],
    [0.9, 0.49, 60, 'not reproduced'],
    [0.9, 0.7, 19, 'not decidable with this run'],
  ])('rho %s and %s of %s directions', (a, b, n, expected) => {
    const ranks = { head: { rho: estimate(a, 0.05, 40, ''), n: 40 }, rest: { rho: estimate(b, 0.05, n, ''), n } };
    expect(verdict('rec.flatness-rank', { ranks })).toBe(expected);
  });

  it.each([
    [1.2, 1.2, 0.01, 'reproduced'],
    [1.2, 1 / 1.29, 0.01, 'reproduced'],
    [1.2, 1.5, 0.01, 'not reproduced'],
    [1.2, 1.5, 0.12, 'not decidable with this run'],
    [1.2, 1.5, 0.4, 'reproduced'],
  ])('predicted/measured %s in the first group and %s in the second, errors %s', (a, b, error, expected) => {
    const of = (from: number, ratio: number) =>
      [0, 1, 2].map((k) => ({
        index: from + k,
        measured: estimate(2, 2 * error * Math.sqrt(3), 50, ''),
        predicted: 2 * ratio,
        settled: true,
      }));
    const predicted = {
      learningRate: 0.1,
      momentum: 0,
      batchSize: 10,
      window: 1000,
      ceiling: 1,
      lowest: 0.1,
      entropy: 0,
      directions: [...of(2, a), ...of(20, b), ...of(60, 9).map((d) => ({ ...d, settled: false }))],
    };
    expect(verdict('rec.predicted-variance', { predicted })).toBe(expected);
  });
});

describe('weights at the end of a recording', () => {
  it('take the place of those that the model was made with, by name; the rest is named', () => {
    const own = sampleSurface(6, [], {
      tensors: [
        { name: 'a', shape: [2] },
        { name: 'b', shape: [1] },
        { name: 'c', shape: [3] },
      ],
    });
    const state = new Map([
      ['module.c', { shape: [3], data: Float32Array.from([7, 8, 9]) }],
      ['module.a', { shape: [2], data: Float64Array.from([1, 2]) }],
      ['module.bn.running_mean', { shape: [1], data: Float32Array.from([5]) }],
    ]);
    const made = Float64Array.from([10, 20, 30, 40, 50, 60]);
    const found = weightsOf(own, made, state);
    expect([...found.weights]).toEqual([1, 2, 30, 7, 8, 9]);
    expect([found.kept, found.others]).toEqual([['b'], ['bn.running_mean']]);
    expect([...made]).toEqual([10, 20, 30, 40, 50, 60]);
    state.set('b', { shape: [2], data: Float32Array.from([1, 2]) });
    expect(() => weightsOf(own, made, state)).toThrow(/b has the shape 2 at the end of the recording and 1 in/);
  });
});
