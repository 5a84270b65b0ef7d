/** What the view Valley shows: formulas, noise, learning rate and particles, with the presets and the checks of a link. */
import { check } from '../../../numeric/errors.js';

/** Names the numbers that a slider may change while particles move. */
export const VALLEY_SLIDERS = ['ratio', 'kappa', 'noise', 'eta', 'spread', 'growth'] as const;
export type ValleySlider = (typeof VALLEY_SLIDERS)[number];

/** Says that a slider was moved: from step `at` on, `key` has this value. */
export interface ValleyChange {
  readonly at: number;
  readonly key: ValleySlider;
  readonly value: number;
}

/** Holds everything that the numbers of the view Valley depend on, beside the number of steps. */
export interface ValleyState {
  /** `valley`: L = floor(x) + curvature(x) y²/2. `loss`: any L(x) or L(x, y). */
  readonly shape: 'valley' | 'loss';
  /** L0(x), nat; x and r may occur. */
  readonly floor: string;
  /** lambda(x) > 0, nat/weight²; x and r may occur. */
  readonly curvature: string;
  /** L, nat, of the shape `loss`; x, y and r may occur. Without y it has one dimension. */
  readonly loss: string;
  /** r of the formulas: in the presets the curvature at the sharp end over that at the flat end. */
  readonly ratio: number;
  /** kappa = C_yy/C_xx of the gradient of one minibatch. */
  readonly kappa: number;
  /** C_xx of the gradient of ONE minibatch, (nat/weight)²; D_x = eta·C_xx/2. */
  readonly noise: number;
  /** Learning rate, weight²/nat. */
  readonly eta: number;
  /** s: the curvature of a minibatch has the standard deviation s·lambda. */
  readonly spread: number;
  /** g: after a time t (eta·steps) the loss is (1 + g t) times what the formulas say. */
  readonly growth: number;
  readonly particles: number;
  readonly seed: number;
  /** Where all particles start: x, y. */
  readonly start: readonly [number, number];
  /** The part of the plane that is shown and on which densities are computed: x from, x to, y from, y to. */
  readonly box: readonly [number, number, number, number];
  readonly changes: readonly ValleyChange[];
  /** The step that a link shows. */
  readonly at: number;
}

/** The smallest and the largest value of each slider; all but growth and spread are logarithmic. */
export const SLIDER_RANGES: Readonly<Record<ValleySlider, readonly [number, number]>> = {
  ratio: [1, 100],
  kappa: [0.1, 100],
  noise: [0.1, 1e4],
  eta: [1e-4, 2],
  spread: [0, 2],
  growth: [0, 1],
};

const COMMON = {
  ratio: 8,
  spread: 0,
  growth: 0,
  particles: 4000,
  seed: 1,
  changes: [],
  at: 0,
  loss: '0.5*x^2',
  floor: '0',
  curvature: '12*r^(-x/4)',
} as const;

/** Names a preset of the view. */
export type ValleyPreset = 'valley' | 'tilted' | 'two valleys' | 'parabola' | 'circle';

/** The landscapes that the page offers; each is a state of its own. */
export const VALLEY_PRESETS: Readonly<Record<ValleyPreset, ValleyState>> = {
  valley: {
    ...COMMON,
    shape: 'valley',
    kappa: 8,
    noise: 40,
    eta: 0.01,
    start: [-1.5, 0],
    box: [-2, 2, -2.4, 2.4],
    floor: '0.3*(x/1.6)^8',
  },
  tilted: {
    ...COMMON,
    shape: 'valley',
    floor: '0.25*x^2',
    curvature: '30*exp(-0.6*x)',
    kappa: 8,
    noise: 40,
    eta: 0.005,
    start: [0, 0],
    box: [-2, 3.2, -1.6, 1.6],
  },
  'two valleys': {
    ...COMMON,
    shape: 'valley',
    floor: '0.6*(x^2-1)^2',
    curvature: '12*r^(-x/2)',
    kappa: 2,
    noise: 100,
    eta: 0.004,
    start: [-1, 0],
    box: [-2.1, 2.1, -2, 2],
  },
  parabola: {
    ...COMMON,
    shape: 'loss',
    loss: '0.5*4*x^2',
    kappa: 1,
    noise: 20,
    eta: 0.05,
    start: [0, 0],
    box: [-2.5, 2.5, -1, 1],
  },
  circle: {
    ...COMMON,
    shape: 'loss',
    loss: '(x^2+y^2-1)^2/4 + 0.1*y',
    kappa: 1,
    noise: 12,
    eta: 0.02,
    start: [0, 1],
    box: [-2, 2, -2, 2],
  },
};

const wholeBetween = (v: unknown, low: number, high: number): boolean =>
  Number.isSafeInteger(v) && (v as number) >= low && (v as number) <= high;
const finite = (v: unknown): v is number => typeof v === 'number' && Number.isFinite(v);

/**
 * Checks a state of the view, as a link may give it. Formulas are checked by `valleyModel`.
 * @throws InputError that names the first number that is out of its range
 */
export function checkValley(s: ValleyState): ValleyState {
  check(
    s.shape === 'valley' || s.shape === 'loss',
    'bad-valley',
    () => `a landscape has the shape valley or loss; got ${String(s.shape)}.`,
  );
  for (const key of VALLEY_SLIDERS) checkSlider(key, s[key]);
  for (const c of s.changes) checkSlider(c.key, c.value);
  check(
    wholeBetween(s.particles, 2, 100_000),
    'bad-valley',
    () => `the view shows 2 to 100000 particles; got ${s.particles}.`,
  );
  check(wholeBetween(s.seed, 0, 2 ** 53 - 1), 'bad-valley', () => `a seed is a whole number; got ${s.seed}.`);
  check(wholeBetween(s.at, 0, 1e9), 'bad-valley', () => `a step is a whole number from 0 to 10^9; got ${s.at}.`);
  const [x0, x1, y0, y1] = s.box;
  check(
    [x0, x1, y0, y1].every(finite) && x0 < x1 && y0 < y1,
    'bad-valley',
    () => `the range of each coordinate goes from a number to a larger one; got ${s.box.join(', ')}.`,
  );
  const [x, y] = s.start;
  check(
    finite(x) && finite(y) && x >= x0 && x <= x1 && y >= y0 && y <= y1,
    'bad-valley',
    () => `particles start within the range that is shown; got ${s.start.join(', ')}.`,
  );
  return s;
}

/**
 * Checks one number of a slider.
 * @throws InputError for a number out of the slider's range
 */
export function checkSlider(key: ValleySlider, value: number): void {
  const range = SLIDER_RANGES[key];
  check(range !== undefined, 'bad-valley', () => `the view Valley has no number called ${String(key)}.`);
  check(
    finite(value) && value >= range[0] && value <= range[1],
    'bad-valley',
    () => `${key} lies between ${range[0]} and ${range[1]}; got ${value}.`,
  );
}
