/** How the principal coordinates of a recording move: in steps of training, with stationarity, rotation, temperatures. */
import { BLOCK_TAUS, circulation } from '../../analyse/trajectory/circulation.js';
import { directionDynamics } from '../../analyse/trajectory/dynamics.js';
import type { DirectionDynamics, PlanePath } from '../../analyse/trajectory/results.js';
import { RESOLUTIONS } from '../../analyse/trajectory/scaling.js';
import { stepTemperatures } from '../../analyse/trajectory/temperatures.js';
import { studentTwoSided } from '../../numeric/distributions.js';
import { divided, estimate, missing, scaled } from '../../numeric/estimate.js';
import type { LinearAlgebra } from '../../numeric/linalg/provider.js';
import { variance } from '../../numeric/statistics.js';
import { offPlane } from '../../report/figures/window/trajectory.js';
import { PLANES } from '../../runs/ranks.js';
import type { Arrays, MeasuredRecording, Missing, Motion, Rotation, Temperatures } from './measured.js';

/** Points of a drawn path. */
const PATH_POINTS = 3000;

/** Measures the motion along the followed directions. */
export function motionOf({ pca, recording }: MeasuredRecording, arrays: Arrays, step: Float64Array): Motion {
  const { ranks, thetas, components, mean } = arrays;
  const rows = directionDynamics({ indices: ranks, thetas, components, mean });
  const dynamics = rows.map((d) => inSteps(d, recording.every));
  const settled = rows
    .filter((d) => d.correlationTime.converged && pca.variances[d.index - 1] > RESOLUTIONS * pca.resolution)
    .map((d) => d.index);
  const paths = pathsOf(arrays, step);
  return {
    dynamics,
    paths,
    planes: paths.map(({ indices }) => ({ indices, offPlane: offPlane(indices, pca) })),
    settled,
    ...halvesOf(pca.totalVariance, arrays),
  };
}

/** Turns times in rows into times in steps. */
function inSteps(d: DirectionDynamics, every: number): DirectionDynamics {
  if (every === 1) return d;
  return {
    ...d,
    driftVelocity: divided(d.driftVelocity, every),
    correlationTime: scaled(d.correlationTime, every),
    msd: { lag: d.msd.lag.map((lag) => lag * every), value: d.msd.value },
  };
}

/**
 * Compares the two halves of the window. The share b between their means is exact in the whole space. Its error takes the
 * contributions b_i along the followed directions as independent, each a square of a normal number, so that their
 * variance is ⅔ E b_i². docs/rules/recordings.md
 */
function halvesOf(total: number, { ranks, thetas, components, mean, halves: [a, b] }: Arrays) {
  const T = thetas.length / ranks.length;
  const half = Math.floor(T / 2);
  const weight = (half * (T - half)) / T ** 2;
  const shift = b.map((v, j) => v - a[j]);
  const P = mean.length;
  const between = (weight * shift.reduce((sum, v) => sum + v * v, 0)) / total;
  const halves = ranks.map((index, k) => {
    const p = components.subarray(k * P, (k + 1) * P);
    const along = p.reduce((sum, v, j) => sum + v * shift[j], 0);
    const course = thetas.subarray(k * T, (k + 1) * T);
    return {
      index,
      between: (weight * along * along) / total,
      ratio: variance(course.subarray(half)) / variance(course.subarray(0, half)),
    };
  });
  const error = Math.sqrt((2 / 3) * halves.reduce((sum, h) => sum + h.between ** 2, 0));
  return {
    halves,
    between: estimate(
      between,
      error,
      ranks.length,
      'variance between the means of the half windows over the total variance',
    ),
  };
}

function pathsOf({ ranks, thetas }: Arrays, step: Float64Array): PlanePath[] {
  const T = step.length;
  const stride = Math.max(1, Math.ceil(T / PATH_POINTS));
  const times = Array.from({ length: Math.ceil(T / stride) }, (_, k) => k * stride);
  return PLANES.filter((plane) => plane.every((i) => ranks.includes(i))).map((indices) => {
    const [x, y] = indices.map((i) => times.map((t) => thetas[ranks.indexOf(i) * T + t]));
    return { indices, step: times.map((t) => step[t]), x, y };
  });
}

/** Most directions in whose planes rotation is looked for. */
const ROTATING = 20;
/** Correlation times of the window from which its twenty blocks count as independent. */
const ROTATING_TIMES = 20 * BLOCK_TAUS;
const LEAST_ROWS = 100;

/** Looks for rotation in the planes of the leading settled directions. docs/theory [D6]. */
export function rotationOf(
  { motion: { settled, dynamics }, pca, recording }: MeasuredRecording,
  { ranks, thetas }: Arrays,
  la: LinearAlgebra,
): Rotation | Missing {
  const T = thetas.length / ranks.length;
  const most = (T * recording.every) / ROTATING_TIMES;
  const chosen = dynamics
    .filter((d) => settled.includes(d.index) && d.correlationTime.value <= most)
    .map((d) => d.index)
    .slice(0, ROTATING);
  if (chosen.length < 2)
    return {
      missing: `Rotation needs two resolved directions whose correlation time is at most a hundredth of the window; there ${chosen.length === 1 ? 'is one' : 'are none'}: a longer recording would have more.`,
    };
  if (T < LEAST_ROWS) return { missing: `Rotation needs at least ${LEAST_ROWS} rows.` };
  const coordinates = new Float64Array(chosen.length * T);
  chosen.forEach((rank, k) => {
    const at = ranks.indexOf(rank);
    coordinates.set(thetas.subarray(at * T, (at + 1) * T), k * T);
  });
  const K = chosen.length;
  const found = circulation(la, coordinates, K, { pairs: K * K });
  const size = (k: number) => Math.sqrt(pca.variances[chosen[k] - 1]);
  const pairs = found.pairs.map(({ i, j, value, standardError, holm }) => {
    const unit = size(i) * size(j) * recording.every;
    const plane = [chosen[i], chosen[j]] as const;
    return {
      ranks: plane,
      rate: value / unit,
      standardError: standardError / unit,
      holm,
      offPlane: offPlane(plane, pca),
    };
  });
  return {
    ranks: chosen,
    planes: pairs.length,
    significant: found.significant.holm,
    blocks: found.blocks,
    blockLength: found.blockLength * recording.every,
    converged: found.converged,
    pairs: pairs.slice(0, 50),
    // Holm's first step asks for the family's level divided by the number of planes
    detectable: quantileAt(0.05 / pairs.length, found.blocks - 1) * Math.max(...pairs.map((p) => p.standardError)),
  };
}

/** Returns the t beyond which Student's distribution of `freedom` has the two-sided chance `level`, by bisection. */
function quantileAt(level: number, freedom: number): number {
  let [low, high] = [0, 1e3];
  for (let k = 0; k < 60; k++) {
    const middle = (low + high) / 2;
    if (studentTwoSided(middle, freedom) > level) low = middle;
    else high = middle;
  }
  return high;
}

/** Measures the temperatures, or says what is missing. docs/theory [S9], [R4]; docs/rules/recordings.md. */
export function temperaturesOf(
  { recording, motion: { settled } }: MeasuredRecording,
  { ranks, thetas }: Arrays,
): Temperatures | Missing {
  const { learningRate, momentum, optimiser, varied } = recording.facts;
  if (learningRate === undefined)
    return {
      missing: 'Temperatures need the learning rate, which the files do not say: give it with --learning-rate.',
    };
  if (optimiser !== undefined && !/^sgd$/i.test(optimiser))
    return { missing: `Temperatures follow from the steps of SGD; this recording was made with ${optimiser}.` };
  if (varied !== undefined) return { missing: `Temperatures need a constant learning rate, and ${varied}.` };
  if (recording.stepsFrom === 'rows')
    return {
      missing:
        'Temperatures need every step as a row, and the files do not say which steps the rows are: say it with --every 1.',
    };
  if (recording.every !== 1)
    return { missing: `Temperatures need every step as a row; here rows are ${recording.every} steps apart.` };
  const each = stepTemperatures(thetas, ranks.length, { learningRate, momentum: momentum ?? 0 });
  const directions = ranks.map((index, k) => ({ index, temperature: each[k] }));
  const voting = directions.filter((d) => settled.includes(d.index) && d.temperature.value > 0);
  return {
    learningRate,
    momentum: momentum ?? 0,
    momentumStated: momentum !== undefined,
    directions,
    spread: spreadOf(voting.map((d) => d.temperature)),
  };
}

/** Settled directions that a statement on all of them needs. */
const LEAST_SETTLED = 5;

function spreadOf(all: Temperatures['directions'][number]['temperature'][]): Temperatures['spread'] {
  if (all.length < LEAST_SETTLED)
    return missing(
      `only ${all.length} directions have a correlation time of at most a fiftieth of the window; ${LEAST_SETTLED} are needed`,
    );
  const [low, high] = all.reduce(
    ([a, b], t) => [t.value < a.value ? t : a, t.value > b.value ? t : b],
    [all[0], all[0]],
  );
  const error = Math.hypot(low.standardError / low.value, high.standardError / high.value);
  return estimate(
    Math.log(high.value / low.value),
    error,
    all.length,
    'ln of the largest over the smallest temperature of the settled directions, errors of the two',
  );
}
