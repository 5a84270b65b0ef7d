/** Tables and page of the study of real networks: every cell is what plain arithmetic over the seeds of a made-up study gives. */
import { describe, expect, it } from 'vitest';
import type { CeilingResult, SolutionResult } from '../src/experiments/valley2023/network/measured.js';
import { renderValley2023 } from '../src/experiments/valley2023/page.js';
import { type Shown, tableIs, to } from './support/cells.js';
import { mean, over, rankCorrelation, slope } from './support/over-seeds.js';
import { matchesSnapshots, numbersIn, pageFacts, pageTables, pageWords, readCsv } from './support/reading.js';
import { SEEDS, SETTINGS, unlikeStudy } from './support/valley-network-results.js';

const input = unlikeStudy();
const run = { seeds: { of: [0, 1, 2] } };
const report = renderValley2023({ title: 'Networks alone', network: input, run });
/** The page without its figures, which are read elsewhere. */
const html = report.html.replace(/<svg[\s\S]*?<\/svg>/g, '');

type Of = (s: SolutionResult) => number | undefined;
const all = input.cells.filter((c): c is SolutionResult => c.kind === 'solution');
const solved = all.filter((c) => c.outcome === 'reached');
const strength = (s: { learningRate: number; batchSize: number }) => s.learningRate / s.batchSize;
/** By strength of the noise, then by learning rate. */
const LADDER = [[0.1, 1000], [0.4, 4000], [0.1, 100], [0.4, 400], [0.1, 10], [0.2, 20], [3, 10]] as const; // biome-ignore format: one line
const widths = (s: SolutionResult, of: (width: number, norm: number) => number) =>
  Math.sqrt(s.flatness!.layers.reduce((product, l) => product * of(l.widths.width.value, l.norm), 1));

/** Measures: name, sign of flatter, invariant, number. */
const MEASURES: readonly (readonly [id: string, words: RegExp, flatter: 1 | -1, invariant: boolean, of: Of])[] = [
  ['top', /largest eigenvalue of H$/, -1, false, (s) => s.flatness?.top[0].value],
  ['trace', /^Tr H$/, -1, false, (s) => s.flatness?.trace.value],
  ['noise-trace', /^Tr C₁/, -1, false, (s) => s.flatness?.noiseTrace.value],
  ['curved-noise', /^Tr\(H ?C₁\)/, -1, false, (s) => s.flatness?.curvedNoise.value],
  ['curvature-variance', /variance over samples/, -1, false, (s) => s.valley?.across[0].curvatureVariance.value],
  ['width-top', /F along the top/, 1, false, (s) => s.flatness?.topWidths.width.value],
  ['width-random', /^width F along random/, 1, false, (s) => s.flatness && widths(s, (f) => f)],
  ['noise-absolute', /weight noise$/, -1, false, (s) => s.flatness?.noise.absolute.value],
  ['norm-trace', /^\|w\|² Tr H\/P/, -1, false, (s) => s.flatness?.normTrace.value],
  ['scaled-trace', /^Σ \|wₗ\|² Tr Hₗ\/Pₗ/, -1, true, (s) => s.flatness?.scaledTrace.value],
  ['width-relative', /^F\/\|wₗ\|/, 1, true, (s) => s.flatness && widths(s, (f, w) => f / w)],
  ['noise-relative', /relative to each layer/, -1, true, (s) => s.flatness?.noise.relative.value],
];
const OTHERS: typeof MEASURES = [
  ['test-error', /^wrong test answers$/, -1, false, (s) => s.test?.errors],
  ['test-loss', /^test loss$/, -1, false, (s) => s.test?.loss],
  ['floor-top', /largest eigenvalue of H at the mean/, -1, false, (s) => s.floor?.top.value],
  ['floor-trace', /^Tr H at the mean/, -1, false, (s) => s.floor?.trace.value],
  ['floor-test-error', /^wrong test answers at the mean/, -1, false, (s) => s.floor?.test.errors],
  ['trace-best', /^Tr H at the best temperature/, -1, false, (s) => s.confidence?.best.trace.value],
  ['trace-equal', /^Tr H at equal mean 1 − Σ p²$/, -1, false, (s) => s.confidence?.equal.trace.value],
  ['trace-outputs', /^Tr H at equal mean 1 − Σ p², Jacobian kept/, -1, false, (s) => s.confidence && s.confidence.equal.trace.value * s.confidence.equal.temperature * s.confidence.equal.temperature], // biome-ignore format: one line
  ['norm-trace-best', /^\|w\|² Tr H\/P at the best/, -1, false, (s) => s.flatness && (s.confidence!.best.trace.value * s.flatness.normTrace.value) / s.flatness.trace.value], // biome-ignore format: one line
  ['loss', /^training loss/, -1, false, (s) => s.loss],
  ['norm', /^\|w\|$/, -1, false, (s) => s.flatness?.norm],
  ['spread', /^mean of 1 − Σ p²/, -1, false, (s) => s.confidence?.spread.value],
  ['temperature', /^best temperature/, -1, false, (s) => s.confidence?.best.temperature],
  ['training-errors', /^wrong training answers/, -1, false, (s) => s.errors],
  ['test-loss-best', /^test loss at the best/, -1, false, (s) => s.confidence?.testLoss],
];

/** Per seed: slope of ln m against ln(eta/B), rank correlation, and the mean over pairs of equal eta/B of Δ ln m/Δ ln eta. */
function goes(of: Of) {
  const bySeed = [0, 1, 2].map((seed) => solved.filter((s) => s.seed === seed));
  const ln = (s: SolutionResult) => Math.log(of(s)!);
  const x = (own: readonly SolutionResult[]) => own.map((s) => Math.log(Number(strength(s).toPrecision(6))));
  /** ln m at the strongest noise minus that at the weakest, means over the settings of each. */
  const end = (own: readonly SolutionResult[], x: number) => mean(own.filter((s) => Math.abs(strength(s) / x - 1) < 1e-6).map(ln)); // biome-ignore format: one line
  const change = over(bySeed.map((own) => end(own, 0.01) - end(own, 1e-4)));
  const steps = [[1e-4, 1e-3], [1e-3, 0.01], [1e-4, 0.01]].map(([a, b]) => over(bySeed.map((own) => end(own, b) - end(own, a)))); // biome-ignore format: one line
  // one-sided 0.05/3 of Student's t with two degrees of freedom
  const significant = (sign: 1 | -1) => steps.some((e) => (sign * e.value) / e.standardError > 5.339);
  return {
    change,
    monotone: !(significant(1) && significant(-1)),
    slope: over(bySeed.map((own) => slope(x(own), own.map(ln)))),
    ranks: over(bySeed.map((own) => rankCorrelation(x(own), own.map(ln)))),
    pairs: over(
      bySeed.map((own) => {
        const at = (eta: number, b: number) => own.find((s) => s.learningRate === eta && s.batchSize === b);
        const pairs = [[at(0.4, 4000), at(0.1, 1000)], [at(0.4, 400), at(0.1, 100)], [at(0.2, 20), at(0.1, 10)]]; // biome-ignore format: one line
        return mean(pairs.flatMap(([a, b]) => (a && b ? [(ln(a) - ln(b)) / Math.log(a.learningRate / b.learningRate)] : []))); // biome-ignore format: one line
      }),
    ),
  };
}

describe('how each number goes with the strength of the noise', () => {
  const rows = [...MEASURES, ...OTHERS];
  const found = rows.map(([, , , , of]) => goes(of));

  it('on the page', () => {
    tableIs(pageTables(html, '#networks-flatness')[0], [
      [/measure/, rows.map(([, words]) => words)],
      [/invariant/, rows.map(([, , , invariant]) => (invariant ? 'yes' : ''))],
      [/strongest over weakest/, found.map(({ change: e }) => ({ value: Math.exp(e.value), standardError: Math.exp(e.value) * e.standardError }))], // biome-ignore format: one line
      [/d ln\/d ln\(η\/B\), sampling/, found.map((f) => (f.monotone ? f.slope : 'not monotone'))],
      // three strengths allow neither
      ['misfit', found.map(() => '–')],
      ['range', found.map(() => '–')],
      [/rank/, found.map((f) => f.ranks)],
      [/^d ln\/d ln η .*η\/B/, found.map((f) => f.pairs)],
    ]);
  });

  it('in full as CSV', () => {
    const table = readCsv(report.tables['network-slopes.csv']);
    expect(table.heads).toEqual(['measure', 'name', 'flatter_is', 'invariant', 'monotone', 'slope', 'sampling_error', 'misfit_error', 'range_error', 'log_change', 'log_change_error', 'spearman', 'spearman_error', 'pairs', 'pairs_error', 'seeds']); // biome-ignore format: one line
    expect(table.column('monotone')).toEqual(found.map((f) => String(f.monotone)));
    expect(table.column('measure')).toEqual(rows.map(([id]) => id));
    rows.forEach(([, words], k) => {
      expect(table.column('name')[k]).toMatch(words);
    });
    expect(table.numbers('flatter_is')).toEqual(rows.map(([, , flatter]) => flatter));
    expect(table.column('invariant')).toEqual(rows.map(([, , , invariant]) => String(invariant)));
    for (const [
      head,
      error,
      what,
    ] of [['slope', 'sampling_error', 'slope'], ['log_change', 'log_change_error', 'change'], ['spearman', 'spearman_error', 'ranks'], ['pairs', 'pairs_error', 'pairs']] as const) // biome-ignore format: one line
      found.forEach((f, k) => {
        const none = what === 'slope' && !f.monotone;
        expect(table.column(head)[k] === '', head).toBe(none);
        if (none) return;
        expect(table.numbers(head)[k], head).toBeCloseTo(f[what].value, 9);
        expect(table.numbers(error)[k], head).toBeCloseTo(f[what].standardError, 9);
      });
    expect(table.numbers('seeds')).toEqual(rows.map(() => 3));
  });
});

/** A number over the seeds that reached the target with a setting. */
const at = ([eta, b]: readonly [number, number], of: Of): Shown => {
  const values = solved.filter((s) => s.learningRate === eta && s.batchSize === b).map((s) => of(s)!);
  return values.length > 0 ? over(values) : '–';
};
const names = (ladder: readonly (readonly [number, number])[]) => ladder.map(([eta, b]) => `${eta}, ${b}`);

describe('the settings', () => {
  it('by rising strength, with how many seeds reached the target, and the test error in percent', () => {
    const column = (of: Of) => LADDER.map((setting) => at(setting, of));
    tableIs(pageTables(html, '#networks-flatness')[2], [
      ['η, B', names(LADDER)],
      ['η/B', LADDER.map(([eta, b]) => to(eta / b))],
      [/reached/, ['3 of 3', '3 of 3', '3 of 3', '3 of 3', '2 of 3', '3 of 3', '0 of 3']],
      [/epochs/, column((s) => s.epochs)],
      [/loss/, column((s) => s.loss)],
      ['|w|', column((s) => s.flatness?.norm)],
      [/1 − Σ p²/, column((s) => s.confidence?.spread.value)],
      [/best T/, column((s) => s.confidence?.best.temperature)],
      ['h₁', column((s) => s.flatness?.top[0].value)],
      ['Tr H', column((s) => s.flatness?.trace.value)],
      [/Tr H at best T/, column((s) => s.confidence?.best.trace.value)],
      ['Tr C₁', column((s) => s.flatness?.noiseTrace.value)],
      [/test error %/, column((s) => 100 * (s.test!.errors / 4000))],
      [/test loss/, column((s) => s.test!.loss)],
    ]);
  });

  it('along and across the valley, and the forces, of those that reached the target', () => {
    const shown = LADDER.slice(0, 6);
    const column = (of: (v: NonNullable<SolutionResult['valley']>) => number) => shown.map((setting) => at(setting, (s) => of(s.valley!))); // biome-ignore format: one line
    const [measures, forces] = pageTables(html, '#networks-valley');
    tableIs(measures, [
      ['η, B', names(shown)],
      ['λ across', column((v) => (v.across[0].curvature.value + v.across[1].curvature.value) / 2)],
      ['λ along', column((v) => v.drift.curvature.value)],
      ['C across', column((v) => (v.across[0].noise.value + v.across[1].noise.value) / 2)],
      ['C along', column((v) => v.drift.noise.value)],
      [/^Var λ, top/, column((v) => v.across[0].curvatureVariance.value)],
      [/^Var λ, along/, column((v) => v.drift.curvatureVariance.value)],
    ]);
    tableIs(forces, [
      ['η, B', names(shown)],
      [/^L_SGD$/, column((v) => v.proportional.value)],
      [/^L_SGD, logarithmic/, column((v) => v.logarithmic)],
      [/^drift/, column((v) => v.driftLength)],
      [/^Δ ln λ/, column((v) => (v.driftLength * (v.change.logSlopes[0] + v.change.logSlopes[1])) / 2)],
      [/noise/, column((v) => v.noiseForce)],
      [/gradient/, column((v) => v.gradientForce)],
    ]);
  });
});

describe('ceilings', () => {
  const ceilings = input.cells.filter((c): c is CeilingResult => c.kind === 'ceiling');
  const rows = (['initial', 'trained'] as const).flatMap(
    (start) =>
    [5, 60].map((b) => ({ start, b, scans: ceilings.map((c) => c.scans.find((s) => s.start === start && s.batchSize === b)!) })), // biome-ignore format: one line
  );
  type Row = (typeof rows)[number];
  type Scan = Row['scans'][number];
  /** Between the first and the second learning rate, and between the third and the fourth where there is one. */
  const unstable = (s: Scan) => Math.sqrt(s.probes[0].learningRate * s.probes[1].learningRate);
  const diverged = (s: Scan) => Math.sqrt(s.probes[2].learningRate * (s.probes[3]?.learningRate ?? Number.NaN));
  const resolution = Math.log(1.2) / Math.sqrt(12);
  const coarse = ({ scans }: Row, of: (s: Scan) => number) => {
    const e = over(scans.map(of));
    return { ...e, standardError: Math.hypot(e.standardError, resolution * e.value) };
  };

  it('measured, and over each prediction', () => {
    const ratio = (name: keyof Scan['predicted']) => rows.map((r) => coarse(r, (s) => unstable(s) / s.predicted[name]));
    tableIs(pageTables(html, '#networks-time')[0], [
      [/start/, rows.map((r) => r.start)],
      ['B', rows.map((r) => to(r.b))],
      ['h₁', rows.map((r) => over(r.scans.map((s) => s.curvature.value)))],
      [/^Var h₁/, rows.map((r) => over(r.scans.map((s) => s.variance.value)))],
      [/unstable/, rows.map((r) => coarse(r, unstable))],
      ['/ (2/h₁)', ratio('edge')],
      ['/ [V4]', ratio('meanSquare')],
      [/coupled/, ratio('coupled')],
      [/almost sure/, ratio('almostSure')],
      [/diverged/, rows.map((r) => coarse(r, diverged))],
    ]);
  });

  it('in full as CSV, with the predictions themselves', () => {
    const table = readCsv(report.tables['network-ceilings.csv']);
    const predictions = ['edge', 'meanSquare', 'meanSquareLeast', 'almostSure', 'coupled'] as const;
    expect(table.heads).toEqual(['start', 'batch_size', 'seeds', 'unstable', 'unstable_error', 'diverged', 'diverged_error', ...predictions]); // biome-ignore format: one line
    expect(table.column('start')).toEqual(rows.map((r) => r.start));
    expect(table.numbers('batch_size')).toEqual(rows.map((r) => r.b));
    expect(table.numbers('seeds')).toEqual([3, 3, 3, 3]);
    rows.forEach((r, k) => {
      const [u, d] = [coarse(r, unstable), coarse(r, diverged)];
      const wanted = [u.value, u.standardError, d.value, d.standardError, ...predictions.map((n) => mean(r.scans.map((s) => s.predicted[n])))]; // biome-ignore format: one line
      wanted.forEach((v, c) => {
        expect(Number(table.rows[k][3 + c]), table.heads[3 + c]).toBeCloseTo(v, 9);
      });
    });
  });
});

describe('tables of every run', () => {
  it('solutions', () => {
    const table = readCsv(report.tables['network-solutions.csv']);
    const columns: [string, (s: SolutionResult) => number | string | undefined][] = [
      ['seed', (s) => s.seed],
      ['learning_rate', (s) => s.learningRate],
      ['batch_size', (s) => s.batchSize],
      ['outcome', (s) => s.outcome],
      ['epochs', (s) => s.epochs],
      ['steps', (s) => s.steps],
      ['loss', (s) => s.loss],
      ['errors', (s) => s.errors],
      ['test_loss', (s) => s.test?.loss],
      ['test_errors', (s) => s.test?.errors],
      ...MEASURES.map(([id, , , , of]): (typeof columns)[number] => [id.replace('-', '_'), of]),
      ['norm', (s) => s.flatness?.norm],
      ['spread', (s) => s.confidence?.spread.value],
      ['best_temperature', (s) => s.confidence?.best.temperature],
      ['trace_best', (s) => s.confidence?.best.trace.value],
      ['equal_temperature', (s) => s.confidence?.equal.temperature],
      ['trace_equal', (s) => s.confidence?.equal.trace.value],
      ['test_loss_best', (s) => s.confidence?.testLoss],
      ['kappa_drift', (s) => s.valley?.anisotropyDrift.value],
      ['kappa_random', (s) => s.valley?.anisotropyRandom.value],
      ['sgd_loss', (s) => s.valley?.proportional.value],
      ['sgd_loss_logarithmic', (s) => s.valley?.logarithmic],
      ['noise_force', (s) => s.valley?.noiseForce],
      ['gradient_force', (s) => s.valley?.gradientForce],
    ];
    expect(table.heads).toEqual(columns.map(([head]) => head));
    expect(table.rows).toHaveLength(3 * 7);
    all.forEach((s, row) => {
      columns.forEach(([head, of], k) => {
        const [cell, wanted] = [table.rows[row][k], of(s)];
        if (typeof wanted === 'number' && wanted !== 0)
          expect(Number(cell) / wanted, `${head} of ${s.cell}`).toBeCloseTo(1, 12);
        else expect(cell, `${head} of ${s.cell}`).toBe(String(wanted ?? ''));
      });
    });
  });

  it('paths', () => {
    const table = readCsv(report.tables['network-paths.csv']);
    expect(table.heads).toEqual(['seed', 'learning_rate', 'batch_size', 'epoch', 'step', 'loss', 'trace']);
    const wanted = all.flatMap((s) => s.path.map((p) => [s.seed, s.learningRate, s.batchSize, p.epoch, p.step, p.loss, p.trace])); // biome-ignore format: one line
    expect(table.rows).toEqual(wanted.map((row) => row.map((v) => (Number.isNaN(v) ? '' : String(v)))));
  });
});

describe('the page', () => {
  it('says what was trained and for how long the runs were', () => {
    const [words] = pageWords(html, '#networks-flatness p');
    expect(words).toContain('16-12-10');
    expect(words).toMatch(/on mnist with 7 pairs .* and 3 seeds/);
    expect(words).toMatch(/fell to 0\.02; 6 pairs arrived there, 5 of them in every seed,/);
    const [ceiling] = pageWords(html, '#networks-time > p');
    expect(numbersIn(ceiling)).toEqual([321, 17]);
    const [rivals] = pageWords(html, '#networks-rivals > p');
    expect(rivals).toMatch(/234 training samples/);
    expect(rivals).toMatch(/1 − Σ p² over them is 0\.0123/);
    const method = [...pageFacts(html, '#networks-method').values()].join('\n');
    expect(method).toMatch(/at most 150 epochs/);
    expect(method).toMatch(/all 12\u202f345 training samples at or below 0\.02;/);
    expect(method).toMatch(/first 234 training samples/);
    for (const { learningRate, batchSize } of SETTINGS)
      expect(method).toContain(`η = ${learningRate}, B = ${batchSize}`);
  });

  it('is as committed', async () => {
    await matchesSnapshots('valley-network', report);
  });

  it('holds the networks alone where there is no model', () => {
    expect(report.tables['findings.csv']).toBe(report.tables['network-findings.csv']);
    expect(JSON.parse(report.json).network.input.cells).toHaveLength(3 * 8);
    expect(SEEDS).toHaveLength(3);
    expect(html).toContain('id="findings"');
    expect(html).not.toContain('id="potential"');
  });
});
