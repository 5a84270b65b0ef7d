/** What a stage of the model part is: independent jobs out of the config, and the document made of their parts. */
import type { ReportProgress } from '../../jobs/pool.js';
import type { ValleyConfig } from './config.js';

/** A job in a few words, and what it costs in millions of steps of a walker (a guess for the time left). */
export interface JobPlan {
  readonly what: string;
  readonly cost: number;
}

/** Arrays for the .npz of a stage. */
export type Arrays = Readonly<Record<string, { readonly shape: readonly number[]; readonly data: readonly number[] }>>;

export interface ModelStage<Part, Result> {
  /** The jobs in the order of the document; no job knows of another. */
  plan(config: ValleyConfig): readonly JobPlan[];
  /** Plain data, the same on any thread. */
  run(index: number, config: ValleyConfig, report: ReportProgress): Part;
  /** Parts in the order of the plan. */
  merge(parts: readonly Part[], config: ValleyConfig): Result;
  arrays(result: Result): Arrays;
}

/** A vector for the .npz. */
export const vector = (data: readonly number[]) => ({ shape: [data.length], data });
