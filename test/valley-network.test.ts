/** The study of the valley on real networks: its cells on a small set, resume, sums over seeds, verdicts on both sides of each rule. */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ceilingRows, ceilingSlope } from '../src/experiments/valley2023/network/ceilings.js';
import { type NetworkStudyConfig, networkStudyConfig } from '../src/experiments/valley2023/network/config.js';
import { runNetworkStudy } from '../src/experiments/valley2023/network/experiment.js';
import { networkFindings } from '../src/experiments/valley2023/network/findings.js';
import type {
  CeilingResult,
  NetworkInput,
  Probe,
  SolutionResult,
} from '../src/experiments/valley2023/network/measured.js';
import { MEASURES } from '../src/experiments/valley2023/network/measures.js';
import { networkSections } from '../src/experiments/valley2023/network/page.js';
import { slopeRow } from '../src/experiments/valley2023/network/summary.js';
import { divergedAt, threshold, unstableAt } from '../src/experiments/valley2023/network/thresholds.js';
import { flatTimes, stepsToFlat } from '../src/experiments/valley2023/network/times.js';
import { signOf } from '../src/experiments/valley2023/network/words.js';
import { renderValley2023 } from '../src/experiments/valley2023/page.js';
import { InterruptedError } from '../src/jobs/context.js';
import { estimate } from '../src/numeric/estimate.js';
import { completeConfig } from '../src/runs/config.js';
import { LADDER, powerStudy } from './support/valley-network-results.js';

const quick = networkStudyConfig('quick');
/** Less than the quick preset: two settings, few batches of few samples. */
const CONFIG: NetworkStudyConfig = {
  ...quick,
  base: completeConfig({
    data: { set: 'teacher', teacher: { network: { widths: [8, 6, 3] }, train: 300, test: 100 } },
    network: { widths: [8, 8, 6, 3], activation: 'relu' },
  }),
  settings: [
    { learningRate: 0.2, batchSize: 30 },
    { learningRate: 0.1, batchSize: 15 },
    { learningRate: 0.2, batchSize: 10 },
    { learningRate: 1e6, batchSize: 10 },
  ],
  targetLoss: 0.4,
  maxEpochs: 150,
  track: { samples: 100, factor: 1.5 },
  measure: { ...quick.measure, samples: 200, pairs: 2, probes: 2, directions: 2 },
  ceiling: {
    ...quick.ceiling,
    batchSizes: [5, 50],
    trained: { learningRate: 0.2, batchSize: 30 },
    samples: 200,
    steps: 60,
  },
};

const home = mkdtempSync(join(tmpdir(), 'valley-network-'));
const folder = join(home, 'study');
const file = (seed: number, cell: string) => join(folder, 'seeds', `seed${seed}`, `${cell}.json`);
let input: NetworkInput;
beforeAll(async () => {
  ({ input } = await runNetworkStudy({ config: CONFIG, folder, seeds: 2 }));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const solutions = () => input.cells.filter((c): c is SolutionResult => c.kind === 'solution');

describe('the study', () => {
  it('stops every setting at the same loss, from the same start, or says that it was not reached', () => {
    expect(input.cells).toHaveLength(2 * 5);
    for (const s of solutions()) {
      if (s.learningRate === 1e6) {
        expect(s.outcome).toBe('diverged');
        expect(s.flatness).toBeUndefined();
        continue;
      }
      expect(s.outcome).toBe('reached');
      expect(s.loss).toBeLessThanOrEqual(CONFIG.targetLoss);
      // twenty looks in the stretch of half an epoch in which the loss fell by some per cent
      expect(s.loss).toBeGreaterThan(0.9 * CONFIG.targetLoss);
      const before = s.path.slice(0, -1);
      for (const p of before) expect(p.loss).toBeGreaterThan(CONFIG.targetLoss);
      expect(s.path.at(-1)!.step).toBe(s.steps);
      expect(s.flatness!.samples).toBe(200);
      expect(s.test!.count).toBe(100);
      expect(s.floor!.loss).toBeLessThanOrEqual(CONFIG.targetLoss);
      const { best, equal, spread, testLoss } = s.confidence!;
      expect(best.loss).toBeLessThanOrEqual(s.flatness!.loss);
      expect(equal.spread).toBeCloseTo(CONFIG.measure.spread, 8);
      // cooler outputs are surer
      expect(Math.sign(best.spread - spread.value)).toBe(Math.sign(best.temperature - 1));
      expect(testLoss).toBeGreaterThan(0);
      expect(testLoss).not.toBe(s.test!.loss);
    }
  });

  it('measures forces and losses per batch of the setting', () => {
    for (const s of solutions().filter((c) => c.outcome === 'reached')) {
      const share = (300 - s.batchSize) / 299 / s.batchSize;
      const { across, change, noiseForce, proportional, logarithmic } = s.valley!;
      expect(proportional.value).toBeCloseTo((s.learningRate / 4) * share * s.flatness!.noiseTrace.value, 12);
      const log = across.reduce((sum, d) => sum + d.noise.value * Math.log(d.curvature.value), 0);
      expect(logarithmic).toBeCloseTo((s.learningRate / 4) * share * log, 12);
      const slope = across.reduce((sum, d, i) => sum + d.noise.value * change.logSlopes[i], 0);
      expect(noiseForce).toBeCloseTo((-s.learningRate / 4) * share * slope, 12);
      // a spectrum's top is no larger than the whole where the rest is positive; the eigenvectors' own curvature is the eigenvalue
      expect(across[0].curvature.value / s.flatness!.top[0].value).toBeCloseTo(1, 2);
    }
  });

  it('finds the ceiling between a run without trouble and one with it', () => {
    for (const c of input.cells.filter((x): x is CeilingResult => x.kind === 'ceiling'))
      for (const scan of c.scans) {
        const etas = scan.probes.map((p) => p.learningRate);
        expect(etas).toEqual([...etas].sort((a, b) => a - b));
        expect(scan.predicted.meanSquare).toBeLessThanOrEqual(scan.predicted.edge);
        expect(scan.predicted.coupled).toBeLessThanOrEqual(scan.predicted.meanSquare * (1 + 1e-9));
        expect(scan.predicted.edge).toBeCloseTo(2 / scan.curvature.value, 2);
      }
  });

  it('draws a report from it: every finding has a verdict, every table its rows', () => {
    const report = networkSections(input);
    for (const f of report.findings) expect(f.verdict, f.id).toBeTruthy();
    expect(new Set(report.findings.map((f) => f.id)).size).toBe(report.findings.length);
    const [head, ...rows] = report.tables['network-solutions.csv'].trim().split('\r\n');
    expect(rows).toHaveLength(8);
    for (const row of rows) expect(row.split(',')).toHaveLength(head.split(',').length);
    expect(report.sections.map(([id]) => id)).toContain('networks-flatness');
    const figures = report.figures.filter((f) => 'svg' in f);
    expect(figures.map((f) => f.name)).toContain('valley-network-curvature');
    for (const f of figures) if ('svg' in f) expect(f.svg).not.toMatch(/NaN|undefined/);
    const { html, json, findings } = renderValley2023({ title: 'Networks', network: input, run: {} });
    expect(findings).toEqual(report.findings);
    for (const f of findings) expect(html).toContain(`id="${f.id}"`);
    const { network, references } = JSON.parse(json);
    expect(network.input.cells).toHaveLength(10);
    expect(references.map((r: { key: string }) => r.key)).toContain('valley2023');
  });

  it('is taken up where it stopped, to the same bits, and refuses other settings', async () => {
    const name = 'eta0.1-B15';
    const timeless = (path: string) => JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), seconds: 0 });
    const before = timeless(file(1, name));
    const kept = statSync(file(0, name)).mtimeMs;
    unlinkSync(file(1, name));
    await expect(runNetworkStudy({ config: CONFIG, folder })).rejects.toThrow(/--resume/);
    await expect(runNetworkStudy({ config: { ...CONFIG, targetLoss: 0.3 }, folder, resume: true })).rejects.toThrow(
      /other settings/,
    );
    const gone = new AbortController();
    gone.abort();
    await expect(runNetworkStudy({ config: CONFIG, folder, resume: true, signal: gone.signal })).rejects.toThrow(
      InterruptedError,
    );
    expect(existsSync(file(1, name))).toBe(false);
    await runNetworkStudy({ config: CONFIG, folder, resume: true });
    expect(timeless(file(1, name))).toBe(before);
    expect(statSync(file(0, name)).mtimeMs).toBe(kept);
  });

  it('keeps the digest of the input of its report, which changes with the seeds, and can be continued after that', async () => {
    const outputs = () => JSON.parse(readFileSync(join(folder, 'network.json'), 'utf8')).outputs;
    const digest = () =>
      createHash('sha256')
        .update(readFileSync(join(folder, 'input.json')))
        .digest('hex');
    const two = digest();
    expect(outputs()['input.json'].sha256).toBe(two);
    await runNetworkStudy({ config: CONFIG, folder, resume: true, seeds: 3 });
    expect(digest()).not.toBe(two);
    expect(outputs()['input.json'].sha256).toBe(digest());
    const listed = outputs();
    await runNetworkStudy({ config: CONFIG, folder, resume: true });
    expect(outputs()).toEqual(listed);
  });

  it('refuses what makes no sense', async () => {
    await expect(runNetworkStudy({ config: CONFIG, folder: join(home, 'x'), seeds: 0 })).rejects.toThrow(/one seed/);
    expect(() => networkStudyConfig('paper' as 'quick')).toThrow(/'quick' or 'standard'/);
  });
});

const byId = (id: string) => MEASURES.find((m) => m.id === id)!;

describe('sums over seeds', () => {
  it('find the power of eta/B and that of eta at equal eta/B', () => {
    const cells = powerStudy((seed) => ({ trace: -0.3 + 0.01 * seed, 'trace eta': 0 }));
    const row = slopeRow(cells, { ...byId('trace'), of: (s) => s.flatness!.trace.value });
    expect(row.slope.value).toBeCloseTo(-0.29, 10);
    expect(row.slope.standardError).toBeCloseTo(0.01 / Math.sqrt(3), 10);
    // the pair of equal strength is tied in x and, without a dependence on eta, in y up to rounding
    expect(row.spearman.value).toBeLessThan(-0.9);
    expect(row.pairs.value).toBeCloseTo(0, 10);
    const only = slopeRow(
      powerStudy(() => ({ 'trace eta': 0.5 })),
      byId('trace'),
    );
    expect(only.pairs.value).toBeCloseTo(0.5, 10);
  });

  it('find the time to a trace between two looks, after its maximum', () => {
    const path = [
      { epoch: 0, step: 10, loss: 2, trace: 5 },
      { epoch: 0, step: 100, loss: 1, trace: 40 },
      { epoch: 0, step: 150, loss: 0.7, trace: Number.NaN },
      { epoch: 0, step: 1000, loss: 0.1, trace: 10 },
    ];
    // half-way in the logarithm of the trace: half-way in that of the step
    expect(stepsToFlat(path, 20)).toBeCloseTo(Math.sqrt(100 * 1000), 8);
    expect(stepsToFlat(path, 10)).toBeCloseTo(1000, 8);
    expect(stepsToFlat(path, 9)).toBeNaN();
    expect(stepsToFlat(path, 50)).toBe(100);
  });

  it('measure times in eta·steps and in epochs', () => {
    const times = flatTimes(powerStudy(() => ({})));
    expect(times.missing).toBe(0);
    // all paths are the same in steps
    expect(times.points[0].time).toBeCloseTo(0.1 * 1000, 8);
    expect(times.points[0].epochs).toBeCloseTo(10, 8);
    expect(times.epochs.value).toBeCloseTo(0, 10);
  });
});

describe('verdicts', () => {
  const e = (value: number, standardError: number, n = 5) => estimate(value, standardError, n, '');
  it('of a sign need the interval on its side', () => {
    // t of 4 degrees of freedom: 2.776
    expect(signOf(e(-0.3, 0.1), -1)).toBe('reproduced');
    expect(signOf(e(-0.27, 0.1), -1)).toBe('not decidable with this run');
    expect(signOf(e(0.3, 0.1), -1)).toBe('not reproduced');
    expect(signOf(e(-0.01, 0.017), -1)).toBe('not reproduced'); // ±0.047 around 0: no effect
    expect(signOf(e(-0.01, 0.019), -1)).toBe('not decidable with this run');
    expect(signOf(e(-3, Number.NaN, 1), -1)).toBe('not decidable with this run');
  });

  const judge = (cells: NetworkInput['cells']) => {
    const { findings } = networkFindings({
      ...input,
      settings: LADDER.map(([learningRate, batchSize]) => ({ learningRate, batchSize })),
      cells,
    });
    return (id: string) => findings.find((f) => f.id === `valley-network.${id}`)!.verdict;
  };

  it('follow made-up solutions', () => {
    const cells = powerStudy((seed) => ({
      trace: -0.3 + 0.01 * seed,
      top: 0.2,
      noise: 0.001 * (seed - 1),
      test: -0.2,
    }));
    const verdict = judge(cells);
    expect(verdict('flatter-trace')).toBe('reproduced');
    expect(verdict('flatter-top')).toBe('not reproduced');
    expect(verdict('flatter-noise-trace')).toBe('not reproduced');
    expect(verdict('test-error')).toBe('reproduced');
    expect(verdict('ratio-trace')).toBe('reproduced');
    expect(verdict('anisotropy')).toBe('not decidable with this run');
    expect(judge(powerStudy((seed) => ({ 'trace eta': 0.2 + 0.01 * seed })))('ratio-trace')).toBe('not reproduced');
    expect(judge(powerStudy((seed) => ({ 'trace eta': 0.2 * (seed - 0.8) })))('ratio-trace')).toBe(
      'not decidable with this run',
    );
  });

  it('on the critical strength need every seed', () => {
    const cells = powerStudy(() => ({}));
    const lost = cells.map((c) => (c.batchSize === 10 ? { ...c, outcome: 'diverged' as const } : c));
    expect(judge(cells)('until-divergence')).toBe('not reproduced');
    expect(judge(lost)('until-divergence')).toBe('reproduced');
    expect(judge([...lost.slice(0, -1), cells.at(-1)!])('until-divergence')).toBe('not decidable with this run');
  });
});

describe('ceilings', () => {
  const probe = (learningRate: number, peak: number, end: number): Probe => ({ learningRate, peak, end });
  const at = { start: 'trained' as const, loss: 0.02, chance: Math.log(10) };

  it('tell trouble that passes from trouble that stays', () => {
    expect(unstableAt(probe(1, 0.19, 0.01), at)).toBe(false);
    expect(unstableAt(probe(1, 0.21, 0.01), at)).toBe(true);
    expect(unstableAt(probe(1, 4.5, 1), { ...at, start: 'initial' })).toBe(false);
    expect(unstableAt(probe(1, 4.7, 1), { ...at, start: 'initial' })).toBe(true);
    expect(divergedAt(probe(1, 20, 0.01), at)).toBe(false);
    expect(divergedAt(probe(1, 24, 0.01), at)).toBe(true);
    expect(divergedAt(probe(1, 3, Math.log(10)), at)).toBe(true);
    // a document holds Infinity as null, which is read as NaN
    expect(divergedAt(probe(1, Number.NaN, Number.NaN), at)).toBe(true);
    expect(threshold([probe(1, 0, 0), probe(4, 9, 0)], (p) => p.peak > 1)).toEqual({ value: 2, between: [1, 4] });
    expect(threshold([probe(1, 9, 0)], (p) => p.peak > 1).value).toBeNaN();
  });

  it('are compared with predictions seed by seed', () => {
    const scan = (batchSize: number, meanSquare: number, eta: number): CeilingResult['scans'][number] => ({
      start: 'trained',
      batchSize,
      loss: 0.02,
      curvature: estimate(2, 0, 1, ''),
      variance: estimate(1, 0, 1, ''),
      predicted: { edge: 1, meanSquare, meanSquareLeast: meanSquare, almostSure: 1, coupled: meanSquare },
      probes: [probe(eta / 1.1, 0.02, 0.02), probe(eta * 1.1, 1, 0.1), probe(4 * eta, 99, 3)],
    });
    const cells = [0, 1, 2].map((seed): CeilingResult => {
      const half = 0.5 + 0.01 * seed;
      return {
        format: 'thermograd valley-network cell',
        kind: 'ceiling',
        seed,
        cell: 'ceiling',
        seconds: 1,
        classes: 10,
        scans: [scan(5, 0.1, 0.1 * half), scan(50, 0.4, 0.4 * half)],
      };
    });
    const rows = ceilingRows(cells);
    expect(rows[0].ratios.meanSquare.value).toBeCloseTo(0.51, 10);
    const resolution = (0.51 * Math.log(1.21)) / Math.sqrt(12);
    expect(rows[0].ratios.meanSquare.standardError).toBeCloseTo(Math.hypot(0.01 / Math.sqrt(3), resolution), 10);
    expect(ceilingSlope(cells, 'meanSquare').value).toBeCloseTo(1, 10);
    expect(rows[0].recovery.value).toBeCloseTo(Math.sqrt(1.1 * 4), 10);
  });
});
