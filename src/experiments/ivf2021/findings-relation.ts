/** Findings of runs of layers and of optimisers: the relation under its controls. The rules are in docs/rules/ivf2021.md. */

import type { Regime, RegimeName } from '../../analyse/trajectory/regime.js';
import { NORMAL_QUANTILE } from '../../numeric/distributions.js';
import { type Estimate, minus, missing } from '../../numeric/estimate.js';
import { UNDECIDED } from '../../report/deciding.js';
import type { Finding, Verdict } from '../../report/finding.js';
import { formatEstimate, formatNumber, sentence } from '../../report/format.js';
import type { RelationDocument } from './relation-stage.js';

/** The numbers of the rules. */
const RULE = { points: 8, decades: 0.5, width: 1, share: 0.25, r2: 0.5, near: 0.4 } as const;

/** Says why nothing of a layer is decidable; undefined where something may be. */
export function whyNothing({ met, stopped, fails }: RelationDocument): string | undefined {
  if (!met) return `${sentence(stopped)} The window is not one of a run that its rule had stopped.`;
  if (fails === undefined)
    return 'An earlier version measured this, which did not compare both ends of the window: measure it again with analyse.';
  return fails.length > 0 ? fails.map((f) => sentence(f.sentence)).join(' ') : undefined;
}

const halfOf = (psi: Estimate): number => NORMAL_QUANTILE * psi.standardError;

/** Says why a regime does not decide; undefined where it does. */
function thin(regime: Regime | undefined): string | undefined {
  if (!regime) return 'It was not measured.';
  const { psi, points, decades } = regime;
  if (points < RULE.points)
    return `Only ${points} directions are closed and resolved; the rule asks for ${RULE.points}.`;
  if (decades < RULE.decades)
    return `The widths span ${formatNumber(decades, 2)} decades; the rule asks for ${RULE.decades}.`;
  if (psi.converged && halfOf(psi) <= Math.max(RULE.width, RULE.share * Math.abs(psi.value))) return undefined;
  return `The exponent is uncertain by ± ${formatNumber(halfOf(psi), 2)} (95 %).`;
}

const isInverse = ({ psi, r2 }: Regime): boolean => psi.value - halfOf(psi) > 0 && r2 >= RULE.r2;

const words = ({ psi, r2, points, decades }: Regime): string =>
  `ψ = ${formatEstimate(psi)}, R² = ${formatNumber(r2, 2)}, ${points} directions over ${formatNumber(decades, 2)} decades of F`;

/** Makes the findings; a run without the document has none. */
export function relationFindings(document: RelationDocument | undefined): Finding[] {
  if (!document) return [];
  const nothing = whyNothing(document) ?? document.missing;
  const { regimes = {} } = document.measured ?? {};
  const same = regimes.same;
  const base = thin(same);
  const inverse = base === undefined && isInverse(same!);
  const findings: Finding[] = [
    {
      id: 'ivf.inverse',
      claim: 'The variance along principal directions falls with the width of the valley, whatever the exponent.',
      source: 'ivf2021 [P4]',
      measured: same?.psi ?? missing('not measured'),
      unit: '',
      stated: 'an inverse relation',
      verdict: nothing || base ? UNDECIDED : inverse ? 'reproduced' : 'not reproduced',
      reason: nothing ?? base ?? `${words(same!)}.`,
    },
    control(
      'half',
      'ivf.other-half',
      'The exponent does not depend on choosing directions by the same fluctuations: directions of the other half of the window.',
    ),
    control('hessian', 'ivf.fixed-basis', 'The relation holds along a fixed basis, Ritz vectors of the Hessian.'),
    walk(),
  ];
  if (regimes.own)
    findings.push(
      control(
        'own',
        'ivf.own-coordinates',
        "The relation holds in the optimiser's own coordinates, in which its preconditioner is 1.",
      ),
    );
  return findings;

  function control(name: RegimeName, id: string, claim: string): Finding {
    const other = regimes[name];
    const why =
      nothing ?? base ?? (inverse ? thin(other) : 'The variance does not fall with the width in the same window.');
    const near = other && same && Math.abs(other.psi.value - same.psi.value) <= joint(other, same);
    const verdict: Verdict = why
      ? UNDECIDED
      : !isInverse(other!)
        ? 'not reproduced'
        : near
          ? 'reproduced'
          : 'reproduced with another exponent';
    return {
      id,
      claim,
      source: name === 'own' ? 'ivf2021 [P4], [O1]' : 'ivf2021 [P4], controls [S7]',
      measured: other?.psi ?? missing('not measured'),
      unit: '',
      stated: 'the exponent of the same window',
      ...(same && { predicted: `same window: ${formatEstimate(same.psi)}` }),
      verdict,
      reason: why ?? `${words(other!)}; in the same window ${words(same!)}.`,
    };
  }

  function walk(): Finding {
    const other = regimes.walk;
    const unlike = other && same && Math.abs(other.psi.value - same.psi.value) > joint(other, same);
    const decided = thin(other) === undefined;
    const fails = decided && !isInverse(other!);
    const why =
      nothing ?? base ?? (inverse ? thin(other) : 'The variance does not fall with the width in the same window.');
    return {
      id: 'ivf.own-noise-walk',
      claim:
        "The landscape shows in the exponent: a walk of the run's own noise through its optimiser, without restoring force, does not give it.",
      source: 'controls [N1], [O1]',
      measured: same && other ? minus(same.psi, other.psi) : missing('not measured'),
      unit: 'ψ of the run less ψ of the walk',
      stated: 'implied by a relation between the landscape and its fluctuations',
      ...(other && { predicted: `walk: ${formatEstimate(other.psi)}` }),
      verdict: why ? UNDECIDED : fails || unlike ? 'reproduced' : 'not reproduced',
      reason: why ?? `The run has ${words(same!)}; the walk ${words(other!)}.`,
    };
  }
}

/** The difference that is needed: 0.4, or the joint interval of both where that is more. */
const joint = (a: Regime, b: Regime): number => Math.max(RULE.near, Math.hypot(halfOf(a.psi), halfOf(b.psi)));

/** Makes every finding undecided where nothing of a layer is decidable. */
export const asFarAsDecidable = (findings: readonly Finding[], document: RelationDocument | undefined): Finding[] =>
  undecided(findings, document && whyNothing(document));

/** Makes every finding undecided for a reason, which stands before its own; does nothing without one. */
export const undecided = (findings: readonly Finding[], why: string | undefined): Finding[] =>
  findings.map((f) =>
    why === undefined
      ? f
      : { ...f, verdict: UNDECIDED, reason: f.reason.startsWith(why) ? f.reason : `${why} ${f.reason}` },
  );
