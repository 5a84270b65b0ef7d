/** The sentences of the valley model's findings: every number in them is the made-up one it speaks of, and the farthest case is named. */
import { describe, expect, it } from 'vitest';
import { valleyFindings } from '../src/experiments/valley2023/findings.js';
import type { ConvergenceRow, PotentialCase } from '../src/experiments/valley2023/measured.js';
import type { Estimate } from '../src/numeric/estimate.js';
import { sentenceHas } from './support/cells.js';
import { unlikeValley } from './support/valley-unlike.js';

const m = unlikeValley();
const findings = valleyFindings(m);
type Numbers = Parameters<typeof sentenceHas>[1];
const two = (number: number) => ({ number, digits: 2 });

/** Numbers of each part of a finding; those not named are not looked at. */
function says(
  id: string,
  parts: { measured?: Pick<Estimate, 'value' | 'standardError'> } & Partial<Record<'unit' | 'stated' | 'predicted' | 'range' | 'reason', Numbers>>, // biome-ignore format: one line
  from = findings,
): void {
  const finding = from.find((f) => f.id === `valley.${id}`)!;
  const { measured, ...texts } = parts;
  if (measured) {
    expect(finding.measured.value).toBeCloseTo(measured.value, 10);
    expect(finding.measured.standardError).toBeCloseTo(measured.standardError, 10);
  }
  for (const [part, numbers] of Object.entries(texts)) sentenceHas(finding[part as 'reason'] ?? '', numbers);
}

/** The one farthest from its prediction in units of the tolerance. */
function farthest<T>(
  rows: readonly T[],
  of: (row: T) => readonly [measured: number, predicted: number, tolerance: number],
): T {
  const far = (row: T) => {
    const [measured, predicted, tolerance] = of(row);
    return Math.abs(measured - predicted) / tolerance;
  };
  return [...rows].sort((a, b) => far(b) - far(a))[0];
}

describe('the effective potential', () => {
  const { cases, tilted } = m.potential;
  const weak = [cases[1], cases[2], cases[4]];
  const grid = (c: PotentialCase) => c.slopes.find((s) => s.method === 'fokker-planck')!;
  const walkers = (c: PotentialCase) => c.slopes.find((s) => s.method === 'langevin');
  const room = (predicted: number) => 0.05 * Math.max(1, Math.abs(predicted));
  const range = [11, 1.3, 0.001, Math.max(...weak.map((c) => c.separation))];
  const inRange: Numbers = [...range.slice(0, 3), two(range[3])];

  it.each([
    ['floor', 'floor', (kappa: number) => 1 - kappa],
    ['histogram', 'marginal', (kappa: number) => 1 - kappa],
    ['marginal', 'marginal', (kappa: number) => -kappa],
  ] as const)('%s', (id, which, law) => {
    const far = farthest(weak, (c) => [grid(c)[which].value, law(c.anisotropy), room(law(c.anisotropy))]);
    says(id, {
      measured: grid(far)[which],
      unit: [far.anisotropy],
      stated: id === 'marginal' ? [law(far.anisotropy)] : [1, law(far.anisotropy)],
      ...(id === 'histogram' && { predicted: [-far.anisotropy] }),
      range: inRange,
      reason: [
        ...(id === 'histogram' ? [7] : []),
        ...weak.flatMap((c) => [grid(c)[which], c.anisotropy, law(c.anisotropy)]),
        ...(id === 'histogram' ? [7, 1] : []),
      ],
    });
  });

  it('isotropic: kappa = 1 alone', () => {
    says('isotropic', { measured: grid(cases[4]).floor, stated: [0], predicted: [grid(cases[4]).marginal, -1], range: inRange }); // biome-ignore format: one line
  });

  it('walkers beside the grid', () => {
    const tests = weak.flatMap((c) =>
      (['floor', 'marginal'] as const).flatMap((which) => {
        const own = walkers(c)?.[which];
        return own ? [{ c, own, grid: grid(c)[which].value }] : [];
      }),
    );
    const far = farthest(tests, (t) => [t.own.value, t.grid, room(t.grid)]);
    says('walkers', {
      measured: far.own,
      unit: [far.c.anisotropy],
      stated: [far.grid],
      range: inRange,
      reason: tests.flatMap((t) => [t.own, t.grid]),
    });
  });

  it('strong: all strengths, off in each', () => {
    const far = farthest(cases, (c) => [grid(c).floor.value, 1 - c.anisotropy, room(1 - c.anisotropy)]);
    const separations = cases.map((c) => c.separation);
    says('strong', {
      measured: grid(far).floor,
      unit: [far.diffusion, far.anisotropy],
      stated: [1, 1 - far.anisotropy],
      range: [0.001, 0.02],
      reason: [5, 5, two(Math.min(...separations)), two(Math.max(...separations)), 5, 0],
    });
  });

  it('strong: how many agree and disagree, with their separation parameters; or that all agree', () => {
    const good = (c: PotentialCase) => ({ ...c, slopes: [{ ...grid(c), floor: { ...grid(c).floor, value: 1 - c.anisotropy } }] }); // biome-ignore format: one line
    const some = { ...m, potential: { ...m.potential, cases: cases.map((c, k) => (k < 2 ? c : good(c))) } };
    const [off, on] = [cases.slice(0, 2), cases.slice(2)].map((own) => own.map((c) => c.separation));
    says('strong', { reason: [2, 5, two(Math.min(...off)), two(Math.max(...off)), 5, 3, two(Math.min(...on)), two(Math.max(...on))] }, valleyFindings(some)); // biome-ignore format: one line
    const all = { ...m, potential: { ...m.potential, cases: cases.map(good) } };
    says('strong', { reason: [5, 5, 5] }, valleyFindings(all));
  });

  it('eq. 11: both coefficients', () => {
    const tests = tilted.flatMap((c) => [
      { c, e: c.lossCoefficient, p: c.anisotropy },
      { c, e: c.flatnessCoefficient, p: 1 - c.anisotropy },
    ]);
    const far = farthest(tests, (t) => [t.e.value, t.p, room(t.p)]);
    says('eq11', {
      measured: far.e,
      unit: [far.c.anisotropy],
      stated: [far.p],
      range: [0.001],
      reason: tests.flatMap((t) => [t.e, t.p]),
    });
  });
});

describe('densities and finite steps', () => {
  const { distances, steps } = m.densities;
  const last = steps[2];

  it('methods', () => {
    const far = farthest(distances, (d) => [Math.max(0, d.distance.value - d.counting), 0, 0.02]);
    says('methods', {
      measured: far.distance,
      stated: [two(far.counting)],
      range: [0.004, 4, 0.01],
      reason: distances.flatMap((d) => [d.distance, two(d.counting)]),
    });
    const { unit } = findings.find((f) => f.id === 'valley.methods')!;
    expect(unit).toContain(far.which);
    expect(unit).toMatch({ sgd: /SGD/, langevin: /Langevin/, adiabatic: /adiabatic/, 'fokker-planck': /-/ }[far.source]); // biome-ignore format: one line
  });

  it('variance', () => {
    const far = farthest(steps, (s) => [s.varianceRatio.value, s.predictedRatio, 0.05 * s.predictedRatio]);
    says('variance', {
      measured: far.varianceRatio,
      unit: [far.sharpest],
      stated: [far.predictedRatio],
      range: [0.1, 1.8],
      reason: steps.flatMap((s) => [s.varianceRatio, s.predictedRatio, s.learningRate]),
    });
  });

  it('finite-step: of the largest learning rate', () => {
    const gain = {
      value: last.toContinuous.value - last.toFiniteStep.value,
      standardError: Math.sqrt(last.toContinuous.standardError ** 2 + last.toFiniteStep.standardError ** 2),
    };
    says('finite-step', {
      measured: gain,
      predicted: [last.continuousX, last.finiteStepX, last.meanX],
      range: [0.18, 1.8],
      reason: [last.toContinuous, last.toFiniteStep, two(last.counting)],
    });
  });
});

describe('the way to the flat end', () => {
  const { rows, equalTemperature } = m.convergence;
  const kind = (noise: string) => rows.filter((r) => r.noise === noise);

  it('shorter: steps at the last strength over those at the first, of those at which at most 1 % diverge', () => {
    const change = (own: readonly ConvergenceRow[]) => {
      const value = own[1].steps.value / own[0].steps.value;
      const relative = own.map((r) => r.steps.standardError / r.steps.value);
      return { value, standardError: value * Math.sqrt(relative[0] ** 2 + relative[1] ** 2) };
    };
    const curvature = change(kind('curvature').slice(0, 2));
    says('shorter', {
      measured: curvature,
      range: [0.9, 1],
      // additive noise of the Hessian and of the minimum's place has no two such strengths
      reason: [change(kind('constant')), curvature],
    });
  });

  it('critical: between the two strengths of the scan on either side', () => {
    says('critical', {
      measured: { value: Math.sqrt(32), standardError: 1 },
      predicted: [3.1, 8.4, 10.2, 79],
      range: [0.5, 8, 0.02],
      reason: [8, 95, 100 * kind('curvature')[2].diverged.value],
    });
  });

  it.each([
    ['drift', (r: ConvergenceRow) => r.driftSteps],
    ['passage', (r: ConvergenceRow) => r.passageSteps],
  ] as const)('%s: steps over those of theory, of strengths where all arrive', (id, theory) => {
    const calm = [...kind('constant'), kind('curvature')[1]].filter((r) => Number.isFinite(theory(r)));
    expect(calm).toHaveLength(id === 'drift' ? 2 : 3);
    const ratios = calm.map((r) => ({ r, value: r.steps.value / theory(r), standardError: r.steps.standardError / theory(r) })); // biome-ignore format: one line
    const far = farthest(ratios, (t) => [t.value, 1, 0.1]);
    const near = ratios.filter((t) => Math.abs(t.value - 1) <= 0.1).length;
    const [a, b] = ratios.map((t) => t.value);
    says(id, {
      measured: far,
      unit: [far.r.strength],
      stated: [1],
      range: [1, 0.8],
      reason: [10, near, calm.length, Math.min(a, b), Math.max(a, b), ...(id === 'passage' ? [ratios[2].value, ratios[2].value] : [])], // biome-ignore format: one line
    });
  });

  it('drift and passage: how many lie within 10 %, and the range of each kind of noise', () => {
    const constant = kind('constant').map((r, k) => ({ ...r, driftSteps: r.steps.value / [1.099, 1.101][k], passageSteps: r.steps.value / [0.901, 0.899][k] })); // biome-ignore format: one line
    const found = valleyFindings({ ...m, convergence: { ...m.convergence, rows: constant } });
    says('drift', { reason: [10, 1, 2, 1.099, 1.101] }, found);
    says('passage', { reason: [10, 1, 2, 0.899, 0.901] }, found);
  });

  it('temperature: each over the smallest learning rate', () => {
    const [large, small] = equalTemperature;
    const value = large.time.value / small.time.value;
    const relative = [large, small].map((r) => r.time.standardError / r.time.value);
    says('temperature', {
      measured: { value, standardError: value * Math.hypot(relative[0], relative[1]) },
      unit: [0.04],
      stated: [1],
      predicted: [large.driftTime / small.driftTime],
      range: [0.01, 0.04],
      reason: [small.time, small.driftTime, 0.01, large.time, large.driftTime, 0.04],
    });
  });
});

describe('the phase diagram', () => {
  const { noise, lines, half, first } = m.phase;
  const middle = (xs: readonly number[]) => {
    const s = [...xs].sort((a, b) => a - b);
    return (s[Math.floor((s.length - 1) / 2)] + s[Math.ceil((s.length - 1) / 2)]) / 2;
  };
  /** Median of the ratios and 1.2533 times their normal scatter over √n. */
  const over = (boundary: readonly number[], line: readonly number[]) => {
    const known = noise.map((s, k) => ({ s, ratio: boundary[k] / line[k] })).filter((c) => !Number.isNaN(c.ratio));
    const ratios = known.map((c) => c.ratio);
    const value = middle(ratios);
    const scatter = 1.4826 * middle(ratios.map((r) => Math.abs(r - value)));
    return { known, ratios, value, standardError: (1.2533 * scatter) / Math.sqrt(ratios.length) };
  };
  const range = [0, 4, 5, 6, 77, 1234];

  it.each([
    ['line-sharp-mean-square', 'sharpMeanSquare'],
    ['line-sharp-almost-sure', 'sharpAlmostSure'],
    ['line-flat-mean-square', 'flatMeanSquare'],
    ['line-flat-almost-sure', 'flatAlmostSure'],
  ] as const)('%s: half of the walkers, column by column', (id, line) => {
    const { known, ...found } = over(half, lines[line]);
    expect(known.map((c) => c.s)).toEqual([0, 1.6, 2.4, 3.2, 4]);
    const ends = [known[0], known[4]].flatMap((c) => [c.ratio, c.s]);
    const four = id === 'line-sharp-mean-square' ? Object.values(lines).map((l) => over(half, l)) : [];
    const near = found.ratios.filter((r) => Math.abs(r - 1) <= 0.1).length;
    says(id, { measured: found, stated: [1], range, reason: [...ends, near, 5, 10, 1, ...four] });
  });

  it('flatter: how many of the rows that vary are positive', () => {
    // Spearman's 1 − 6 Σd²/60 of four columns without divergence: 1, 0, −1 and 0.6; the last row does not vary
    const rows = [[0.1, 0.2, 0.3, 0.4], [0.2, 0.4, 0.1, 0.3], [0.4, 0.3, 0.2, 0.1], [0.1, 0.3, 0.4, 0.2], [0.5, 0.5, 0.5, 0.5]]; // biome-ignore format: one line
    const phase = {
      ...m.phase,
      flatness: rows.flatMap((r) => [...r, 0, 1]),
      diverged: rows.flatMap(() => [0, 0, 0, 0, 1, 1]),
    };
    const correlations = [1, 0, -1, 0.4];
    const value = correlations.reduce((a, b) => a + b, 0) / 4;
    const spread = Math.sqrt(correlations.reduce((a, c) => a + (c - value) ** 2, 0) / 12);
    says(
      'flatter',
      { measured: { value, standardError: spread }, range: [0.05, ...range], reason: [2, 4, 0.1, 0, 1] },
      valleyFindings({ ...m, phase }),
    );
    const few = { ...phase, flatness: phase.flatness.map((v, k) => (k < 12 ? v : 0.5)) };
    says('flatter', { reason: [2] }, valleyFindings({ ...m, phase: few }));
  });

  it('first: the first walkers against the line of the mean square', () => {
    const { known, ratios, ...found } = over(first, lines.sharpMeanSquare);
    const ends = [known[0], known[5]].flatMap((c) => [c.ratio, c.s]);
    says('first', { measured: found, range, reason: [...ends, Math.min(...ratios), Math.max(...ratios), ratios.filter((r) => Math.abs(r - 1) <= 0.1).length, 6, 10, 1] }); // biome-ignore format: one line
  });
});

describe('freezing', () => {
  const { rows, escapes } = m.freezing;
  const sorted = (noise: string) => rows.filter((r) => r.noise === noise).sort((a, b) => a.diffusion - b.diffusion);
  const all = [...sorted('additive'), ...sorted('sharper')];
  const range = [1, 3.3, 0.4, 2.2, 80];

  it('rates', () => {
    const far = farthest(escapes, (e) => [e.walkers.value, e.exact, 0.1 * e.exact]);
    says('rates', {
      measured: far.walkers,
      unit: [far.barrier],
      stated: [far.exact],
      range: [2, 6],
      reason: escapes.flatMap((e) => [e.walkers, e.exact, e.fokkerPlanck]),
    });
  });

  it('kramers: of barriers from 5 D on', () => {
    const far = farthest(escapes.filter((e) => e.barrier >= 5), (e) => [e.kramers, e.exact, 0.1 * e.exact]); // biome-ignore format: one line
    says('kramers', {
      // two computed numbers: no error
      measured: { value: far.kramers / far.exact, standardError: 0 },
      unit: [far.barrier],
      range: [5],
      reason: escapes.flatMap((e) => [e.kramers / e.exact, e.barrier]),
    });
  });

  it('delay and delay-theory', () => {
    const strongest = sorted('sharper')[1];
    says('delay', {
      measured: strongest.freezingTime,
      unit: [0.5],
      range,
      reason: all.flatMap((r) => [r.freezingTime, r.diffusion]),
    });
    const far = farthest(rows, (r) => [r.freezingTime.value, r.predictedTime, 0.1 * r.predictedTime]);
    says('delay-theory', {
      measured: far.freezingTime,
      unit: [far.diffusion],
      stated: [far.predictedTime],
      range,
      reason: rows.flatMap((r) => [r.freezingTime, r.predictedTime, r.diffusion]),
    });
  });

  it('ends-flatter', () => {
    const strongest = sorted('sharper')[1];
    says('ends-flatter', {
      measured: strongest.final,
      unit: [0.5],
      predicted: [strongest.predictedFinal, strongest.fokkerPlanckFinal],
      range,
      reason: all.flatMap((r) => [r.final, r.diffusion]),
    });
  });
});

describe('circulation', () => {
  const { rows } = m.circulation;

  it('densities of grid and walkers', () => {
    const tests = rows.flatMap((r) => [
      { r, shown: r.fokkerPlanck, value: r.fokkerPlanck.value, tolerance: 0.01 },
      { r, shown: r.langevin, value: Math.max(0, r.langevin.value - r.counting), tolerance: 0.02 },
    ]);
    const far = farthest(tests, (t) => [t.value, 0, t.tolerance]);
    says('circulation', {
      measured: { value: far.value, standardError: far.shown.standardError },
      unit: [far.r.strength],
      stated: [0],
      range: [1, 4, 2, 0.5, 1.5],
      reason: rows.flatMap((r) => [r.strength, r.fokkerPlanck, r.langevin, two(r.counting)]),
    });
  });

  it('current and rotation', () => {
    const tests = rows.flatMap((r) => [
      { r, e: r.currentError, predicted: 0, tolerance: 0.02 },
      { r, e: r.rotation, predicted: r.predictedRotation, tolerance: 0.05 * r.predictedRotation },
      { r, e: r.gridRotation, predicted: r.predictedRotation, tolerance: 0.05 * r.predictedRotation },
    ]);
    const far = farthest(tests, (t) => [t.e.value, t.predicted, t.tolerance]);
    says('current', {
      measured: far.e,
      unit: [far.r.strength],
      stated: [far.predicted],
      reason: [2, ...rows.flatMap((r) => [r.rotation, r.gridRotation, r.predictedRotation])],
    });
  });
});
