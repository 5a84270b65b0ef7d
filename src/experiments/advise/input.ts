/** The input of the report of `thermograd advise`. */
import type { Advice } from '../../apply/advice.js';
import type { AdviceFacts } from '../../apply/advice-facts.js';
import type { Verification } from '../../apply/advice-verify.js';
import type { RunFacts } from '../../report/input.js';

/** Holds what the report is made from. */
export interface AdviceReportInput {
  readonly title: string;
  readonly advice: Advice;
  readonly facts: AdviceFacts;
  readonly verification: Verification | null;
  readonly run: RunFacts;
}
