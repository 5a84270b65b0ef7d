/**
 * Verdicts of the model part of `reproduce valley2023`. The rules are part of the result; all were written before the first run. Changed
 * once, after a first look at the quick preset: divergence is counted among walkers that continue between reflecting ends, because those
 * that may leave at the flat end are gone before they could diverge. After a first run of the standard preset the landscape of the
 * freezing stage was replaced, but no rule: walkers deviated from the Fokker-Planck equation, because their steps did not resolve the
 * force behind the sharp valley. The verdict on `delay` was undecided before. After 0.1.0 the rules of `line-*`, `first` and `flatter` were made
 * stricter, with the numbers of that version known (docs/rules/valley2023.md): a median over columns that scatter about 1 is no agreement, and a
 * rank correlation no size.
 *
 * Equations of the paper are quoted after a secondary source [V1]; what the project derives from them is marked 'derived'. Errors of walkers are
 * over seeds, errors of grids come from halving the grid. Intervals are 95 %: Student's t over seeds, twice the error for grids.
 *
 * A number *agrees* with a prediction if it lies within the tolerance of the claim; it *differs* if its whole interval lies outside;
 * undecided otherwise. 'reproduced': all numbers of the claim agree. 'not reproduced': one differs. A number without an error decides nothing.
 *
 * floor        eq. 7 on the floor: slope of −ln P(x, 0) against ln F is 1 − kappa within 5 % of the larger of 1 and |1 − kappa|, at every kappa,
 *              smallest D_x, Fokker-Planck. The first and last tenth of the valley are left out: layers at the walls.
 * histogram    eq. 7 read as how often SGD is found at x: the same rule for the marginal. marginal: −kappa, same rule.
 * isotropic    the control kappa = 1: slope on the floor 0 within 0.05.
 * walkers      Langevin walkers give the slopes of the grid at the smallest D_x within 5 % of the larger of 1 and |slope|.
 * strong       eq. 7 at every D_x of the scan: the rule of `floor`, over all pairs. The separation parameter of [V2] is reported with it.
 * eq11         on a floor that carries a loss, −D_y ln P(x, 0) = a L0 + b D_y ln F with a = kappa and b = 1 − kappa, within 5 %.
 * methods      SGD map, Langevin and adiabatic theory against the grid: total variation at most 0.02 above what counting gives, marginal
 *              and floor each.
 * variance     ⟨y²⟩ of the SGD map is 2/(2 − eta lambda) of the continuous value: within 5 % at every learning rate.
 * finite-step  at the largest learning rate the marginal of the map is nearer to the theory with finite steps than to the continuous one.
 * shorter      stronger noise shortens the time to the flat end: for each kind of noise the mean number of steps falls from each strength to
 *              the next while at most 1 % diverge. Not reproduced if it rises anywhere by more than the interval of the difference.
 * critical     with curvature noise there is a strength in the scan beyond which more than half diverge; reproduced if the first such
 *              strength lies within the lines of [V4], from mean square at the sharp end to almost sure at the flat end.
 * drift        steps of the map over those of the effective drift within 10 %, where E(1 − eta l)² at the sharp end is at most 0.8
 *              of its way to 1 and all arrive: additive and state-dependent noise alike.
 * passage      the same ratio to the mean first passage of the Fokker-Planck equation along the floor, in continuous time.
 * temperature  at equal eta·C the time in eta·steps does not depend on eta: within 10 % of that of the smallest eta.
 * line-*       critical line of [V4] against the learning rate at which half of the walkers diverge, column by column: reproduced if
 *              every ratio is within 10 % of 1; not reproduced if one is farther off by more than one step of the learning rates; undecided
 *              otherwise, and with fewer than 5 columns. Four lines: curvature of the sharp or of the flat end, mean square or almost sure. [V4] does not say which; all
 *              four are tested.
 * first        the first walker diverges at the line of the mean square of the sharp end: same rule.
 * flatter      at equal learning rate and steps stronger noise reaches flatter places: order parameter against noise in the columns
 *              without divergence, rank correlation in each row whose order parameter varies by more than 0.05. Reproduced if the
 *              mean correlation over such rows exceeds 0.5, nine tenths of them are positive, and the median change from the weakest to the
 *              strongest noise is at least 0.1; not reproduced if the mean is below 0 or fewer than half are positive.
 * rates        mean escape times of walkers within 10 % of the exact first passage. kramers: exact times within 10 % of Kramers's where
 *              the barrier is at least 5 D.
 * delay        the freezing time rises with noise: from each strength to the next among those that freeze after the start and before the end
 *              of training; not reproduced if it falls anywhere by more than the interval of the difference.
 * delay-theory freezing times of walkers within 10 % of those of the two-state theory.
 * ends-flatter the share in the flat valley at the end rises with noise: the rule of `delay`, over all strengths.
 * circulation  density e^−Phi/Z for every l: total variation of the grid at most 0.01, of walkers at most 0.02 above counting.
 * current      the current of the grid is l·J/Z within 2 % of its largest value; rotation of walkers within 5 % of 2 pi l/Z.
 */
import { type Estimate, missing, negated } from '../../numeric/estimate.js';
import { halfWidth } from '../../numeric/interval.js';
import { type Agreement, decide } from '../../report/deciding.js';
import type { Finding } from '../../report/finding.js';

export const VALLEY = 'valley2023 (secondary source)';

/** Half of the 95 % interval. A grid gives one number with an error that bounds it: two errors. */
export const interval = (e: Estimate): number => (e.method.includes('seed') ? halfWidth(e) : halfWidth(e, 2));

/** Compares a number with a prediction, within an absolute tolerance. */
export const against = (e: Estimate, predicted: number, tolerance: number): Agreement =>
  decide(e, predicted, { tolerance, half: interval(e) });

/** The row that is farthest from its prediction, in units of the tolerance. */
export function worst<T>(
  rows: readonly T[],
  of: (row: T) => { readonly measured: Estimate; readonly predicted: number; readonly tolerance: number },
): T | undefined {
  let [found, most]: [T | undefined, number] = [undefined, Number.NEGATIVE_INFINITY];
  for (const row of rows) {
    const { measured, predicted, tolerance } = of(row);
    const far = Math.abs(measured.value - predicted) / tolerance;
    if (far > most || found === undefined) [found, most] = [row, Number.isNaN(far) ? -1 : far];
  }
  return found;
}

export const NOTHING: Estimate = missing('the numbers of this claim are missing');

/** Whether the values rise from each to the next; their errors are independent. */
export function rises(values: readonly Estimate[]): Agreement {
  if (values.length < 2) return 'undecided';
  const steps = values.slice(1).map((b, k): Agreement => {
    const a = values[k];
    const half = Math.hypot(interval(a), interval(b));
    const step = b.value - a.value;
    if (!Number.isFinite(step) || !Number.isFinite(half)) return 'undecided';
    if (step > 0) return 'agrees';
    return step < -half ? 'differs' : 'undecided';
  });
  return steps.includes('differs') ? 'differs' : steps.includes('undecided') ? 'undecided' : 'agrees';
}

/** Whether the values fall from each to the next. */
export const falls = (values: readonly Estimate[]): Agreement => rises(values.map(negated));

/** Makes a finding of the model part. */
export function finding(
  id: string,
  parts: Omit<Finding, 'id' | 'unit' | 'source'> & { readonly unit?: string; readonly source?: string },
): Finding {
  const { claim, source = 'theory §6, derived', measured, unit = '', stated, ...rest } = parts;
  return { id: `valley.${id}`, claim, source, measured, unit, stated, ...rest };
}
