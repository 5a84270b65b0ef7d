/**
 * The motion along x of a landscape, with y eliminated in a valley, as tables: many quadratures then take some hundredths of a second.
 * docs/theory [V2].
 */
import { evaluator } from '../../../numeric/expression/index.js';
import { alongFloor } from '../../../theory/models/along.js';
import type { Problem } from '../../../theory/models/problem.js';
import type { Line } from '../../../theory/valley/escape.js';

/** Gives drift and diffusion along x and, in a valley, the variance across it. */
export interface AlongX extends Line {
  /** Returns ⟨y²⟩ at x, weight²; absent in one dimension. */
  readonly across?: (x: number) => number;
}

/** Points of a table of drift and diffusion. */
const TABLE = 481;

/**
 * Returns the motion along x of a problem between two points, from a table, or a sentence that says why it has none.
 * @param steps - whether ⟨y²⟩ is that of the Langevin equation or of the SGD map, which is wider
 */
export function lineOf(
  problem: Problem,
  from: number,
  to: number,
  steps: 'continuous' | 'finite' = 'continuous',
): AlongX | string {
  if (problem.size === 2) {
    if (!problem.valley || !problem.gradientFlow)
      return 'The motion along x cannot be separated: this loss is not a floor with a parabola across.';
    try {
      const { drift, diffusion, acrossVariance } = alongFloor(problem, { steps });
      return { ...tabulated(drift, diffusion, from, to), across: acrossVariance };
    } catch (error) {
      return (error as Error).message;
    }
  }
  const both = evaluator([problem.drift[0], problem.diffusion[0]], problem.names);
  const out = new Float64Array(2);
  const value = (x: number, k: number) => {
    both([x], out);
    return out[k];
  };
  return tabulated(
    (x) => value(x, 0),
    (x) => value(x, 1),
    from,
    to,
  );
}

type Function1 = (x: number) => number;

/** Makes a line whose functions interpolate linearly in a table. */
function tabulated(drift: Function1, diffusion: Function1, from: number, to: number): Line {
  const h = (to - from) / (TABLE - 1);
  const table = (f: Function1) => {
    const values = Float64Array.from({ length: TABLE }, (_, i) => f(from + i * h));
    return (x: number) => {
      const u = Math.max(0, Math.min(TABLE - 1.000001, (x - from) / h));
      const i = Math.floor(u);
      return values[i] + (u - i) * (values[i + 1] - values[i]);
    };
  };
  return { drift: table(drift), diffusion: table(diffusion) };
}
