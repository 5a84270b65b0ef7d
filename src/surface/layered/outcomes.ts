/** What a network of layers says of all outcomes: its outputs, and the diagonal of its true Fisher matrix. docs/theory [C2]. */

import type { LossKind } from '../../model/network.js';
import type { Program } from '../../model/plan/draft.js';
import { outputsProgram } from '../../model/plan/programs.js';
import { outcomesProgram } from '../../model/plan/sample-programs.js';
import { type Matrix, matrix } from '../../numeric/linalg/index.js';
import type { Asked, LayeredPasses } from './passes.js';

/** Makes a function to be called after each block of a program that costs so many forward passes. */
type Steps = (program: Program, each: number) => () => Promise<void> | undefined;

/** Returns the outputs of the asked samples, n×classes. */
export async function outputsOf(passes: LayeredPasses, asked: Asked, steps: Steps): Promise<Matrix> {
  const program = passes.ready('outputs', asked.samples.length, outputsProgram);
  const { lanes, classes, outputs } = program;
  const out = matrix(asked.samples.length, classes);
  await passes.blocks(
    program,
    asked,
    ({ first, count, run }) => {
      run(0);
      const z = passes.view(outputs, classes * lanes);
      for (let s = 0; s < count; s++)
        for (let c = 0; c < classes; c++) out.data[(first + s) * classes + c] = z[c * lanes + s];
    },
    steps(program, 1),
  );
  return out;
}

/**
 * Returns Σ_k c_k E_y[g_k(y)∘g_k(y)]: for the cross-entropy y is drawn from the softmax, whose gradients by the outputs are
 * p − e_y; for the squared error from a normal distribution of unit variance, which gives the diagonal of JᵀJ. Costs a backward pass
 * and the squares for each output.
 */
export async function trueFisherOf(
  passes: LayeredPasses,
  asked: Asked,
  loss: LossKind,
  size: number,
  steps: Steps,
): Promise<Float64Array> {
  const program = passes.ready('outcomes', asked.samples.length, outcomesProgram);
  const { lanes, classes } = program;
  passes.view(program.out, size).fill(0);
  await passes.blocks(
    program,
    asked,
    ({ first, count, run }) => {
      run(0);
      const p = loss === 'cross-entropy' ? passes.view(program.probabilities, classes * lanes).slice() : undefined;
      for (let y = 0; y < classes; y++) {
        const delta = passes.view(program.delta, classes * lanes).fill(0);
        for (let s = 0; s < count; s++) {
          const weight = Math.sqrt(asked.shares[first + s] * (p ? p[y * lanes + s] : 1));
          if (!p) delta[y * lanes + s] = weight;
          else {
            // −(1 − p_y) as minus the sum of the others, which keeps its digits
            let others = 0;
            for (let c = 0; c < classes; c++) {
              if (c === y) continue;
              others += p[c * lanes + s];
              delta[c * lanes + s] = weight * p[c * lanes + s];
            }
            delta[y * lanes + s] = -weight * others;
          }
        }
        run(1);
      }
    },
    steps(program, 1 + 3 * classes),
  );
  return passes.view(program.out, size).slice();
}
