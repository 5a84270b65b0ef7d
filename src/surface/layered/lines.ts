/**
 * Losses along lines in the weights of a network of layers. A line in the parameters of one layer is computed affinely, z = A + δ B,
 * so that a displacement costs the layers above; what lies below is computed once for all lines. docs/theory [F4], [F5].
 */
import type { ResolvedLayer } from '../../model/layered/resolved.js';
import type { Program } from '../../model/plan/draft.js';
import { partsOf } from '../../model/plan/frame.js';
import { linesProgram } from '../../model/plan/programs.js';
import { scatterAdd } from '../blocks.js';
import type { Line, LineLosses, Subset } from '../surface.js';
import type { Asked, LayeredPasses, PassPrecision } from './passes.js';

/** What lines are computed with. */
interface Around {
  readonly passes: LayeredPasses;
  readonly layers: readonly ResolvedLayer[];
  readonly size: number;
  /** Most lines that one pass over the samples serves. */
  readonly most: number;
  readonly asked: Asked;
  readonly precision: PassPrecision;
}

/** Makes a function to be called after each block, for so many rounds over the samples of so many forward passes each. */
interface Steps {
  readonly steps: (program: Program, rounds: number, each: number) => () => Promise<void> | undefined;
}

/** Computes L(w + δ p) for all lines, and over a subset its errors. */
export async function lossesAlong(
  around: Around,
  lines: readonly Line[],
  subset: Subset,
  { steps }: Steps,
): Promise<LineLosses[]> {
  const { layers, most, asked, passes, size, precision } = around;
  const out = lines.map(({ displacements: { length } }) => ({
    losses: new Float64Array(length),
    errors: subset ? Array.from({ length }, () => new StratifiedErrors(subset.strata)) : [],
  }));
  const groups = new Map<string, number[]>();
  lines.forEach(({ block, displacements }, i) => {
    if (displacements.length === 0) return;
    const key = JSON.stringify(Array.from(partsOf(layers, block.ranges)));
    groups.set(key, [...(groups.get(key) ?? []), i]);
  });
  const chunks = Array.from(groups, ([key, members]) =>
    Array.from({ length: Math.ceil(members.length / most) }, (_, c) => ({
      key,
      members: members.slice(c * most, (c + 1) * most),
    })),
  ).flat();
  let step: (() => Promise<void> | undefined) | undefined;
  for (const { key, members } of chunks) {
    const k = members.length;
    const program = passes.ready(
      `${k} lines in ${key}`,
      asked.samples.length,
      (placed) => linesProgram(placed, partsOf(layers, lines[members[0]].block.ranges), k),
      precision,
    );
    const points = lines.reduce((sum, l) => sum + l.displacements.length, 0) / chunks.length;
    step ??= steps(program, chunks.length, 1 + points);
    members.forEach((i, m) => {
      const flat = new Float64Array(size);
      scatterAdd(lines[i].block, lines[i].direction, 1, flat);
      passes.numbers(program, program.directions[m], size).set(flat);
    });
    await passes.blocks(
      program,
      asked,
      ({ first, count, run }) => {
        run(0);
        let centre: Float64Array | Float32Array | undefined;
        if (subset) {
          run(1);
          centre = passes.numbers(program, program.losses, count).slice();
        }
        members.forEach((i, m) => {
          run(2 + m);
          lines[i].displacements.forEach((delta, d) => {
            passes.numbers(program, program.displacement, 1)[0] = delta;
            run(2 + k);
            const own = passes.numbers(program, program.losses, count);
            for (let s = 0; s < count; s++) {
              out[i].losses[d] += asked.shares[first + s] * own[s];
              if (centre) out[i].errors[d].add(own[s] - centre[s]);
            }
          });
        });
      },
      step,
    );
  }
  return out.map(({ losses, errors }) =>
    subset ? { losses, standardErrors: Float64Array.from(errors, (e) => e.standardError()) } : { losses },
  );
}

/** The error of a stratified mean, from values that come one by one, stratum after stratum. */
class StratifiedErrors {
  private stratum = 0;
  private seen = 0;
  private mean = 0;
  private squares = 0;
  private variance = 0;

  constructor(private readonly strata: readonly { readonly count: number; readonly of: number }[]) {}

  add(value: number): void {
    this.seen++;
    const before = value - this.mean;
    this.mean += before / this.seen;
    this.squares += before * (value - this.mean);
    const { count, of } = this.strata[this.stratum];
    if (this.seen < count) return;
    const all = this.strata.reduce((sum, s) => sum + s.of, 0);
    if (count < of) this.variance += (of / all) ** 2 * (1 - count / of) * (this.squares / (count - 1) / count);
    this.stratum++;
    this.seen = this.mean = this.squares = 0;
  }

  standardError(): number {
    return Math.sqrt(this.variance);
  }
}
