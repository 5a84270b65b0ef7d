/**
 * Stage `freezing`: a sharp and a flat valley of equal depth, and a barrier between them that grows over training.
 * docs/theory [V6]; the model is not from the paper.
 *
 *     V(x, t) = b(t) (u² − 1)²,   u = x − skew (√(1 + x²) − 1):   minima at u = ∓1, the top at u = x = 0
 *
 * The curvature of a minimum is 8b u'², with u' = 1 − skew x/√(1 + x²) between 1 + skew far to the left and 1 − skew far to the right: the left
 * valley is sharp, the right one flat, and nowhere is the force much steeper than in the sharp valley.
 *
 * b grows in equal steps and is constant in each piece of training, so that walkers, Fokker-Planck equation and
 * two-state theory solve the same problem. Langevin represents SGD here: with one coordinate and additive noise its
 * Euler steps ARE the map.
 */
import type { ReportProgress } from '../../jobs/pool.js';
import { RunError } from '../../numeric/errors.js';
import { estimate } from '../../numeric/estimate.js';
import { overSeeds } from '../../numeric/seeds.js';
import { type Ensemble, langevinEnsemble } from '../../theory/ensemble/ensemble.js';
import { STATUS } from '../../theory/ensemble/walls.js';
import { fokkerPlanck } from '../../theory/fokker-planck/equation.js';
import { type GridDensity, gridCentres } from '../../theory/fokker-planck/grid.js';
import { densityAtPoint } from '../../theory/fokker-planck/measures.js';
import { Passage } from '../../theory/fokker-planck/passage.js';
import { Stepper } from '../../theory/fokker-planck/stepping.js';
import { langevinModel, type Problem, problemOf } from '../../theory/models/problem.js';
import type { LangevinModel } from '../../theory/motion.js';
import { kramersRate, type Line, meanFirstPassage } from '../../theory/valley/escape.js';
import { occupation } from '../../theory/valley/freezing.js';
import type { ValleyConfig } from './config.js';
import type { EscapeRow, FreezingNoise, FreezingResult, FreezingRow } from './measured.js';
import { formula, keyOf, seedsOf } from './models.js';
import { type ModelStage, vector } from './stage.js';

type Job =
  | { readonly kind: 'training'; readonly noise: FreezingNoise; readonly diffusion: number }
  | { readonly kind: 'escape'; readonly barrier: number };

type Part =
  | { readonly kind: 'training'; readonly row: FreezingRow }
  | { readonly kind: 'escape'; readonly row: EscapeRow };

/** Walls, in u. */
const REACH = 1.6;
/** Implicit steps of the Fokker-Planck equation in one piece; the first piece starts from a point. */
const SUBSTEPS = 20;

function jobsOf({ freezing: f }: ValleyConfig): Job[] {
  return [
    ...f.noises.flatMap((noise) => f.diffusions.map((diffusion) => ({ kind: 'training' as const, noise, diffusion }))),
    ...f.escapes.map((barrier) => ({ kind: 'escape' as const, barrier })),
  ];
}

/** The stage `freezing`: its plan, its jobs, and how their parts are merged. */
export const freezingStage: ModelStage<Part, FreezingResult> = {
  plan: (config) => {
    const { end, timestep, walkers, escapeWalkers } = config.freezing;
    return jobsOf(config).map((job) =>
      job.kind === 'training'
        ? { what: `D = ${job.diffusion}, ${job.noise}`, cost: (config.seeds * walkers * end) / timestep / 1e6 }
        : {
            what: `escape over ${job.barrier} D`,
            cost: (config.seeds * escapeWalkers * (Math.exp(job.barrier) + 2)) / timestep / 2e6,
          },
    );
  },
  run(index, config, report) {
    const job = jobsOf(config)[index];
    return job.kind === 'training'
      ? { kind: 'training', row: training(config, job, report) }
      : { kind: 'escape', row: escapeRow(config, job.barrier, report) };
  },
  merge: (parts, config) => ({
    end: config.freezing.end,
    barrier: config.freezing.barrier,
    widths: steepness(config, placeOf(config, -1)) / steepness(config, placeOf(config, 1)),
    rows: parts.filter((p) => p.kind === 'training').map((p) => p.row),
    escapes: parts.filter((p) => p.kind === 'escape').map((p) => p.row),
  }),
  arrays: ({ rows }) => ({
    diffusion: vector(rows.map((r) => r.diffusion)),
    sharper: vector(rows.map((r) => (r.noise === 'sharper' ? 1 : 0))),
    time: vector(rows[0]?.curve.time ?? []),
    ...Object.fromEntries(
      (['walkers', 'predicted', 'fokkerPlanck'] as const).map((name) => [
        name === 'fokkerPlanck' ? 'fokker_planck' : name,
        { shape: [rows.length, rows[0]?.curve.time.length ?? 0], data: rows.flatMap((r) => r.curve[name]) },
      ]),
    ),
  }),
};

/** Returns x from u: w = u − skew, (1 − skew²) x = w + skew √(w² + 1 − skew²). */
function placeOf({ freezing: { skew } }: ValleyConfig, u: number): number {
  const w = u - skew;
  return (w + skew * Math.sqrt(w * w + 1 - skew * skew)) / (1 - skew * skew);
}

/** Returns u' at x: the inverse of the width, up to a constant. */
const steepness = ({ freezing: { skew } }: ValleyConfig, x: number): number => 1 - (skew * x) / Math.sqrt(1 + x * x);

/** Builds the two valleys with a barrier of height `barrier` (nat). */
function valleys(config: ValleyConfig, barrier: number, noise: FreezingNoise, diffusion: number): Problem {
  const { skew, tilt, timestep } = config.freezing;
  const u = `(x-${skew}*(sqrt(1+x^2)-1))`;
  return problemOf({
    names: ['x'],
    landscape: { loss: formula(`${barrier}*(${u}^2-1)^2`, ['x']) },
    noise: {
      kind: 'diffusion',
      values: [formula(noise === 'additive' ? `${diffusion}` : `${diffusion}*exp(${-tilt}*${u})`, ['x'])],
    },
    learningRate: timestep,
  });
}

/** Returns drift and diffusion as functions of x. */
function lineOf(model: LangevinModel): Line {
  const [point, out] = [new Float64Array(1), new Float64Array(1)];
  const value = (field: LangevinModel['drift']) => (x: number) => {
    point[0] = x;
    field.at(point, out);
    return out[0];
  };
  return { drift: value(model.drift), diffusion: value(model.diffusion) };
}

function training(
  config: ValleyConfig,
  { noise, diffusion }: Job & { kind: 'training' },
  report: ReportProgress,
): FreezingRow {
  const { barrier, end, pieces, walkers, timestep, cells } = config.freezing;
  const [sharp, flat, low, high] = [-1, 1, -REACH, REACH].map((u) => placeOf(config, u));
  const heights = Array.from(
    { length: pieces },
    (_, k) => barrier[0] + ((barrier[1] - barrier[0]) * (k + 0.5)) / pieces,
  );
  const models = heights.map((b) => langevinModel(valleys(config, b, noise, diffusion)));
  const time = Array.from({ length: pieces + 1 }, (_, k) => (end * k) / pieces);
  const rates = models.map((model) => {
    const line = lineOf(model);
    const rate = (from: number, to: number, wall: number) =>
      1 / meanFirstPassage(line, { from, to, wall, panels: 400 }).value;
    return { sharp: rate(sharp, flat, low), flat: rate(flat, sharp, high) };
  });
  const piece = (t: number) => rates[Math.min(pieces - 1, Math.floor((t / end) * pieces))];
  const per = 20;
  const theory = occupation({
    fromSharp: (t) => piece(t).sharp,
    fromFlat: (t) => piece(t).flat,
    end,
    panels: (pieces * per) / 2,
  });
  const equation = solved(models, { sharp, low, high, cells }, end / pieces);
  const steps = Math.round(end / pieces / timestep);
  const seeds = seedsOf(config).map((seed) => {
    const key = keyOf(seed, 'freezing', `${noise}-${diffusion}`);
    // for each sample: in the flat valley or not
    const looks: Uint8Array[] = [new Uint8Array(walkers)];
    let positions: ArrayLike<number> = [sharp];
    models.forEach((model, k) => {
      const ensemble = langevinEnsemble({
        model,
        timestep,
        scheme: noise === 'additive' ? 'strong-1.5-additive' : 'platen-weak-2',
        start: positions,
        walkers,
        boundaries: [{ low: { kind: 'reflecting', at: low }, high: { kind: 'reflecting', at: high } }],
        key: key.child(k),
      });
      ensemble.advance(steps);
      checkKept(ensemble);
      positions = ensemble.positions();
      looks.push(Uint8Array.from(positions, (x) => (x > 0 ? 1 : 0)));
      report(`seed ${seed}`, (seed + (k + 1) / pieces) / config.seeds);
    });
    const share = looks.map((l) => l.reduce((s, v) => s + v, 0) / walkers);
    return { share, freezing: freezingTime(looks, time) };
  });
  const mean = time.map((_, k) => seeds.reduce((s, one) => s + one.share[k], 0) / seeds.length);
  return {
    noise,
    diffusion,
    freezingTime: overSeeds(seeds.map((s) => s.freezing)),
    predictedTime: theory.freezingTime,
    final: overSeeds(seeds.map((s) => s.share[pieces])),
    predictedFinal: theory.final,
    fokkerPlanckFinal: equation[pieces],
    curve: {
      time,
      walkers: mean,
      predicted: time.map((_, k) => theory.flat[k * per]),
      fokkerPlanck: equation,
    },
  };
}

/**
 * Returns the time from which the valley of a walker predicts its last one: P(flat at the end | flat at t) − P(flat at
 * the end | sharp at t) then stays above 1/e. In a two-state process it is e^{−∫(k_s + k_f) dt} from t on. 0 where it
 * is above from the start; NaN where one of the valleys is empty to the end.
 */
export function freezingTime(looks: readonly Uint8Array[], time: readonly number[]): number {
  const last = looks[looks.length - 1];
  const predictive = looks.map((look) => {
    const n = [0, 0];
    const ends = [0, 0];
    look.forEach((valley, w) => {
      n[valley]++;
      ends[valley] += last[w];
    });
    return ends[1] / n[1] - ends[0] / n[0];
  });
  const level = Math.exp(-1);
  for (let k = predictive.length - 1; k > 0; k--) {
    const [before, after] = [predictive[k - 1], predictive[k]];
    if (!Number.isFinite(after)) return Number.NaN;
    // before the first walker has crossed, one of the probabilities is undefined
    if (!Number.isFinite(before)) return 0;
    if (before < level) return time[k - 1] + ((level - before) / (after - before)) * (time[k] - time[k - 1]);
  }
  return 0;
}

/**
 * Refuses an ensemble that lost walkers between reflecting walls: the steps are then too long for the force.
 * @throws RunError
 */
function checkKept(ensemble: Ensemble): void {
  if (ensemble.status().includes(STATUS.diverged))
    throw new RunError('walker-lost', 'a walker between the two valleys diverged; take a smaller freezing.timestep.');
}

/** Returns the share in the flat valley after each piece, by the Fokker-Planck equation. */
function solved(
  models: readonly LangevinModel[],
  { sharp, low, high, cells }: { sharp: number; low: number; high: number; cells: number },
  duration: number,
): number[] {
  let density: GridDensity | undefined;
  const share = [0];
  for (const [k, model] of models.entries()) {
    const jumps = fokkerPlanck({ model, axes: [{ from: low, to: high, cells }] });
    density ??= densityAtPoint(jumps.grid, [sharp]);
    const substeps = k === 0 ? 10 * SUBSTEPS : SUBSTEPS;
    density = new Stepper(jumps, { step: duration / substeps }).advance(density, substeps).density;
    const x = gridCentres(jumps.grid, 0);
    share.push(density.values.reduce((s, v, i) => s + (x[i] > 0 ? v : 0), 0) * jumps.grid.volume);
  }
  return share;
}

/** Measures the mean time from the minimum of the sharp valley to that of the flat one, with a barrier of one nat. */
function escapeRow(config: ValleyConfig, barrier: number, report: ReportProgress): EscapeRow {
  const { escapeWalkers: walkers, timestep, cells } = config.freezing;
  const [sharp, flat, low] = [-1, 1, -REACH].map((u) => placeOf(config, u));
  const diffusion = 1 / barrier;
  const model = langevinModel(valleys(config, 1, 'additive', diffusion));
  const line = lineOf(model);
  const exact = meanFirstPassage(line, { from: sharp, to: flat, wall: low });
  const jumps = fokkerPlanck({
    model,
    axes: [{ from: low, to: flat, cells }],
    boundaries: [['reflecting', 'absorbing']],
  });
  const from = Math.floor((sharp - low) / jumps.grid.spacing[0]);
  const grid = new Passage(jumps).meanTimes();
  const seeds = seedsOf(config).map((seed) => {
    const ensemble = langevinEnsemble({
      model,
      timestep,
      scheme: 'strong-1.5-additive',
      start: [sharp],
      walkers,
      boundaries: [{ low: { kind: 'reflecting', at: low }, high: { kind: 'absorbing', at: flat } }],
      key: keyOf(seed, 'freezing', `escape-${barrier}`),
    });
    const look = Math.ceil(exact.value / timestep);
    let moving = walkers;
    for (let k = 0; k < 100 && moving > 0; k++) {
      ensemble.advance(look);
      moving = ensemble.status().filter((s) => s === STATUS.moving).length;
      report(`seed ${seed}`, (seed + 1 - moving / walkers) / config.seeds);
    }
    checkKept(ensemble);
    return moving > 0 ? Number.NaN : ensemble.exitTimes().reduce((s, t) => s + t, 0) / walkers;
  });
  return {
    diffusion,
    barrier,
    walkers: seeds.every(Number.isFinite)
      ? overSeeds(seeds)
      : estimate(Number.NaN, Number.NaN, 0, 'some walkers did not arrive in a hundred mean times', false),
    exact: exact.value,
    fokkerPlanck: grid[from],
    kramers: 1 / kramersRate(line, sharp, 0),
  };
}
