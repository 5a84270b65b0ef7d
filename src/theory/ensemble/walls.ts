/** Where walkers may go: walls, and the bound beyond which they count as diverged. */
import { check } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';

/**
 * Describes a wall: `reflecting` mirrors the walker (its velocity too), `absorbing` stops it there, `open` is no wall, and
 * `periodic` joins the two sides of a coordinate: what leaves through one enters through the other.
 */
export type Wall =
  | { readonly kind: 'reflecting' | 'absorbing' | 'periodic'; readonly at: number }
  | { readonly kind: 'open' };

/** Gives the two walls of one coordinate. */
export interface Boundary {
  readonly low: Wall;
  readonly high: Wall;
}

const STANDING = is.shape<Wall & { at: number }>({ at: is.finite });
const WALL_WANTS = is.kinds<Wall>('kind', {
  reflecting: STANDING,
  absorbing: STANDING,
  periodic: STANDING,
  open: is.object,
});
/** Says what a {@link Boundary} needs. */
export const BOUNDARY_WANTS = is.shape<Boundary>({ low: WALL_WANTS, high: WALL_WANTS });

/** The states of a walker. */
export const STATUS = { moving: 0, absorbed: 1, diverged: 2 } as const;

/** Holds the walls of all coordinates in the form that steppers take. */
export interface Box {
  /** low, high of each coordinate; an open side is at the bound. */
  readonly walls: Float64Array;
  /** 0 open, 1 reflecting, 2 absorbing, 3 periodic. */
  readonly kinds: Int32Array;
  readonly absorbing: boolean;
  readonly bound: number;
}

const KINDS = { open: 0, reflecting: 1, absorbing: 2, periodic: 3 } as const;

/**
 * Checks walls and returns them in the form that steppers take; open by default.
 * @param bound - |x| beyond which a walker counts as diverged
 * @throws InputError for walls of another number of coordinates, in the wrong order or beyond the bound
 */
export function boxOf(size: number, boundaries: readonly Boundary[] | undefined, bound: number): Box {
  check(
    bound > 0 && bound < 1e150,
    'bad-bound',
    () => `the bound of divergence lies between 0 and 1e150; got ${bound}.`,
  );
  check(
    !boundaries || boundaries.length === size,
    'bad-boundaries',
    () => `an ensemble of ${size} coordinates needs ${size} pairs of walls; got ${boundaries?.length}.`,
  );
  const walls = new Float64Array(2 * size);
  const kinds = new Int32Array(2 * size);
  for (let c = 0; c < size; c++) {
    [boundaries?.[c].low, boundaries?.[c].high].forEach((wall, s) => {
      const kind = wall?.kind ?? 'open';
      const at = !wall || wall.kind === 'open' ? (2 * s - 1) * bound : wall.at;
      check(
        Math.abs(at) <= bound,
        'bad-wall',
        () => `a wall must be within the bound of divergence ${bound}; got ${at}.`,
      );
      [walls[2 * c + s], kinds[2 * c + s]] = [at, KINDS[kind]];
    });
    const [low, high] = [walls[2 * c], walls[2 * c + 1]];
    check(
      (kinds[2 * c] === KINDS.periodic) === (kinds[2 * c + 1] === KINDS.periodic),
      'bad-wall',
      'a coordinate is periodic at both of its sides or at neither.',
    );
    check(low < high, 'bad-wall', () => `the low wall must be below the high one; got ${low} and ${high}.`);
  }
  return { walls, kinds, absorbing: kinds.includes(2), bound };
}
