/** The valleys of `reproduce valley2023` as formulas, and statistics of their walkers. docs/theory [V1]–[V4]. */
import { type Expression, number, parseExpression } from '../../numeric/expression/index.js';
import type { Key } from '../../numeric/random.js';
import { randomKey } from '../../numeric/random.js';
import type { Boundary } from '../../theory/ensemble/walls.js';
import { type Problem, problemOf } from '../../theory/models/problem.js';
import type { ValleyConfig } from './config.js';
import type { BatchNoise } from './measured.js';

/** Reads a formula in x and y. */
export const formula = (text: string, variables: readonly string[] = ['x', 'y']): Expression =>
  parseExpression(text, { variables });

/** Returns ln(sharp/flat) = −d ln lambda/dx. */
export const fall = ({ valley }: ValleyConfig): number => Math.log(valley.sharp / valley.flat);

/** Returns lambda(x) as a formula. */
const curvatureFormula = (config: ValleyConfig): string => `(${config.valley.sharp}*exp(${-fall(config)}*x))`;
/** Returns lambda(x) as a number. */
export const curvatureOf = (config: ValleyConfig, x: number): number =>
  config.valley.sharp * Math.exp(-fall(config) * x);

/** Returns (ln F − ln F_sharp)/(ln F_flat − ln F_sharp), which is x itself, because ln lambda is linear in x. */
export const orderParameter = (x: number): number => x;

/** Returns L0 of the tilted valleys as a formula. */
export const parabola = (stiffness: number, lowest: number): string => `${stiffness / 2}*(x-${lowest})^2`;

/** Builds a valley with given diffusion, for Langevin and Fokker-Planck. `eta` only states the step of SGD. */
export function diffusiveValley(
  config: ValleyConfig,
  floor: string,
  along: number,
  anisotropy: number,
  eta = 0.01,
): Problem {
  return problemOf({
    names: ['x', 'y'],
    landscape: { valley: { floor: formula(floor, ['x']), curvature: formula(curvatureFormula(config), ['x']) } },
    noise: { kind: 'diffusion', values: [number(along), number(0), number(anisotropy * along)] },
    learningRate: eta,
  });
}

/**
 * Builds the same valley with minibatches: batch loss L − √C_x n1 x − √C_y n2 y, with C = 2D/eta, so that the
 * continuous theory does not depend on eta.
 */
export function noisyValley(
  config: ValleyConfig,
  floor: string,
  along: number,
  anisotropy: number,
  eta: number,
): Problem {
  const [cx, cy] = [(2 * along) / eta, (2 * anisotropy * along) / eta];
  return batchValley(
    `${floor} + 0.5*${curvatureFormula(config)}*y^2 - ${Math.sqrt(cx)}*n1*x - ${Math.sqrt(cy)}*n2*y`,
    eta,
  );
}

/** C_yy(y = 0) = c² lambda^power. */
const POWERS: Readonly<Record<Exclude<BatchNoise, 'curvature'>, 0 | 1 | 2>> = { constant: 0, hessian: 1, location: 2 };

/** Returns the c² that gives C_yy = `strength` per batch in the middle of the valley. */
export function acrossNoise(
  config: ValleyConfig,
  kind: BatchNoise,
  strength: number,
): { power: 0 | 1 | 2; strength: number } {
  const power = POWERS[kind === 'curvature' ? 'location' : kind];
  return { power, strength: strength / curvatureOf(config, 0.5) ** power };
}

/**
 * Builds a valley with a level floor and the batch loss ½ lambda (1 + s n1) y² − c lambda^{power/2} n2 y (for curvature
 * noise the factor (1 + s n1) applies to both terms).
 */
export function levelValley(
  config: ValleyConfig,
  kind: BatchNoise,
  strength: number,
  eta: number,
  spread = 0,
): Problem {
  const { power, strength: c2 } = acrossNoise(config, kind, strength);
  const lambda = curvatureFormula(config);
  const c = Math.sqrt(c2);
  const term = [`${c}`, `${c}*sqrt(${lambda})`, `${c}*${lambda}`][power];
  if (kind === 'curvature') return batchValley(`0.5*${lambda}*(1+${spread}*n1)*(y^2-${2 * c}*n2*y)`, eta);
  return batchValley(`0.5*${lambda}*y^2 - ${term}*n1*y`, eta, 1);
}

function batchValley(loss: string, eta: number, normals = 2): Problem {
  const names = Array.from({ length: normals }, (_, k) => `n${k + 1}`);
  return problemOf({
    names: ['x', 'y'],
    landscape: {},
    noise: { kind: 'batch', normals: names, loss: formula(loss, ['x', 'y', ...names]) },
    learningRate: eta,
  });
}

/** The boundaries: the ends of the valley reflect, across it is open. */
export const WALLED: readonly Boundary[] = [
  { low: { kind: 'reflecting', at: 0 }, high: { kind: 'reflecting', at: 1 } },
  { low: { kind: 'open' }, high: { kind: 'open' } },
];

/** Returns the key seed/valley2023/<stage>/<job>, so that the numbers of a job do not depend on any other. */
export const keyOf = (seed: number, stage: string, job: string | number): Key =>
  randomKey(seed).child('valley2023').child(stage).child(job);

/** Returns the seeds 0 … n−1. */
export const seedsOf = ({ seeds }: ValleyConfig): number[] => Array.from({ length: seeds }, (_, k) => k);

/**
 * Returns the expected total variation between a histogram of `visits` independent visits and the density it is drawn
 * from: Σ √(p/(2 pi visits)).
 */
export function countingDistance(p: readonly number[], visits: number): number {
  return p.reduce((s, v) => s + Math.sqrt((Math.max(0, v) * (1 - Math.min(1, v))) / (2 * Math.PI * visits)), 0);
}

/** Returns ½ Σ |p − q|. */
export const apart = (p: readonly number[], q: readonly number[]): number =>
  0.5 * p.reduce((s, v, k) => s + Math.abs(v - q[k]), 0);
