/**
 * Escape from a valley: exact mean first-passage times in one dimension and Kramers's limit of them. docs/theory [V6], derived.
 *
 * dx = f dt + √(2D(x)) dW (Itô, time in eta·steps), phi(x) = −∫ f/D: the potential in units of the noise. The stationary density
 * is e^{−phi}/D. From a to b > a with a wall at w ≤ a the exact mean time is
 *
 *     tau = ∫_a^b dx e^{phi(x)} ∫_w^x dz e^{−phi(z)}/D(z)
 *
 * (and mirrored for b < a). With a minimum at m and a top at t between, and a high barrier, the two integrals separate:
 *
 *     1/tau → √(D(m)/D(t)) √(|f'(m)|·f'(t))/(2 pi) · e^{−(phi(t) − phi(m))}                 (Kramers; signs: f'(m) < 0 < f'(t))
 *
 * which for constant D is √(V''_m |V''_t|)/(2 pi) e^{−ΔV/D}.
 */
import { check } from '../../numeric/errors.js';
import { computed, type Estimate } from '../../numeric/estimate.js';
import { runningIntegral } from '../../numeric/quadrature.js';
import * as is from '../../numeric/wants.js';
import { numericalSlope } from './valley.js';

/** Describes a motion in one dimension. */
export interface Line {
  /** f(x), weight per eta·step. */
  readonly drift: (x: number) => number;
  /** D(x) > 0. */
  readonly diffusion: (x: number) => number;
}

/** Says what a {@link Line} needs. */
export const LINE_WANTS = is.shape<Line>({ drift: is.func, diffusion: is.func });

/** Describes a passage from one point to another. */
export interface Passage {
  readonly from: number;
  readonly to: number;
  /** The reflecting wall behind `from`; a point of negligible density where there is no wall. */
  readonly wall: number;
  /** Panels of the quadrature, default 4000; the error is O(panels^−4). */
  readonly panels?: number;
}

/** Says what a {@link Passage} needs. */
export const PASSAGE_WANTS = is.shape<Passage>({
  from: is.finite,
  to: is.finite,
  wall: is.finite,
  panels: is.maybe(is.count),
});

/**
 * Computes the mean time of a passage by double quadrature, in eta·steps (divided by eta: steps). The error is the difference
 * from half the panels; converged when that is below 1e-3 of the time. docs/theory [V6].
 * @throws InputError for a passage that does not lead away from its wall
 */
export function meanFirstPassage(line: Line, passage: Passage): Estimate {
  is.given('meanFirstPassage', { line, passage }, { line: LINE_WANTS, passage: PASSAGE_WANTS });
  const { from, to, wall, panels = 4000 } = passage;
  check(
    from !== to && (to - from) * (from - wall) >= 0 && wall !== to,
    'bad-passage',
    () => `a passage leads away from its wall: wall ${wall}, from ${from}, to ${to}.`,
  );
  const fine = passageTime(line, passage, panels);
  const coarse = passageTime(line, passage, Math.ceil(panels / 2));
  return computed(
    fine,
    Math.abs(fine - coarse),
    panels,
    'double quadrature of the exact mean first-passage time; error: against half the panels',
    Number.isFinite(fine) && Math.abs(fine - coarse) < 1e-3 * fine,
  );
}

function passageTime({ drift, diffusion }: Line, { from, to, wall }: Passage, panels: number): number {
  const sense = Math.sign(to - wall);
  const start = Math.abs(from - wall);
  const whole = Math.abs(to - wall);
  // the parts wall…from and from…to have separate panels, so that `from` is an edge
  const behind = start === 0 ? 0 : Math.max(2, Math.round((panels * start) / whole));
  const ahead = Math.max(2, panels - behind);
  const points = (a: number, width: number, count: number) => {
    const h = width / (2 * count);
    const x = Float64Array.from({ length: 2 * count + 1 }, (_, i) => wall + sense * (a + i * h));
    const D = x.map((v) => diffusion(v));
    const slope = x.map((v, i) => (-sense * drift(v)) / D[i]);
    return { h, D, phi: runningIntegral(slope, h) };
  };
  const last = (a: Float64Array) => a[a.length - 1];
  const first = behind > 0 ? points(0, start, behind) : undefined;
  const second = points(start, whole - start, ahead);
  const joint = first ? last(first.phi) : 0;
  // phi matters up to a constant: its lowest value is made 0, so that nothing but tau itself can overflow
  let lowest = second.phi.reduce((m, p) => Math.min(m, p + joint), Number.POSITIVE_INFINITY);
  if (first) lowest = first.phi.reduce((m, p) => Math.min(m, p), lowest);
  const inner = ({ D, phi, h }: typeof second, shift: number) =>
    runningIntegral(
      phi.map((p, i) => Math.exp(lowest - p - shift) / D[i]),
      h,
    );
  const before = first ? last(inner(first, 0)) : 0;
  const outer = inner(second, joint).map((v, i) => Math.exp(second.phi[i] + joint - lowest) * (before + v));
  return last(runningIntegral(outer, second.h));
}

/**
 * Computes Kramers's rate of escape over the top, per eta·step. It holds where the barrier is many D high: its relative error is
 * O(D/barrier). docs/theory [V6].
 * @throws InputError where `minimum` and `top` are not a minimum and a top of the potential
 */
export function kramersRate(line: Line, minimum: number, top: number): number {
  is.given('kramersRate', { line, minimum, top }, { line: LINE_WANTS, minimum: is.finite, top: is.finite });
  const { drift, diffusion } = line;
  const slopes = [numericalSlope(drift, minimum), numericalSlope(drift, top)];
  check(
    slopes[0] < 0 && slopes[1] > 0,
    'no-barrier',
    () =>
      `an escape leads from a minimum over a top; at ${minimum} and ${top} the slopes of the drift are ${slopes[0]} and ${slopes[1]}, which should be negative and positive.`,
  );
  const barrier = barrierHeight({ drift, diffusion }, minimum, top);
  const prefactor = Math.sqrt((diffusion(minimum) / diffusion(top)) * -slopes[0] * slopes[1]) / (2 * Math.PI);
  return prefactor * Math.exp(-barrier);
}

/** Returns phi(top) − phi(minimum), the barrier in units of the noise, by quadrature. */
export function barrierHeight(line: Line, minimum: number, top: number): number {
  is.given('barrierHeight', { line, minimum, top }, { line: LINE_WANTS, minimum: is.finite, top: is.finite });
  const { drift, diffusion } = line;
  const n = 4001;
  const h = (top - minimum) / (n - 1);
  const values = Float64Array.from({ length: n }, (_, i) => {
    const x = minimum + i * h;
    return -drift(x) / diffusion(x);
  });
  return runningIntegral(values, h)[n - 1];
}

/**
 * Finds the zeros of the drift in an interval by scan and bisection: minima (the drift falls through 0, `stable`) and tops (it
 * rises). Two zeros within one of the `cells` (default 2000) are missed.
 */
export function restPoints(
  drift: (x: number) => number,
  low: number,
  high: number,
  cells = 2000,
): { readonly x: number; readonly stable: boolean }[] {
  is.given(
    'restPoints',
    { drift, low, high, cells },
    { drift: is.func, low: is.finite, high: is.finite, cells: is.count },
  );
  const out: { x: number; stable: boolean }[] = [];
  const at = (i: number) => low + ((high - low) * i) / cells;
  for (let i = 0; i < cells; i++) {
    let [a, b] = [at(i), at(i + 1)];
    const [fa, fb] = [drift(a), drift(b)];
    if (fa === 0 && i > 0) continue; // found as the end of the cell before
    if (fa * fb > 0 || (fa === 0 && fb === 0)) continue;
    for (let n = 0; n < 60; n++) {
      const middle = (a + b) / 2;
      if (drift(middle) * fa > 0) a = middle;
      else b = middle;
    }
    out.push({ x: (a + b) / 2, stable: fa > 0 || fb < 0 });
  }
  return out;
}
