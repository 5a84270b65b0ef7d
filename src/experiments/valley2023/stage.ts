/** The stages of the model part: independent jobs that follow from the config, and a document made of their parts. */
import type { ReportProgress } from '../../jobs/pool.js';
import type { ValleyConfig } from './config.js';

/** Describes a job, with its cost in millions of walker-steps (a rough guess, for the time left). */
export interface JobPlan {
  readonly what: string;
  readonly cost: number;
}

/** Holds arrays for the .npz of a stage. */
export type Arrays = Readonly<Record<string, { readonly shape: readonly number[]; readonly data: readonly number[] }>>;

/** Defines a stage. */
export interface ModelStage<Part, Result> {
  /** The jobs in the order of the document; they are independent. */
  plan(config: ValleyConfig): readonly JobPlan[];
  /** Does a job; its result is plain data. */
  run(index: number, config: ValleyConfig, report: ReportProgress): Part;
  /** Makes the document from the parts, in the order of the plan. */
  merge(parts: readonly Part[], config: ValleyConfig): Result;
  arrays(result: Result): Arrays;
}

/** Makes a vector for the .npz. */
export const vector = (data: readonly number[]) => ({ shape: [data.length], data });
