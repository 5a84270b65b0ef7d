/** `reproduce controls` on a network small enough for a test: cells, resume, rules of the verdicts, and its parts against closed forms. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControlsConfig } from '../src/experiments/controls/config.js';
import { curvatureAlong, curvatureAt } from '../src/experiments/controls/curvature.js';
import { type ControlsRun, reproduceControls } from '../src/experiments/controls/experiment.js';
import { causeOf, controlsFindings, sameExponent } from '../src/experiments/controls/findings.js';
import { modeVariances } from '../src/experiments/controls/measure.js';
import type { BranchResult, CellResult, FixedResult, FrozenResult } from '../src/experiments/controls/measured.js';
import { merged, PieceSums, principal, quadraticForms } from '../src/experiments/controls/moments.js';
import { InterruptedError } from '../src/jobs/context.js';
import { layerNamed, type NetworkSpec } from '../src/model/network.js';
import { studentQuantile } from '../src/numeric/distributions.js';
import { estimate } from '../src/numeric/estimate.js';
import { embeddedLinearAlgebra, matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { overSeeds } from '../src/numeric/seeds.js';
import { loadFor } from '../src/runs/prepare.js';
import { CellSteps, difference, runTwo } from '../src/runs/steps.js';
import { thermogradHere } from './support/here.js';
import { smallControls } from './support/small-studies.js';

const la = embeddedLinearAlgebra();
const CONFIG: ControlsConfig = { ...smallControls(20, [2, 4, 8]), relaxEpochs: 3, modesPerGroup: 8 };
const home = mkdtempSync(join(tmpdir(), 'controls-'));
const out = join(home, 'run');
const read = <T>(...names: string[]): T => JSON.parse(readFileSync(join(out, ...names), 'utf8')) as T;
const cellOf = <T extends CellResult>(seed: number, name: string) => read<T>('seeds', `seed${seed}`, `${name}.json`);
const timeless = (c: CellResult) => JSON.stringify({ ...c, seconds: 0 });
let run: ControlsRun;
beforeAll(async () => {
  run = await reproduceControls({ out, config: CONFIG, seeds: 2 });
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('the experiment', () => {
  it('leaves a document for each cell of each seed, and a report with a verdict on the cause', () => {
    for (const seed of [0, 1]) for (const { name } of CONFIG.cells) expect(cellOf(seed, name).seed, name).toBe(seed);
    expect(existsSync(join(out, 'lock'))).toBe(false);
    expect(run.cause.length).toBeGreaterThan(0);
    expect(run.findings.map((f) => f.id)).toContain('controls.random-walk');
    const html = readFileSync(join(out, 'report.html'), 'utf8');
    for (const sentence of run.cause) expect(html.replace(/<[^>]*>/g, '')).toContain(sentence.slice(0, 40));
    expect(existsSync(join(out, 'figures', 'controls-exponents.svg'))).toBe(true);
    const rows = readFileSync(join(out, 'tables', 'regimes.csv'), 'utf8')
      .trim()
      .split('\r\n');
    // 3 windows, other half, two Hessian rows, three surrogates; with momentum one window
    expect(rows.length - 1).toBe(2 * 9 + 2 * 7);
  });

  it('draws as many walks as asked, with their exponents, from the noise of the branch', () => {
    const { regimes } = cellOf<BranchResult>(0, 'shuffled-momentum0');
    const walk = regimes.find((r) => r.basis === 'random-walk')!;
    const { psi, rank } = walk.walks!;
    expect([psi.length, rank.length]).toEqual([CONFIG.walks, CONFIG.walks]);
    expect(new Set(psi).size).toBe(CONFIG.walks);
    expect(psi[0]).toBe(-walk.relation.exponent.value);
    expect(regimes.filter((r) => r.walks).length).toBe(1);
    for (const r of regimes) for (const g of r.ranges) expect(g.fit.points).toBeGreaterThanOrEqual(10);
  });

  it('takes windows that end together: the variance of a longer one is not below what its part allows', () => {
    const { regimes } = cellOf<BranchResult>(0, 'replaced-momentum0');
    const own = regimes.filter((r) => r.basis === 'same-window').sort((a, b) => a.epochs - b.epochs);
    expect(own.map((r) => r.steps)).toEqual([40, 80, 160]);
    // law of total variance: half of the rows hold at most all of the scatter
    for (let k = 1; k < own.length; k++)
      expect(own[k].totalVariance * own[k].steps).toBeGreaterThanOrEqual(own[k - 1].totalVariance * own[k - 1].steps);
  });

  it('along directions that the window did not choose takes the rounding of all its steps as the resolution', () => {
    const { regimes } = cellOf<BranchResult>(0, 'shuffled-momentum0');
    const own = regimes.find((r) => r.basis === 'same-window' && r.epochs === CONFIG.mainWindow)!;
    const walks = Object.fromEntries(regimes.map((r) => [r.basis, (r.resolution / own.resolution) * 6]));
    // own windows: one rounding; the main one has 80 steps, and its half 40
    expect(walks).toMatchObject({
      'random-walk': 6,
      surrogate: 6,
      hessian: expect.closeTo(80 - 1 / 80, 9),
      replicas: expect.closeTo(80 - 1 / 80, 9),
      'other-window': expect.closeTo(40 - 1 / 40, 9),
      'surrogate-other': expect.closeTo(40 - 1 / 40, 9),
    });
  });

  it('fits the directions that its own record names', () => {
    for (const r of cellOf<BranchResult>(1, 'shuffled-momentum0').regimes) {
      const usable = r.directions.filter(
        (d) => d.index >= 2 && d.flatness !== null && d.variance > 10 * r.resolution,
      ).length;
      if (usable >= 5) expect(r.relation.points, r.basis).toBe(usable);
    }
  });

  it('removes the descent with replicas: less variance than the window has as a whole', () => {
    for (const cell of ['shuffled-momentum0', 'shuffled-momentum0.9']) {
      const { regimes } = cellOf<BranchResult>(0, cell);
      const total = (basis: string) => regimes.find((r) => r.basis === basis)!.totalVariance;
      expect(total('replicas')).toBeLessThan(total('hessian'));
    }
  });

  it('moves only the recorded layer where the others are frozen, and the smaller steps lower the noise', () => {
    const large = cellOf<FrozenResult>(0, 'frozen-shuffled');
    const small = cellOf<FrozenResult>(0, 'frozen-shuffled-small-eta');
    expect(small.learningRate).toBeCloseTo(large.learningRate / 5, 12);
    expect(small.stiffest).toBeLessThan(large.stiffest);
    for (const g of large.groups) expect(g.ratios.replicas.modes).toBeGreaterThan(0);
  });
});

describe('fixed noise', () => {
  it('of real shuffled batches drives linear modes as theory says', () => {
    // four epochs of bridges a mode: a mode's variance scatters by about √(2/4), the mean of the 4 stiffest by half of that
    for (const seed of [0, 1]) {
      const { groups } = cellOf<FixedResult>(seed, 'fixed-shuffled');
      expect(groups.map((g) => [g.from, g.to])).toEqual(CONFIG.groups);
      for (const g of groups) expect(Math.abs(Math.log(g.ratio.modes)), `modes ${g.from}–${g.to}`).toBeLessThan(0.5);
    }
  });
});

describe('resume', () => {
  it('refuses a folder that is in use for this, unless asked to go on, and other settings', async () => {
    await expect(reproduceControls({ out, config: CONFIG })).rejects.toThrow(/--resume/);
    await expect(reproduceControls({ out, config: { ...CONFIG, epochs: 9 }, resume: true })).rejects.toThrow(
      /other settings/,
    );
  });

  it('computes what is missing, to the same numbers, and nothing else', async () => {
    const path = join(out, 'seeds', 'seed0', 'frozen-replaced.json');
    const kept = join(out, 'seeds', 'seed0', 'shuffled-momentum0.json');
    const [before, stamp] = [timeless(cellOf(0, 'frozen-replaced')), statSync(kept).mtimeMs];
    rmSync(path);
    await reproduceControls({ out, config: CONFIG, resume: true });
    expect(timeless(cellOf(0, 'frozen-replaced'))).toBe(before);
    expect(statSync(kept).mtimeMs).toBe(stamp);
  });

  it('stopped between cells, it keeps those that are done; no half document is left', async () => {
    const place = join(home, 'stopped');
    const stop = new AbortController();
    let cells = 0;
    const running = reproduceControls({
      out: place,
      config: CONFIG,
      seeds: 1,
      signal: stop.signal,
      onProgress: (p) => {
        if (p.stage === 'cells' && p.done >= 1.1 && cells++ === 0) stop.abort();
      },
    });
    await expect(running).rejects.toBeInstanceOf(InterruptedError);
    const first = join(place, 'seeds', 'seed0', `${CONFIG.cells[0].name}.json`);
    expect(timeless(JSON.parse(readFileSync(first, 'utf8')))).toBe(timeless(cellOf(0, CONFIG.cells[0].name)));
    expect(existsSync(join(place, 'report.html'))).toBe(false);
    expect(existsSync(join(place, 'lock'))).toBe(false);
  });
});

describe('single modes', () => {
  const dynamics = { learningRate: 0.1, momentum: 0, batchesPerEpoch: 1200 };
  const one = (sampling: 'shuffled' | 'replaced', h: number, T: number) =>
    modeVariances(la, { ...dynamics, sampling }, T, Float64Array.of(h, 3 * h), Float64Array.of(2, 5));
  it('have the limits of the table of regimes', () => {
    const close = (a: Float64Array, b: number[], within: number) =>
      a.forEach((v, i) => {
        expect(Math.abs(v / b[i] - 1), `${v} against ${b[i]}`).toBeLessThan(within);
      });
    // T ≪ 1/(eta h): eta² C T/6 with a correction of relative order eta h T
    close(one('replaced', 1e-8, 6000), [0.01 * 2 * 1000, 0.01 * 5 * 1000], 1e-3);
    // long window: eta C/(2h) to relative eta h/2 and 2/(eta h T)
    close(one('replaced', 0.1, 2_000_000), [0.1 * 10, (0.1 * 5) / 0.6], 0.03);
    // shuffled and slow: eta² C (M+1)/6, up to what a window of whole epochs sees and relative order h/h_x
    close(one('shuffled', 1e-6, 12_000), [(0.01 * 2 * 1201) / 6, (0.01 * 5 * 1201) / 6], 0.1);
  });
});

describe('moments in pieces', () => {
  it('are those of all rows', () => {
    const [T, P] = [37, 4];
    const stream = randomKey(3).stream();
    const rows = Float64Array.from({ length: T * P }, (_, k) => stream.normal() + (k % P) * 5);
    const sums = new PieceSums(la, P);
    sums.add(rows.subarray(0, 10 * P));
    sums.cut();
    sums.cut(); // an empty piece is none
    sums.add(rows.subarray(10 * P, 30 * P));
    sums.cut();
    sums.add(rows.subarray(30 * P));
    sums.cut();
    const [a, b, c] = sums.pieces;
    const all = merged(a, merged(b, c));
    expect(all.count).toBe(T);
    for (let i = 0; i < P; i++)
      for (let j = 0; j < P; j++) {
        const mean = (k: number) => Array.from({ length: T }, (_, t) => rows[t * P + k]).reduce((s, v) => s + v, 0) / T;
        let sum = 0;
        for (let t = 0; t < T; t++) sum += (rows[t * P + i] - mean(i)) * (rows[t * P + j] - mean(j));
        expect(all.covariance.data[i * P + j]).toBeCloseTo(sum / T, 10);
      }
    const { variances, totalVariance } = principal(la, all, P);
    expect(variances.reduce((s, v) => s + v, 0)).toBeCloseTo(totalVariance, 10);
  });
});

describe('H and C', () => {
  it('along directions are the forms of the dense blocks; no other layer moves when frozen', async () => {
    const { train } = await loadFor(CONFIG.base);
    const spec = CONFIG.base.network as NetworkSpec;
    const layer = layerNamed(spec, 'layer2');
    const request = (name: string, trainable?: string[]) => ({
      spec,
      samples: train,
      weights: Float32Array.from({ length: 8 * 8 + 8 * 6 + 6 * 3 }, (_, k) => 0.4 * Math.sin(k * k + 1)),
      layer,
      dynamics: { sampling: 'replaced' as const, momentum: 0, learningRate: 0.1 },
      batchSize: 15,
      key: randomKey(5).child(name),
      ...(trainable && { trainable }),
    });
    const [a, same, b] = [request('a', ['layer2']), request('a', ['layer2']), request('b', ['layer2'])].map(
      (r) => new CellSteps(r),
    );
    runTwo(a, same, (x, y) => expect(difference(x, y).every((v) => v === 0)).toBe(true));
    let moved = 0;
    runTwo(a, b, (x, y) => {
      moved = Math.max(moved, ...difference(x, y).map(Math.abs));
    });
    expect(moved).toBeGreaterThan(0);
    const weights = a.trainer.weights();
    const start = request('a').weights;
    expect(weights.subarray(0, 64)).toEqual(start.subarray(0, 64));
    expect(weights.subarray(64 + 48)).toEqual(start.subarray(64 + 48));
    expect(weights.subarray(64, 64 + 48)).not.toEqual(start.subarray(64, 64 + 48));

    const place = { spec, weights, samples: train, layer: 'layer2', sampling: 'shuffled' as const, batchSize: 15 };
    const { hessian, noise } = curvatureAt(place);
    const directions = matrix(
      40,
      48,
      Float64Array.from({ length: 40 * 48 }, (_, k) => Math.cos(k * 1.7) / 5),
    );
    const along = curvatureAlong(la, place, directions);
    const close = (x: Float64Array, y: Float64Array) =>
      x.forEach((v, k) => {
        expect(Math.abs(v - y[k])).toBeLessThan(1e-5 * Math.abs(y[k]));
      });
    close(along.curvature, quadraticForms(la, directions, hessian));
    close(along.noise, quadraticForms(la, directions, noise));
  });
});

describe('the rules', () => {
  it("use Student's quantiles", () => {
    expect(studentQuantile(1)).toBeCloseTo(12.706, 3);
    expect(studentQuantile(2)).toBeCloseTo(4.303, 3);
    expect(studentQuantile(4)).toBeCloseTo(2.776, 3);
    expect(studentQuantile(0)).toBe(Number.POSITIVE_INFINITY);
    const e = overSeeds([1, 2, 3]);
    expect([e.value, e.n]).toEqual([2, 3]);
    expect(e.standardError).toBeCloseTo(1 / Math.sqrt(3), 12);
  });

  it('call exponents the same, different or undecided', () => {
    const d = (value: number, error: number, n: number) => sameExponent(estimate(value, error, n, ''));
    expect(d(0.3, 0.01, 5)).toBe('agrees');
    expect(d(0.5, 0.01, 5)).toBe('differs');
    expect(d(0.5, 0.2, 5)).toBe('agrees'); // its interval of 0.56 holds 0
    expect(d(2, 0.1, 2)).toBe('differs'); // 1.27 wide, yet clear
    expect(d(0.1, 0.1, 2)).toBe('undecided');
    expect(d(3, Number.NaN, 1)).toBe('undecided');
  });

  it('name the choice of directions as the cause only where the other half gives something else', () => {
    const names = ['shuffled-momentum0', 'frozen-shuffled'];
    const cells = [0, 1, 2].flatMap((k) =>
      names.map((name) => cellOf<CellResult>(k % 2, name)).map((c) => ({ ...c, seed: k })),
    );
    const withPsi = (psi: Record<string, number>) =>
      cells.map(
        (c): CellResult =>
          c.kind !== 'branch'
            ? c
            : {
                ...c,
                regimes: c.regimes.map((r) => ({
                  ...r,
                  relation: {
                    ...r.relation,
                    exponent: estimate(-(psi[r.basis] ?? 4) + 0.01 * c.seed, 0.1, 30, ''),
                    r2: 0.95,
                  },
                  ...(r.walks && {
                    walks: { ...r.walks, psi: r.walks.psi.map(() => (psi[r.basis] ?? 4) - 0.01 * c.seed) },
                  }),
                })),
              },
      );
    const biased = controlsFindings({ cells: withPsi({ 'other-window': 2, 'surrogate-other': 2 }), mainWindow: 4 });
    const verdict = (id: string, of = biased) => of.findings.find((f) => f.id === `controls.${id}`)!.verdict;
    expect(verdict('psi')).toBe('reproduced');
    expect(verdict('selection')).toBe('not reproduced');
    expect(verdict('random-walk')).toBe('not reproduced');
    expect(causeOf(biased).join(' ')).toMatch(
      /results from the choice of directions.*restoring force of the landscape is not its cause/,
    );
    const honest = controlsFindings({ cells: withPsi({ 'random-walk': 2 }), mainWindow: 4 });
    expect(verdict('selection', honest)).toBe('reproduced');
    expect(verdict('random-walk', honest)).toBe('reproduced');
    expect(causeOf(honest).join(' ')).toMatch(/does not come from choosing.*restoring force contributes/);
  });
});

describe('the command', () => {
  // its requests and its output without the work: test/study-commands.test.ts
  it.skipIf(process.env.CI === undefined)('runs the quick preset', async () => {
    const place = join(home, 'cli');
    const { code, stdout, stderr } = await thermogradHere(
      'reproduce',
      'controls',
      '--preset',
      'quick',
      '--seeds',
      '1',
      '--out',
      place,
      '--json',
    );
    expect(stderr).not.toContain('thermograd:');
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(existsSync(result.report)).toBe(true);
    for (const f of result.findings) expect(f.verdict, f.id).toBeTruthy();
  });

  it('refuses what it does not know', async () => {
    expect((await thermogradHere('reproduce', 'controls', '--out', out)).code).toBe(2);
    expect((await thermogradHere('reproduce', 'controls', '--sampling', 'shuffled')).stderr).toMatch(
      /--sampling is fixed/,
    );
    expect((await thermogradHere('reproduce', 'controls', '--preset', 'paper')).code).toBe(2);
    expect((await thermogradHere('reproduce', 'ivf2021', '--seeds', '1')).code).toBe(2);
  });
});
