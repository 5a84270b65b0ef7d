/**
 * Ensembles of independent walkers in a landscape of one or two dimensions. docs/theory [V3], [V7], [R6].
 *
 * The numbers of a walker depend on the key, its index and the step alone: any split of the walkers (`firstWalker`) or of the
 * steps gives the same bits, in one build of the kernels (the two builds differ in the last bits). Fields of formulas run in the
 * kernel; fields of code run in plain TypeScript with the same random numbers, equal to rounding, 14 to 60 times slower. Time is
 * eta·steps.
 *
 * Walls reflect or absorb, or join the two sides of a periodic coordinate. If only the ends of steps were checked, an absorbing wall would act as if it were 0.58·√(2D dt)
 * farther away (Broadie, Glasserman & Kou 1997), so an excursion between two points of a Langevin walker is drawn as well, with
 * the probability exp(−2 d0 d1/(2 D dt)) of a Brownian bridge, where d0 and d1 are the distances of the points from the wall;
 * the exit is dated to the middle of the step. An SGD walker is absorbed where a step ends beyond the wall. A walker that
 * leaves |x| ≤ bound, or whose numbers are no longer finite, keeps its last position and counts as diverged.
 */
import { check } from '../../numeric/errors.js';
import type { Key } from '../../numeric/random.js';
import * as is from '../../numeric/wants.js';
import { LANGEVIN_MODEL_WANTS, type LangevinModel, SGD_MODEL_WANTS, type SgdModel } from '../motion.js';
import { codeStepper } from './code-stepper.js';
import { langevinCode, sgdCode } from './code-steps.js';
import { kernelStepper } from './kernel-stepper.js';
import { LANES } from './machine.js';
import { type LangevinScheme, langevinStep, sgdStep } from './schemes.js';
import type { Block, Setting, Stepper } from './stepper.js';
import { BOUNDARY_WANTS, type Boundary, boxOf, STATUS } from './walls.js';

/** Gives an ensemble at one time for measurements. */
export interface EnsembleView {
  readonly walkers: number;
  readonly size: 1 | 2;
  /** eta·steps done: steps × timestep, or × learning rate. */
  readonly time: number;
  readonly stepsDone: number;
  /**
   * Returns walkers×size coordinates; a stopped walker stays where it stopped (at the wall, or at its last position within the
   * bound).
   */
  positions(): Float64Array;
  /** Returns 0 moving, 1 absorbed, 2 diverged (`STATUS`) of each walker. */
  status(): Uint8Array;
  /** Returns the times at which walkers stopped, eta·steps; NaN for those that move. */
  exitTimes(): Float64Array;
  /** Returns the walls that absorbed: 1 low x, 2 high x, 3 low y, 4 high y; 0 for the other walkers. */
  exitSides(): Uint8Array;
}

/** Moves an ensemble of walkers. */
export interface Ensemble extends EnsembleView {
  /** Advances all walkers by a number of steps. */
  advance(steps: number): void;
  /** Returns walkers×size velocities, with momentum only. */
  velocities?(): Float64Array;
  /** Whether formulas run in the kernel or code in TypeScript. */
  readonly path: 'kernel' | 'code';
  /** Floating-point operations of the formulas of one step (kernel). */
  readonly operations?: number | undefined;
}

/** Holds what all ensembles are given. */
export interface Common {
  /** One point, or walkers×size. */
  readonly start: ArrayLike<number>;
  readonly walkers: number;
  readonly key: Key;
  /** Walls of each coordinate. Default: open. */
  readonly boundaries?: readonly Boundary[] | undefined;
  /** |x| beyond which a walker counts as diverged. Default 1e6. */
  readonly bound?: number | undefined;
  /** Index of the first walker: a part of a larger ensemble. Default 0. */
  readonly firstWalker?: number | undefined;
}

/** Describes an ensemble of Langevin walkers. */
export interface LangevinOptions extends Common {
  readonly model: LangevinModel;
  /** dt, eta·steps. */
  readonly timestep: number;
  /** `LANGEVIN_SCHEMES` states their orders. */
  readonly scheme: LangevinScheme;
}

/** Says what a {@link LangevinOptions} needs. */
export const LANGEVIN_OPTIONS_WANTS = is.shape<LangevinOptions>({
  model: LANGEVIN_MODEL_WANTS,
  timestep: is.finite,
  scheme: is.oneOf('euler-maruyama', 'platen-weak-2', 'strong-1.5-additive'),
  start: is.numbers,
  walkers: is.number,
  key: is.key,
  boundaries: is.maybe(is.listOf(BOUNDARY_WANTS)),
  bound: is.maybe(is.real),
  firstWalker: is.maybe(is.whole),
});

/** Describes an ensemble of SGD walkers. */
export interface SgdOptions extends Common {
  readonly model: SgdModel;
  readonly learningRate: number;
  /** mu of v ← mu v + g, x ← x − eta v. Default 0. */
  readonly momentum?: number | undefined;
}

/** Says what a {@link SgdOptions} needs. */
export const SGD_OPTIONS_WANTS = is.shape<SgdOptions>({
  model: SGD_MODEL_WANTS,
  learningRate: is.finite,
  momentum: is.maybe(is.finite),
  start: is.numbers,
  walkers: is.number,
  key: is.key,
  boundaries: is.maybe(is.listOf(BOUNDARY_WANTS)),
  bound: is.maybe(is.real),
  firstWalker: is.maybe(is.whole),
});

const BOUND = 1e6;

/**
 * Makes an ensemble of walkers of dx = f dt + √(2D) dW (Itô). docs/theory [V3].
 * @throws InputError for a step that is not positive, a diffusion that is negative at the start, a start outside the walls, and
 *   numbers or shapes out of range
 */
export function langevinEnsemble(options: LangevinOptions): Ensemble {
  is.given('langevinEnsemble', { options }, { options: LANGEVIN_OPTIONS_WANTS });
  const { model, timestep, scheme, boundaries, bound = BOUND } = options;
  check(
    timestep > 0 && Number.isFinite(timestep),
    'bad-timestep',
    () => `a time step must be positive; got ${timestep}.`,
  );
  checkDiffusion(model, options.start);
  const setting = { size: model.size, box: boxOf(model.size, boundaries, bound), key: wordsOf(options.key) };
  const { drift, diffusion } = model;
  const formulas = drift.expressions && diffusion.expressions;
  const kernel = formulas
    ? kernelStepper(langevinStep(scheme, drift.expressions, diffusion.expressions, model.names, timestep), setting)
    : undefined;
  const stepper = kernel ?? codeStepper(langevinCode(model, scheme, timestep), setting);
  return new Walkers(options, setting, stepper, { unit: timestep, exit: 0.5, operations: kernel?.operations });
}

/**
 * Makes an ensemble of walkers of the map x ← x − eta g(x, n), or v ← mu v + g, x ← x − eta v with momentum. docs/theory [V7].
 * @throws InputError for a learning rate, momentum or number of normals out of range, and a start outside the walls
 */
export function sgdEnsemble(options: SgdOptions): Ensemble {
  is.given('sgdEnsemble', { options }, { options: SGD_OPTIONS_WANTS });
  const { model, learningRate: eta, momentum: mu = 0, boundaries, bound = BOUND } = options;
  check(eta > 0 && Number.isFinite(eta), 'bad-learning-rate', () => `a learning rate must be positive; got ${eta}.`);
  check(mu >= 0 && mu < 1, 'bad-momentum', () => `momentum must lie in [0, 1); got ${mu}.`);
  check(
    Number.isInteger(model.normals) && model.normals >= 0 && model.normals <= 8,
    'bad-normals',
    () => `a step may draw 0 to 8 normal numbers; got ${model.normals}.`,
  );
  const setting = { size: model.size, box: boxOf(model.size, boundaries, bound), key: wordsOf(options.key) };
  const g = model.batchGradient.expressions;
  const kernel = g ? kernelStepper(sgdStep(g, model.names, model.normals, eta, mu), setting) : undefined;
  const stepper = kernel ?? codeStepper(sgdCode(model, eta, mu), setting);
  return new Walkers(options, setting, stepper, { unit: eta, exit: 1, operations: kernel?.operations });
}

function wordsOf(key: Key): [number, number] {
  const stream = key.stream();
  return [stream.uint32(), stream.uint32()];
}

/** Checks that D is finite without a negative eigenvalue where walkers start; elsewhere such a walker counts as diverged. */
function checkDiffusion(model: LangevinModel, start: ArrayLike<number>): void {
  const { size, diffusion } = model;
  const wanted = size === 1 ? 1 : 3;
  check(
    diffusion.outputs === wanted && model.drift.outputs === size,
    'bad-model',
    () =>
      `a Langevin model of size ${size} needs ${size} drifts and ${wanted} diffusions; got ${model.drift.outputs} and ${diffusion.outputs}.`,
  );
  const D = new Float64Array(wanted);
  for (let w = 0; w + size <= start.length; w += size) {
    const x = Array.from({ length: size }, (_, i) => start[w + i]);
    diffusion.at(x, D);
    const [xx, xy = 0, yy = 0] = D;
    const fine = xx >= 0 && yy >= 0 && xx * yy - xy * xy >= -1e-12 * Math.max(xx * yy, xy * xy);
    check(
      fine,
      'negative-diffusion',
      () =>
        `a diffusion must be finite with no negative eigenvalue; at the start (${x.join(', ')}) it is ${[...D].join(', ')}.`,
    );
  }
}

class Walkers implements Ensemble {
  readonly walkers: number;
  readonly size: 1 | 2;
  readonly path: 'kernel' | 'code';
  readonly operations: number | undefined;
  readonly velocities?: () => Float64Array;
  private steps = 0;
  private readonly first: number;
  private readonly blocks: Block[];

  constructor(
    { walkers, start, firstWalker = 0, model }: Common & { readonly model: { readonly size: 1 | 2 } },
    setting: Setting,
    private readonly stepper: Stepper,
    private readonly clock: {
      readonly unit: number;
      /** The share of a step to which an absorption within it is dated. */
      readonly exit: number;
      readonly operations: number | undefined;
    },
  ) {
    const { size } = model;
    check(
      Number.isInteger(walkers) && walkers > 0 && Number.isInteger(firstWalker) && firstWalker >= 0,
      'bad-walkers',
      () => `an ensemble needs a whole number of walkers above 0; got ${walkers} from ${firstWalker} on.`,
    );
    check(
      firstWalker + walkers <= 2 ** 32,
      'bad-walkers',
      () => `walkers are numbered below 2^32; got ${firstWalker} + ${walkers}.`,
    );
    check(
      start.length === size || start.length === walkers * size,
      'bad-start',
      () =>
        `a start is one point (${size} numbers) or one for each walker (${walkers * size}); got ${start.length} numbers.`,
    );
    [this.walkers, this.size, this.first] = [walkers, size, firstWalker];
    this.operations = clock.operations;
    this.path = clock.operations === undefined ? 'code' : 'kernel';
    const { walls } = setting.box;
    const { states } = stepper;
    if (states > size) this.velocities = () => this.gather(size);
    this.blocks = Array.from({ length: Math.ceil(walkers / LANES) }, () => ({
      state: new Float64Array(states * LANES),
      status: new Uint8Array(LANES).fill(STATUS.absorbed),
      exits: new Float64Array(LANES),
      sides: new Uint8Array(LANES),
    }));
    for (let w = 0; w < walkers; w++) {
      const { state, status } = this.blocks[Math.floor(w / LANES)];
      status[w % LANES] = STATUS.moving;
      for (let c = 0; c < size; c++) {
        const x = start[start.length === size ? c : w * size + c];
        check(
          x >= walls[2 * c] && x <= walls[2 * c + 1],
          'bad-start',
          () => `walkers start between the walls ${walls[2 * c]} and ${walls[2 * c + 1]}; got ${x}.`,
        );
        state[c * LANES + (w % LANES)] = x;
      }
    }
  }

  get stepsDone(): number {
    return this.steps;
  }

  get time(): number {
    return this.steps * this.clock.unit;
  }

  advance(steps: number): void {
    check(Number.isSafeInteger(steps) && steps >= 0, 'bad-steps', () => `steps must be a whole number; got ${steps}.`);
    this.blocks.forEach((block, b) => {
      this.stepper.advance(block, this.first + b * LANES, this.steps, steps);
    });
    this.steps += steps;
  }

  positions(): Float64Array {
    return this.gather(0);
  }

  /** Copies the `size` state variables from `from` on of every walker. */
  private gather(from: number): Float64Array {
    const { size, walkers, blocks } = this;
    const out = new Float64Array(walkers * size);
    for (let w = 0; w < walkers; w++)
      for (let c = 0; c < size; c++)
        out[w * size + c] = blocks[Math.floor(w / LANES)].state[(from + c) * LANES + (w % LANES)];
    return out;
  }

  status(): Uint8Array {
    return Uint8Array.from({ length: this.walkers }, (_, w) => this.blocks[Math.floor(w / LANES)].status[w % LANES]);
  }

  exitSides(): Uint8Array {
    return Uint8Array.from({ length: this.walkers }, (_, w) => this.blocks[Math.floor(w / LANES)].sides[w % LANES]);
  }

  exitTimes(): Float64Array {
    const { unit, exit } = this.clock;
    return Float64Array.from({ length: this.walkers }, (_, w) => {
      const { status, exits } = this.blocks[Math.floor(w / LANES)];
      const lane = w % LANES;
      if (status[lane] === STATUS.moving) return Number.NaN;
      return (exits[lane] + (status[lane] === STATUS.absorbed ? exit : 1)) * unit;
    });
  }
}
