/** What a result of the live page rests on. */

/** Which rows of the window a result rests on. */
export interface Basis {
  /** The step of the snapshot, rows used, and steps between them (thinned where a full analysis would take too long). */
  readonly step: number;
  readonly rows: number;
  readonly every: number;
  /** Weights of the recorded layer. */
  readonly weights: number;
}
