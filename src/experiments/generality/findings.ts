/**
 * The findings of generality. The rules stand in words in docs/rules/generality.md; this file computes them from groups of runs
 * alone.
 */

import type { RegimeName } from '../../analyse/trajectory/regime.js';
import { NORMAL_QUANTILE } from '../../numeric/distributions.js';
import { ofOneRun, overRuns, partedHalfWidth } from '../../numeric/error-parts.js';
import { type Estimate, estimate, meanOf, missing } from '../../numeric/estimate.js';
import { halfWidth } from '../../numeric/interval.js';
import { overSeeds } from '../../numeric/seeds.js';
import { standardDeviation } from '../../numeric/statistics.js';
import type { Finding, Verdict } from '../../report/finding.js';
import { formatCount, formatNumber } from '../../report/format.js';
import { decidingRuns, type Group, groupName, nearStated, RULES, sameExponent } from './groups.js';
import type { RunResult } from './measured.js';

/** The numbers of the rule of gamma. */
const GAMMA = { points: 8, decades: 1, width: 0.5, from: 1, to: 2 } as const;
const UNDECIDED: Verdict = 'not decidable with this run';

/** Computes all findings. */
export function generalityFindings(groups: readonly Group[], runs: readonly RunResult[]): Finding[] {
  const optimisers = [...new Set(groups.map((g) => g.optimiser))];
  return [
    ...optimisers.map((o) =>
      inverse(
        o,
        groups.filter((g) => g.optimiser === o),
      ),
    ),
    ...optimisers.map((o) =>
      near(
        o,
        groups.filter((g) => g.optimiser === o),
      ),
    ),
    survival(
      'half',
      'The relation is a property of the valley and not of the choice of directions by the same fluctuations',
      groups,
    ),
    survival('hessian', 'The relation holds along a fixed basis that did not see the noise', groups),
    walk(groups),
    survival(
      'own',
      "The relation holds in the optimiser's own coordinates",
      groups.filter((g) => g.regimes.own),
    ),
    rates(groups),
    ...(['cross-entropy', 'squared-error'] as const).map((loss) => gamma(loss, runs)),
  ];
}

/** A share of counted things, with the binomial error. */
const share = (k: number, n: number, what: string): Estimate =>
  n === 0 ? missing(`no ${what}`) : estimate(k / n, Math.sqrt((k * (n - k)) / n) / n, n, `share of ${n} ${what}`);

/** Names some groups, and says how many more there are. */
function some(groups: readonly Group[], most = 6): string {
  const names = groups.slice(0, most).map(groupName);
  return `${names.join(', ')}${groups.length > most ? ` and ${formatCount(groups.length - most)} more` : ''}`;
}

function inverse(optimiser: string, groups: readonly Group[]): Finding {
  const decided = groups.filter((g) => g.regimes.same && g.regimes.same.answer !== 'undecided');
  const holds = decided.filter((g) => g.regimes.same!.answer === 'inverse');
  const fails = decided.filter((g) => g.regimes.same!.answer === 'not inverse');
  const few = 2 * decided.length < groups.length || decided.length === 0;
  return {
    id: `generality.inverse.${optimiser}`,
    claim: `With ${optimiser} the variance along principal directions falls with the width of the valley, in every layer of every network.`,
    source: 'ivf2021 [P4]',
    measured: share(holds.length, decided.length, 'groups that decide'),
    unit: '',
    stated: 'for all SGD-based learning algorithms (abstract)',
    verdict: few ? UNDECIDED : fails.length === 0 ? 'reproduced' : 'not reproduced',
    reason: few
      ? `Only ${formatCount(decided.length)} of ${formatCount(groups.length)} groups of network, layer and data set decide${whyOf(groups)}.`
      : `${formatCount(holds.length)} of ${formatCount(decided.length)} groups that decide are inverse${fails.length > 0 ? `; not: ${some(fails)}` : ''}; ${formatCount(groups.length - decided.length)} do not decide.`,
  };
}

/** Says what most often keeps runs from deciding. */
function whyOf(groups: readonly Group[]): string {
  const unmet = groups.flatMap((g) => g.runs).filter(({ run }) => !run.met).length;
  const moved = groups.flatMap((g) => g.runs).filter(({ layer }) => (layer.moved ?? 0) > RULES.moved).length;
  const all = groups.flatMap((g) => g.runs).length;
  const words = [
    ...(unmet > 0 ? [`the stopping rule was not met in ${formatCount(unmet)}`] : []),
    ...(moved > 0 ? [`√v moved more than twofold in ${formatCount(moved)}`] : []),
  ];
  return words.length > 0 ? `; of ${formatCount(all)} runs and layers ${words.join(', ')}` : '';
}

function near(optimiser: string, groups: readonly Group[]): Finding {
  const holds = groups.filter((g) => g.regimes.same?.answer === 'inverse');
  const judged = holds.filter((g) => nearStated(g.regimes.same!) !== undefined);
  const far = judged.filter((g) => nearStated(g.regimes.same!) === false);
  const values = holds.map((g) => g.regimes.same!.psi.value);
  const few = 2 * judged.length < holds.length || judged.length === 0;
  return {
    id: `generality.near-4.${optimiser}`,
    claim: `With ${optimiser} the exponent of the relation is near 4.`,
    source: 'ivf2021 [P4]',
    measured:
      values.length > 1
        ? estimate(
            meanOf(values, '').value,
            standardDeviation(values, 1),
            values.length,
            'mean over the inverse groups; the error is the standard deviation over them',
          )
        : missing('fewer than two inverse groups'),
    unit: '',
    stated: 'ψ ≈ 4 for MNIST',
    verdict: few ? UNDECIDED : far.length === 0 ? 'reproduced' : 'not reproduced',
    reason: few
      ? `Only ${formatCount(judged.length)} of ${formatCount(holds.length)} inverse groups have an exponent within ± ${formatNumber(RULES.width, 1)}.`
      : `${formatCount(judged.length - far.length)} of ${formatCount(judged.length)} groups are near 4${far.length > 0 ? `; not: ${some(far)}` : ''}.`,
  };
}

function survival(name: RegimeName, claim: string, groups: readonly Group[]): Finding {
  const holds = groups.filter((g) => g.regimes.same?.answer === 'inverse');
  const decided = holds.filter((g) => g.regimes[name] && g.regimes[name].answer !== 'undecided');
  const survives = decided.filter((g) => g.regimes[name]!.answer === 'inverse');
  const fails = decided.filter((g) => g.regimes[name]!.answer === 'not inverse');
  const others = survives.filter((g) => sameExponent(g, 'same', name) === false);
  const few = 2 * decided.length < holds.length || decided.length === 0;
  return {
    id: `generality.${name}`,
    claim: `${claim}.`,
    source: name === 'own' ? '[O1]' : 'controls [S7]',
    measured: share(survives.length, decided.length, 'groups that decide'),
    unit: '',
    stated: 'implied by a relation between the landscape and its fluctuations',
    verdict: few
      ? UNDECIDED
      : fails.length > 0
        ? 'not reproduced'
        : others.length > 0
          ? 'reproduced with another exponent'
          : 'reproduced',
    reason: few
      ? `Only ${formatCount(decided.length)} of ${formatCount(holds.length)} inverse groups decide here.`
      : `${formatCount(survives.length)} of ${formatCount(decided.length)} inverse groups survive${fails.length > 0 ? `; not: ${some(fails)}` : ''}; in ${formatCount(others.length)} the exponent is another one.`,
  };
}

function walk(groups: readonly Group[]): Finding {
  const holds = groups.filter((g) => g.regimes.same?.answer === 'inverse');
  const decided = holds.filter(
    (g) =>
      g.regimes.walk &&
      (g.regimes.walk.answer === 'not inverse' ||
        (g.regimes.walk.answer === 'inverse' && sameExponent(g, 'same', 'walk') !== undefined)),
  );
  const alike = decided.filter((g) => g.regimes.walk!.answer === 'inverse' && sameExponent(g, 'same', 'walk') === true);
  const few = 2 * decided.length < holds.length || decided.length === 0;
  return {
    id: 'generality.walk',
    claim: "The landscape shows in the relation: the walk of the run's own noise does not give the same one.",
    source: 'controls [N1]',
    measured: share(decided.length - alike.length, decided.length, 'groups that decide'),
    unit: '',
    stated: 'implied by a relation between the landscape and its fluctuations',
    verdict: few ? UNDECIDED : alike.length === 0 ? 'reproduced' : 'not reproduced',
    reason: few
      ? `Only ${formatCount(decided.length)} of ${formatCount(holds.length)} inverse groups decide for run and walk.`
      : `${formatCount(decided.length - alike.length)} of ${formatCount(decided.length)} groups show more than their walk${alike.length > 0 ? `; the walk has the same exponent in: ${some(alike)}` : ''}.`,
  };
}

/** Returns the largest difference of psi between two settings of a group, with its half interval; undefined without two settings. */
function spreadOf(group: Group): { readonly value: number; readonly half: number } | undefined {
  const deciding = decidingRuns(group, 'same');
  const settings = new Map<string, number[]>();
  for (const [k, psi] of deciding) {
    const { batchSize, learningRate } = group.runs[k].run;
    const name = `${batchSize} ${learningRate}`;
    settings.set(name, [...(settings.get(name) ?? []), psi.value]);
  }
  const means = [...settings.values()].filter((v) => v.length >= RULES.runs).map((v) => overSeeds(v));
  let worst: { value: number; half: number } | undefined;
  for (const a of means)
    for (const b of means) {
      if (!(a.value > b.value)) continue;
      const one = { value: a.value - b.value, half: Math.hypot(halfWidth(a), halfWidth(b)) };
      if (!worst || one.value - one.half > worst.value - worst.half) worst = one;
    }
  return worst;
}

function rates(groups: readonly Group[]): Finding {
  const spreads = groups.flatMap((g) => {
    const spread = spreadOf(g);
    return spread ? [{ g, ...spread }] : [];
  });
  const moved = spreads.filter((s) => s.value > Math.max(RULES.near, s.half));
  const largest = spreads.length > 0 ? Math.max(...spreads.map((s) => s.value)) : Number.NaN;
  return {
    id: 'generality.rates',
    claim: 'The exponent depends neither on the batch size nor on the learning rate.',
    source: 'ivf2021 [P4]',
    measured:
      spreads.length > 0
        ? estimate(
            largest,
            spreads.find((s) => s.value === largest)!.half / NORMAL_QUANTILE,
            spreads.length,
            'largest difference between two settings of a group',
          )
        : missing('no group has two deciding runs in each of two settings'),
    unit: '',
    stated: 'holds for every batch size and learning rate tried',
    verdict: spreads.length === 0 ? UNDECIDED : moved.length === 0 ? 'reproduced' : 'not reproduced',
    reason:
      spreads.length === 0
        ? 'No group has two deciding runs in each of two settings.'
        : `${formatCount(moved.length)} of ${formatCount(spreads.length)} groups change with batch size or learning rate${moved.length > 0 ? `: ${some(moved.map((s) => s.g))}` : ''}.`,
  };
}

/** Holds gamma of one layer. */
export interface LayerGamma {
  readonly network: string;
  readonly layer: string;
  readonly set: string;
  readonly gamma: ReturnType<typeof overRuns>;
  readonly half: number;
  readonly runs: number;
}

/** Puts gamma of runs with SGD together, layer by layer. */
export function gammasOf(loss: RunResult['loss'], runs: readonly RunResult[]): LayerGamma[] {
  const layers = new Map<string, { head: Pick<LayerGamma, 'network' | 'layer' | 'set'>; values: Estimate[] }>();
  for (const run of runs.filter((r) => r.loss === loss && r.optimiser === 'sgd'))
    for (const { layer, measured } of run.layers) {
      const name = [run.set, run.network, layer].join(' ');
      if (!layers.has(name)) layers.set(name, { head: { network: run.network, layer, set: run.set }, values: [] });
      if (!measured || !run.met) continue;
      const { gamma, points, decades } = measured.gamma;
      const decides =
        points >= GAMMA.points &&
        decades >= GAMMA.decades &&
        gamma.converged &&
        NORMAL_QUANTILE * gamma.standardError <= GAMMA.width;
      if (decides) layers.get(name)!.values.push(gamma);
    }
  return [...layers.values()].map(({ head, values }) => {
    const gamma = overRuns(values.map((e) => ofOneRun(e)));
    return { ...head, gamma, half: partedHalfWidth(gamma), runs: values.length };
  });
}

function gamma(loss: RunResult['loss'], runs: readonly RunResult[]): Finding {
  const layers = gammasOf(loss, runs);
  const decided = layers.filter((l) => l.runs >= RULES.runs);
  const outside = decided.filter((l) => l.gamma.value + l.half < GAMMA.from || l.gamma.value - l.half > GAMMA.to);
  const values = decided.map((l) => l.gamma.value);
  const few = 2 * decided.length < layers.length || decided.length === 0;
  return {
    id: `generality.gamma.${loss}`,
    claim: `With ${loss === 'cross-entropy' ? 'cross-entropy' : 'squared error'} the noise along a direction follows its curvature as C ∝ H^γ with 1 ≤ γ ≤ 2.`,
    source: '2602.05600 [S6]',
    measured:
      values.length > 1
        ? estimate(
            meanOf(values, '').value,
            standardDeviation(values, 1),
            values.length,
            'mean over layers; the error is the standard deviation over them',
          )
        : missing('fewer than two layers'),
    unit: '',
    stated: '1 ≤ γ ≤ 2, by layer',
    verdict: few ? UNDECIDED : outside.length === 0 ? 'reproduced' : 'not reproduced',
    reason: few
      ? `Only ${formatCount(decided.length)} of ${formatCount(layers.length)} layers have an exponent over a decade of curvature from two runs.`
      : `${formatCount(decided.length - outside.length)} of ${formatCount(decided.length)} layers lie within the range${
          outside.length > 0
            ? `; outside: ${outside
                .slice(0, 6)
                .map((l) => `${l.network} ${l.layer} (${formatNumber(l.gamma.value, 2)})`)
                .join(', ')}`
            : ''
        }.`,
  };
}
