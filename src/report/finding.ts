/** A finding: a claim, what was measured, what was predicted, and the verdict, which is given nowhere else. docs/theory §10. */
import type { Estimate } from '../numeric/estimate.js';

/** Names what a finding says of a claim. */
export type Verdict =
  | 'reproduced'
  | 'reproduced with another exponent'
  | 'not reproduced'
  | 'not decidable with this run';

/** One row of the findings table. */
export interface Finding {
  /** Stable machine name, e.g. `ivf.psi`. */
  readonly id: string;
  /** The claim in one sentence, as the source states it. */
  readonly claim: string;
  /** Where the claim is made, e.g. `ivf2021`, and the tag of the statement in docs/theory. */
  readonly source: string;
  readonly measured: Estimate;
  /** Unit of the measured value; empty for pure numbers. */
  readonly unit: string;
  /** What the source states, in words or numbers. */
  readonly stated: string;
  /** What theory or a null model predicts for the same quantity, with its name. */
  readonly predicted?: string;
  /** Range of the fit or the window that was used, and the reason. */
  readonly range?: string;
  readonly verdict: Verdict;
  /** The reason for the verdict in one or two sentences, including what would change it. */
  readonly reason: string;
}
