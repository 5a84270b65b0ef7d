/** Findings on what changes with the strength of the noise, and on rival explanations; the rules stand at the head of findings.ts. */
import { type Estimate, estimate } from '../../../numeric/estimate.js';
import { chanceOf } from '../../../numeric/seeds.js';
import { decide, UNDECIDED, verdictOf } from '../../../report/deciding.js';
import type { Finding, Verdict } from '../../../report/finding.js';
import { formatEstimate, formatPlain } from '../../../report/format.js';
import type { NetworkInput } from './measured.js';
import type { halfSlopes, RivalRow } from './rivals.js';
import type { SettingRow, SlopeRow } from './summary.js';
import { courseWords, errorWords, rangeLabel, SOURCE, signOf, wide } from './words.js';

function flatterVerdict({ measure: { flatter: wanted }, course, slope, ranges }: SlopeRow): Verdict {
  if (wanted > 0 ? course.fall : course.rise) return 'not reproduced';
  const verdict = signOf(slope, wanted);
  if (verdict !== 'reproduced') return verdict;
  const others = ranges.filter((r) => r.decidable);
  return others.every((r) => Math.sign(r.slope.value) === wanted) ? verdict : UNDECIDED;
}

export function flatter(row: SlopeRow, id: string, range: string): Finding {
  const { measure, slope, spearman, pairs } = row;
  const goes = measure.flatter > 0 ? 'rises' : 'falls';
  const test = measure.id.includes('test');
  return {
    id: `valley-network.${id}`,
    claim: test
      ? `At equal training loss, solutions found with larger eta/B generalise better: ${measure.name} ${measure.id.includes('error') ? 'become fewer' : goes}`
      : `At equal training loss, solutions found with larger eta/B are flatter: ${measure.name} ${goes}`,
    source: SOURCE,
    measured: slope,
    unit: 'd ln/d ln(eta/B)',
    stated: measure.flatter > 0 ? 'above 0' : 'below 0',
    range,
    verdict: flatterVerdict(row),
    reason: [
      courseWords(row),
      errorWords(row),
      `Rank correlation with eta/B ${formatEstimate(spearman)}; at equal eta/B it goes with eta to the power ${formatEstimate(pairs)}.`,
      measure.invariant ? 'A rescaling of layers does not change this measure.' : '',
      Number.isFinite(slope.value) || slope.n > 0 ? wide(slope) : '',
    ]
      .filter((s) => s !== '')
      .join(' '),
  };
}

/** How far slopes of two halves may differ, and shares explained from 1. */
const [SAME_POWER, WHOLE_SHARE] = [0.1, 0.1];

export function onePower(
  { halves, lower, upper, difference, monotone }: ReturnType<typeof halfSlopes>,
  row: SlopeRow,
): Finding {
  const [a, b] = halves.map(([from, to]) => rangeLabel({ from, to }));
  return {
    id: 'valley-network.one-power',
    claim: 'Tr H falls as one power of eta/B',
    source: 'thermograd 0.1.0',
    measured: difference,
    unit: 'slope in the upper half of the ladder minus that in the lower half',
    stated: '0',
    range: halves.length > 0 ? `eta/B ${a} and ${b}` : 'none',
    verdict: !monotone
      ? 'not reproduced'
      : verdictOf(decide(difference, 0, { tolerance: SAME_POWER, misses: 'stated' })),
    reason: `The slope is ${formatEstimate(lower)} in the lower half and ${formatEstimate(upper)} in the upper. ${courseWords(row)} ${wide(difference)}`,
  };
}

export function rivalFinding(rival: RivalRow, row: SlopeRow, range: string): Finding {
  const { whole, lower, upper, ofSlope } = rival;
  return {
    id: `valley-network.rival-${rival.id}`,
    claim: `The fall of Tr H with eta/B is that of ${rival.name} alone: ${rival.controlled.name} does not change`,
    source: 'theory [N6]',
    measured: whole,
    unit: 'share of the change of ln Tr H explained, weakest to strongest noise',
    stated: '1',
    range,
    verdict: verdictOf(...[whole, lower, upper].map((e) => decide(e, 1, { tolerance: WHOLE_SHARE }))),
    reason: `In the lower half of the ladder ${formatEstimate(lower)}, in the upper ${formatEstimate(upper)}; of the slope ${Number.isFinite(ofSlope.value) ? formatEstimate(ofSlope) : 'no share, since one of the traces has none'}. ${rival.controlled.name}: ${courseWords(row).replace(/^[FN]/, (c) => c.toLowerCase())} ${wide(whole)}`,
  };
}

/** Largest power of eta that counts as none, and largest half-width that decides. */
const [NO_POWER, WIDEST] = [0.05, 0.1];

export function ratioAlone({ measure, pairs, eachPair, slope }: SlopeRow): Finding {
  const differs = ({ slope: e }: { readonly slope: Estimate }) =>
    Math.abs(e.value) > NO_POWER && chanceOf(e) < 0.05 / eachPair.length;
  const mean = decide(pairs, 0, { tolerance: NO_POWER, misses: 'stated', widest: WIDEST });
  return {
    id: `valley-network.ratio-${measure.id}`,
    claim: `Only the ratio eta/B matters: at equal eta/B no dependence on eta is left in ${measure.name}`,
    source: 'theory [S1], [V1]',
    measured: pairs,
    unit: 'd ln/d ln eta at equal eta/B, mean over pairs',
    stated: '0',
    range: 'pairs of settings with equal eta/B and rates a factor 2 to 5 apart',
    verdict: eachPair.some(differs) ? 'not reproduced' : verdictOf(mean),
    reason: `By pair: ${eachPair.map((p) => `${formatEstimate(p.slope)} (eta/B = ${formatPlain(p.strength)}, eta = ${formatPlain(p.rates[0])} and ${formatPlain(p.rates[1])})`).join(', ')}. Against eta/B itself the slope is ${formatEstimate(slope)}. ${wide(pairs)}`,
  };
}

export function untilDivergence(settings: readonly SettingRow[], { maxEpochs }: NetworkInput): Finding {
  const all = settings.filter((s) => s.seeds > 0);
  const last = all[all.length - 1];
  const others = all.slice(0, -1);
  const seeds = last?.seeds ?? 0;
  const allOthers = others.every((s) => s.reached === s.seeds);
  const verdict: Verdict =
    seeds < 2
      ? UNDECIDED
      : last.reached === 0 && allOthers
        ? 'reproduced'
        : last.reached === seeds
          ? 'not reproduced'
          : UNDECIDED;
  const largest = all.length > 1 && others.every((s) => s.learningRate < last.learningRate);
  return {
    id: 'valley-network.until-divergence',
    claim: 'The strongest noise of the ladder no longer reaches the training loss that all weaker noise reaches',
    source: SOURCE,
    measured: estimate(seeds > 0 ? last.reached / seeds : Number.NaN, Number.NaN, seeds, 'share of seeds', seeds > 0),
    unit: 'share of seeds that reach the target at the strongest noise',
    stated: '0 beyond the critical strength',
    range: `strongest setting eta = ${formatPlain(last?.learningRate)}, B = ${last?.batchSize ?? '–'}; at most ${maxEpochs} epochs`,
    verdict,
    reason: `Of ${all.length} settings ${all.filter((s) => s.reached === s.seeds).length} reached the target in every seed. Of the runs at the strongest noise ${last?.diverged ?? 0} diverged and ${seeds - (last?.reached ?? 0) - (last?.diverged ?? 0)} had not arrived at the end. The setting was chosen because it did not arrive in a pilot run.${largest ? ' It also has the largest learning rate, so that eta/B is not told apart from eta.' : ''}`,
  };
}
