/**
 * What an optimiser does to the findings. docs/rules/controls.md:
 *
 * form: comparisons with linear theory rest on the linear form of the optimiser. Where it does not describe the window of a cell that they
 *   use (`whereFormFails`, [O3]), they are not decidable: surrogate, surrogate-selection, random-walk, noise-law, closure, stationary, leak.
 * preconditioner: under an adaptive optimiser the eigenvectors of H are no modes, so that the law of single modes along them is not that
 *   of theory: noise-law is not decidable.
 * momentum: compares SGD without with SGD with momentum; under any other optimiser it is not decidable, because its buffer is its own.
 */
import { UNDECIDED } from '../../report/deciding.js';
import type { Finding } from '../../report/finding.js';
import { sentence } from '../../report/format.js';
import type { CellResult } from './measured.js';

/** Findings that compare with linear theory in branches, and in frozen cells. */
const OF_BRANCHES = new Set([
  'controls.surrogate',
  'controls.surrogate-selection',
  'controls.random-walk',
  'controls.noise-law',
]);
const OF_FROZEN = ['controls.closure-', 'controls.stationary-', 'controls.leak-'];

/** Makes findings undecided that the optimiser leaves without meaning; cells of plain SGD leave all as they are. */
export function asTheFormAllows(cells: readonly CellResult[], findings: readonly Finding[]): Finding[] {
  const optimised = cells.filter((c) => c.fails !== undefined);
  if (optimised.length === 0) return [...findings];
  const reasons = (kind: CellResult['kind']) => {
    const of = optimised.filter((c) => c.kind === kind && c.sampling === 'shuffled').flatMap((c) => c.fails ?? []);
    return [...new Set(of)].slice(0, 3).map(sentence).join(' ');
  };
  const [branches, frozen] = [reasons('branch'), reasons('frozen')];
  const adaptive = optimised.some((c) => c.adaptive);
  const buffered = adaptive || optimised[0].momentum > 0;
  const alone = buffered && !cells.some((c) => c.kind === 'branch' && c.momentum !== optimised[0].momentum);
  const undecided = (f: Finding, why: string): Finding => ({ ...f, verdict: UNDECIDED, reason: `${why} ${f.reason}` });
  return findings.map((f) => {
    if (f.id === 'controls.momentum' && alone)
      return {
        ...f,
        verdict: UNDECIDED,
        reason:
          'The optimiser has a buffer or a preconditioner of its own; this control compares plain SGD with momentum 0.9.',
      };
    if (OF_BRANCHES.has(f.id) && branches !== '')
      return undecided(f, `The linear form of the optimiser does not hold: ${branches}`);
    if (OF_FROZEN.some((id) => f.id.startsWith(id)) && frozen !== '')
      return undecided(f, `The linear form of the optimiser does not hold: ${frozen}`);
    if (f.id === 'controls.noise-law' && adaptive)
      return undecided(f, 'The preconditioner mixes the eigenvectors of H, which are no modes of this motion.');
    return f;
  });
}
