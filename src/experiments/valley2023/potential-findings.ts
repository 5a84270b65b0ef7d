/** Findings on the effective potential: eq. 7, eq. 11, floor and marginal; their rules are stated in rules.ts. */
import type { Estimate } from '../../numeric/estimate.js';
import { verdictOf } from '../../report/deciding.js';
import type { Finding } from '../../report/finding.js';
import { formatEstimate, formatPlain, formatRange } from '../../report/format.js';
import type { Method, PotentialCase, PotentialResult, TiltedCase } from './measured.js';
import { against, finding, NOTHING, VALLEY, worst } from './rules.js';

const TOLERANCE = 0.05;
const room = (predicted: number): number => TOLERANCE * Math.max(1, Math.abs(predicted));

type Which = 'floor' | 'marginal';

const slopeOf = (c: PotentialCase, which: Which, method: Method = 'fokker-planck'): Estimate | undefined =>
  c.slopes.find((s) => s.method === method)?.[which];

/** One case in which a law of slopes is tested. */
interface Test {
  readonly c: PotentialCase;
  readonly measured: Estimate;
  readonly predicted: number;
  readonly tolerance: number;
}

const testsOf = (cases: readonly PotentialCase[], which: Which, law: (kappa: number) => number): Test[] =>
  cases.flatMap((c) => {
    const measured = slopeOf(c, which);
    const predicted = law(c.anisotropy);
    return measured ? [{ c, measured, predicted, tolerance: room(predicted) }] : [];
  });

const judge = (tests: readonly Test[]) => verdictOf(...tests.map((t) => against(t.measured, t.predicted, t.tolerance)));

const list = (tests: readonly Test[]): string =>
  tests
    .map((t) => `${formatEstimate(t.measured)} at kappa = ${formatPlain(t.c.anisotropy)} (${formatPlain(t.predicted)})`)
    .join(', ');

export function potentialFindings(r: PotentialResult): Finding[] {
  const smallest = Math.min(...r.cases.map((c) => c.diffusion));
  const weak = r.cases.filter((c) => c.diffusion === smallest);
  const range = `valley with a level floor, lambda from ${formatPlain(r.ends.sharp)} to ${formatPlain(r.ends.flat)}; the middle eight tenths of it; D_x = ${formatPlain(smallest)}; largest separation parameter ${formatPlain(Math.max(...weak.map((c) => c.separation)), 2)}`;
  const eq7 = (kappa: number) => 1 - kappa;
  const floor = testsOf(weak, 'floor', eq7);
  const read = testsOf(weak, 'marginal', eq7);
  const marginal = testsOf(weak, 'marginal', (kappa) => -kappa);
  const isotropic = testsOf(
    weak.filter((c) => c.anisotropy === 1),
    'floor',
    eq7,
  );
  const far = (tests: readonly Test[]) => worst(tests, (t) => t);
  const shown = (tests: readonly Test[]) => far(tests)?.measured ?? NOTHING;
  const at = (tests: readonly Test[]) =>
    `slope of −ln P against ln F, farthest from the claim: kappa = ${formatPlain(far(tests)?.c.anisotropy)}`;
  return [
    finding('floor', {
      claim:
        'L_SGD = Delta (1 − kappa) ln F: on the floor of the valley the density varies as the power kappa − 1 of the width',
      source: `${VALLEY}, eq. 7; theory [V1], [V2]`,
      measured: shown(floor),
      unit: at(floor),
      stated: `1 − kappa, here ${formatPlain(far(floor)?.predicted)}`,
      range,
      verdict: judge(floor),
      reason: `Slopes (predicted): ${list(floor)}.`,
    }),
    finding('histogram', {
      claim: 'Eq. 7 gives how often SGD is found at x, whatever its distance from the floor',
      source: `${VALLEY}, eq. 7 read as a law of the marginal; theory [V2]`,
      measured: shown(read),
      unit: at(read),
      stated: `1 − kappa, here ${formatPlain(far(read)?.predicted)}`,
      predicted: `−kappa, here ${formatPlain(-(far(read)?.c.anisotropy ?? Number.NaN))}: integrating over y adds one power of F`,
      range,
      verdict: judge(read),
      reason: `Slopes (eq. 7): ${list(read)}. A histogram of x prefers flat places by one power of F more than eq. 7, also where kappa = 1.`,
    }),
    finding('marginal', {
      claim: 'How often SGD is found at x goes as the power kappa of the width: −Delta kappa ln F',
      source: 'theory [V2], derived',
      measured: shown(marginal),
      unit: at(marginal),
      stated: `−kappa, here ${formatPlain(far(marginal)?.predicted)}`,
      range,
      verdict: judge(marginal),
      reason: `Slopes (predicted): ${list(marginal)}.`,
    }),
    finding('isotropic', {
      claim: 'Without anisotropy, kappa = 1, noise adds nothing to the loss on the floor',
      source: `${VALLEY}, eq. 7; theory [V2]`,
      measured: shown(isotropic),
      unit: 'slope of −ln P(x, 0) against ln F',
      stated: '0',
      predicted: `the marginal still goes as F: ${weak
        .filter((c) => c.anisotropy === 1)
        .map((c) => formatEstimate(slopeOf(c, 'marginal') ?? NOTHING))
        .join()} for −1`,
      range,
      verdict: verdictOf(...isotropic.map((t) => against(t.measured, 0, TOLERANCE))),
      reason: 'The control of eq. 7: detailed balance holds here, whether or not the motion across is faster.',
    }),
    walkers(weak, range),
    strong(r.cases),
    tilted(r.tilted),
  ];
}

function walkers(weak: readonly PotentialCase[], range: string): Finding {
  const tests = weak.flatMap((c) =>
    (['floor', 'marginal'] as const).flatMap((which) => {
      const measured = slopeOf(c, which, 'langevin');
      const predicted = slopeOf(c, which)?.value;
      return measured && predicted !== undefined ? [{ c, which, measured, predicted, tolerance: room(predicted) }] : [];
    }),
  );
  const far = worst(tests, (t) => t);
  return finding('walkers', {
    claim: 'Langevin walkers show the slopes of the Fokker-Planck equation',
    source: 'theory [V5]',
    measured: far?.measured ?? NOTHING,
    unit: far ? `slope, ${far.which} at kappa = ${formatPlain(far.c.anisotropy)}, the farthest` : '',
    stated: formatPlain(far?.predicted),
    range,
    verdict: judge(tests),
    reason: `Walkers (grid): ${tests.map((t) => `${t.which} ${formatEstimate(t.measured)} (${formatPlain(t.predicted)})`).join(', ')}.`,
  });
}

/** Whether eq. 7 holds at every strength of noise of the scan. */
function strong(cases: readonly PotentialCase[]): Finding {
  const tests = testsOf(cases, 'floor', (kappa) => 1 - kappa);
  const far = worst(tests, (t) => t);
  const off = tests.filter((t) => against(t.measured, t.predicted, t.tolerance) === 'differs');
  const good = tests.filter((t) => against(t.measured, t.predicted, t.tolerance) === 'agrees');
  const extremes = (some: readonly Test[]): [number, number] => [
    Math.min(...some.map((t) => t.c.separation)),
    Math.max(...some.map((t) => t.c.separation)),
  ];
  return finding('strong', {
    claim: 'Eq. 7 holds on the floor whatever the strength of the noise',
    source: `${VALLEY}, eq. 7; theory [V2]`,
    measured: far?.measured ?? NOTHING,
    unit: far
      ? `slope at D_x = ${formatPlain(far.c.diffusion)}, kappa = ${formatPlain(far.c.anisotropy)}, the farthest`
      : '',
    stated: `1 − kappa, here ${formatPlain(far?.predicted)}`,
    predicted: 'only where y relaxes before x moves: separation parameter much below 1',
    range: `all D_x from ${formatRange(span(cases.map((c) => c.diffusion)))} and all kappa`,
    verdict: judge(tests),
    reason:
      off.length > 0
        ? `Violated in ${off.length} of ${tests.length} cases, with separation parameters ${formatRange(extremes(off), 2)}; within 5 % in ${good.length}, ${good.length > 0 ? `with ${formatRange(extremes(good), 2)}` : 'none'}.`
        : `Within 5 % in ${good.length} of ${tests.length} cases.`,
  });
}

const span = (xs: readonly number[]): [number, number] => [Math.min(...xs), Math.max(...xs)];

function tilted(cases: readonly TiltedCase[]): Finding {
  const tests = cases.flatMap((c) => [
    { c, name: 'L0', measured: c.lossCoefficient, predicted: c.anisotropy },
    { c, name: 'D_y ln F', measured: c.flatnessCoefficient, predicted: 1 - c.anisotropy },
  ]);
  const ready = tests.map((t) => ({ ...t, tolerance: room(t.predicted) }));
  const far = worst(ready, (t) => t);
  return finding('eq11', {
    claim:
      'L_SGD ~ Delta (1 − kappa) ln F + (kappa − 1) L where the floor carries a loss: with Delta = D_y, −D_y ln P on the floor is kappa L + D_y (1 − kappa) ln F',
    source: `${VALLEY}, eq. 11; the reading of Delta is derived: theory [V1], [V2]`,
    measured: far?.measured ?? NOTHING,
    unit: far ? `coefficient of ${far.name} at kappa = ${formatPlain(far.c.anisotropy)}, the farthest` : '',
    stated: formatPlain(far?.predicted),
    range: `a parabola on the floor; D_x = ${formatPlain(cases[0]?.diffusion)}`,
    verdict: verdictOf(...ready.map((t) => against(t.measured, t.predicted, t.tolerance))),
    reason: `Coefficients (predicted): ${tests.map((t) => `${t.name} ${formatEstimate(t.measured)} (${formatPlain(t.predicted)})`).join(', ')}.`,
  });
}
