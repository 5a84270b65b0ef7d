/** Ensembles as plain data: the jobs and results of worker threads. */
import type { Expression } from '../../numeric/expression/index.js';
import { randomKey } from '../../numeric/random.js';
import { type Ensemble, langevinEnsemble, sgdEnsemble } from '../../theory/ensemble/ensemble.js';
import type { LangevinScheme } from '../../theory/ensemble/schemes.js';
import type { Boundary } from '../../theory/ensemble/walls.js';
import { fieldOf } from '../../theory/fields.js';
import type { ReportProgress } from '../pool.js';

/** Describes a motion by its formulas; time is eta·steps, with eta the timestep or the learning rate. */
export type Motion =
  | {
      readonly kind: 'langevin';
      readonly drift: readonly Expression[];
      /** xx, or xx, xy, yy. */
      readonly diffusion: readonly Expression[];
      readonly timestep: number;
      readonly scheme: LangevinScheme;
    }
  | {
      readonly kind: 'sgd';
      /** Formulas in the names and in the normal numbers n1, n2, … */
      readonly batchGradient: readonly Expression[];
      readonly normals: number;
      readonly learningRate: number;
      readonly momentum?: number;
    };

/** Describes an ensemble of walkers. */
export interface EnsembleSpec {
  readonly names: readonly string[];
  readonly motion: Motion;
  /** One point, or walkers×size. */
  readonly start: ArrayLike<number>;
  readonly walkers: number;
  /** Random numbers: a seed, and the path of child keys from it. */
  readonly seed: number;
  readonly purpose: readonly (string | number)[];
  readonly boundaries?: readonly Boundary[];
  readonly bound?: number;
  /** Numbers of steps, ascending, after which the ensemble is returned; the last one ends it. */
  readonly looks: readonly number[];
}

/** Names some walkers of the spec of an index. */
export interface Part {
  readonly spec: number;
  readonly first: number;
  readonly walkers: number;
}

/** Holds the state of a part at one look. */
export interface Look {
  readonly positions: Float64Array;
  readonly status: Uint8Array;
  readonly exitTimes: Float64Array;
  readonly exitSides: Uint8Array;
}

/**
 * Makes the walkers first … first + walkers − 1 of a spec.
 * @throws InputError when the spec is wrong
 */
export function ensembleOf(spec: EnsembleSpec, { first, walkers }: Omit<Part, 'spec'>): Ensemble {
  const { names, motion, start, boundaries, bound } = spec;
  const size = names.length as 1 | 2;
  const key = spec.purpose.reduce((k, name) => k.child(name), randomKey(spec.seed));
  const whole = start.length === size || walkers === spec.walkers;
  const own = whole ? start : Float64Array.from({ length: walkers * size }, (_, i) => start[first * size + i]);
  const common = { start: own, walkers, firstWalker: first, key, boundaries, bound };
  if (motion.kind === 'langevin') {
    const { drift, diffusion, timestep, scheme } = motion;
    const model = { size, names, drift: fieldOf(drift, names), diffusion: fieldOf(diffusion, names) };
    return langevinEnsemble({ ...common, model, timestep, scheme });
  }
  const { batchGradient, normals, learningRate, momentum } = motion;
  const all = [...names, ...Array.from({ length: normals }, (_, i) => `n${i + 1}`)];
  const model = { size, names, batchGradient: fieldOf(batchGradient, all), normals };
  return sgdEnsemble({ ...common, model, learningRate, momentum });
}

/** Walker-steps between two reports of progress. */
const PIECE = 2e7;

/** Computes all parts, and returns one list of looks for each. */
export function runParts(parts: readonly Part[], specs: readonly EnsembleSpec[], report: ReportProgress): Look[][] {
  const work = parts.map((p) => p.walkers * (specs[p.spec].looks.at(-1) ?? 0));
  const total = work.reduce((a, b) => a + b, 0);
  let done = 0;
  return parts.map((part, i) => {
    const spec = specs[part.spec];
    const ensemble = ensembleOf(spec, part);
    const most = Math.max(1, Math.floor(PIECE / part.walkers));
    const looks = spec.looks.map((look) => {
      while (ensemble.stepsDone < look) {
        ensemble.advance(Math.min(most, look - ensemble.stepsDone));
        report('walking', total > 0 ? (done + ensemble.stepsDone * part.walkers) / total : 1);
      }
      return {
        positions: ensemble.positions(),
        status: ensemble.status(),
        exitTimes: ensemble.exitTimes(),
        exitSides: ensemble.exitSides(),
      };
    });
    done += work[i];
    return looks;
  });
}
