/** Findings along and across the valley; the rules stand at the head of findings.ts and in docs/rules/valley2023.md. */
import type { Estimate } from '../../../numeric/estimate.js';
import { mean } from '../../../numeric/statistics.js';
import { decide, side, UNDECIDED, verdictOf } from '../../../report/deciding.js';
import type { Finding, Verdict } from '../../../report/finding.js';
import { formatEstimate, formatNumber, formatPlain } from '../../../report/format.js';
import { noiseStrength, type SolutionResult } from './measured.js';
import { logCurvatureAlongDrift, noiseExponent, overSolutions } from './summary.js';
import { lastQuarter } from './times.js';
import { exponentDecision, SOURCE, signOf, wide } from './words.js';

export function anisotropyFinding(solved: readonly SolutionResult[]): Finding {
  const ln = (s: SolutionResult) => Math.log(s.valley?.anisotropyDrift.value ?? Number.NaN);
  const logs = overSolutions(solved, ln);
  const random = overSolutions(solved, (s) => Math.log(s.valley?.anisotropyRandom.value ?? Number.NaN));
  const strengths = [...new Set(solved.map(noiseStrength))].sort((a, b) => a - b);
  const each = strengths.map((strength) => ({
    strength,
    logs: overSolutions(
      solved.filter((s) => noiseStrength(s) === strength),
      ln,
    ),
  }));
  const sides = each.map((e) => side(e.logs));
  const verdict: Verdict = sides.includes(-1)
    ? 'not reproduced'
    : sides.length > 0 && sides.every((s) => s === 1)
      ? 'reproduced'
      : UNDECIDED;
  return {
    id: 'valley-network.anisotropy',
    claim: 'The noise is stronger across the valley than along it: kappa > 1',
    source: 'valley2023; theory [V1]',
    measured: logs,
    unit: 'ln kappa',
    stated: 'above 0',
    range: 'C along the top eigenvectors over C along the drift of the last quarter of the steps',
    verdict,
    reason: `kappa = ${formatNumber(Math.exp(logs.value))} against the drift, ${formatNumber(Math.exp(random.value))} against random directions (geometric means). By eta/B: ${each.map((e) => `${formatNumber(Math.exp(e.logs.value))} at ${formatPlain(e.strength)}`).join(', ')}. ${wide(logs)}`,
  };
}

/** Largest ratio between C/lambda of two groups of directions. */
const WITHIN = Math.log(2);

/** ln(C/lambda) of a group of directions, mean over those of positive curvature, minus that along random ones. */
const overRandom =
  (group: 'across' | 'drift') =>
  ({ valley }: SolutionResult): number => {
    if (!valley) return Number.NaN;
    const of = (all: readonly (typeof valley)['drift'][]) => {
      const good = all.filter((d) => d.curvature.value > 0);
      return good.length > 0 ? mean(good.map((d) => Math.log(d.noise.value / d.curvature.value))) : Number.NaN;
    };
    return of(group === 'across' ? valley.across : [valley.drift]) - of(valley.random);
  };

export function noiseCurvature(solved: readonly SolutionResult[]): Finding {
  const gamma = overSolutions(solved, noiseExponent);
  const [across, drift] = (['across', 'drift'] as const).map((g) => overSolutions(solved, overRandom(g)));
  const times = (e: Estimate) => {
    const value = Math.exp(e.value);
    return formatEstimate({ value, standardError: value * e.standardError });
  };
  return {
    id: 'valley-network.noise-curvature',
    claim: 'Along and across the valley the gradient noise is proportional to the curvature: C ~ lambda',
    source: 'theory [V3]',
    measured: gamma,
    unit: 'exponent of C ~ lambda^gamma',
    stated: '1',
    range: 'top eigenvectors, the drift and random directions of the whole network',
    verdict: verdictOf(exponentDecision(gamma), ...[across, drift].map((e) => decide(e, 0, { tolerance: WITHIN }))),
    reason: `C/lambda across is ${times(across)} times that along random directions, along the drift ${times(drift)} times (geometric means). ${wide(gamma)}`,
  };
}

export function driftFlattens(solved: readonly SolutionResult[]): Finding {
  const strongest = [...new Set(solved.map(noiseStrength))].sort((a, b) => b - a).slice(0, 2);
  const own = solved.filter((s) => strongest.includes(noiseStrength(s)));
  const others = solved.filter((s) => !own.includes(s));
  const change = overSolutions(own, logCurvatureAlongDrift);
  const weak = overSolutions(others, logCurvatureAlongDrift);
  const traces = [own, others].map((some) => formatEstimate(overSolutions(some, lastQuarter)));
  return {
    id: 'valley-network.drift-flattens',
    claim: 'Under strong noise the curvatures across the valley fall along the drift of the weights',
    source: SOURCE,
    measured: change,
    unit: 'd ln lambda over the drift',
    stated: 'below 0',
    range: `the two strongest ratios that reached the target, ${strongest.map((s) => formatPlain(s)).join(' and ')}; along the displacement of the last quarter of the steps, for the eigenvectors at its end`,
    verdict: signOf(change, -1),
    reason: `For the weaker ones it is ${formatEstimate(weak)}. Over that part of the path ln Tr H itself changes by ${traces[0]}, for the weaker ones by ${traces[1]}; the loss falls meanwhile. ${wide(change)}`,
  };
}
