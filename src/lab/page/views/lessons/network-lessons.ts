/** Four tours on a small network that has learned a teacher set: where its weights go, and what holds them. */
import { quantile } from '../../../../numeric/statistics.js';
import { formatMarked, formatNumber } from '../../../../report/format.js';
import type { LabState } from '../../../protocol.js';
import { inverse } from '../landscape/motion.js';
import type { Lesson, Numbers, Sight } from './lesson.js';

/** The session of all four: 2000 samples, 40 batches an epoch, 50 epochs of window; trained in some seconds. */
export const TRAINED: Partial<LabState> = {
  data: { kind: 'teacher', limit: 2000 },
  network: '20-20-20-4',
  optimiser: { type: 'sgd', learningRate: 0.2 },
  batchSize: 50,
  sampling: 'shuffled',
  seed: 1,
  layer: 'layer2',
  window: 50,
  changes: [],
  at: 12_000,
};

const TRAINING =
  'A network of 20-20-20-4 learns a teacher of its own kind: 12 000 steps of SGD, of which the last 50 epochs are kept. The principal directions (PC1, PC2, …) of that window are the directions along which the weights of one layer moved most.';

/** The exponent of PC1's displacement, and the median of those of the other directions. */
export function exponents(n: Numbers): { first: number; others: number; cos: number } | undefined {
  const d = n.results.displacement;
  if (!d) return undefined;
  const first = d.directions.find((x) => x.index === 1);
  const others = d.directions.filter((x) => x.index > 1).map((x) => x.msdExponent.value);
  if (!first || others.length === 0) return undefined;
  return {
    first: first.msdExponent.value,
    others: quantile(Float64Array.from(others), 0.5),
    cos: first.cosWithWeights,
  };
}

function drifts(n: Numbers): Sight | undefined {
  const e = exponents(n);
  if (!e) return undefined;
  return {
    seen: e.first > 1.7 && e.others < 1.3,
    words: `The mean squared displacement grows with the power ${formatNumber(e.first, 3)} of time along PC1, and ${formatNumber(e.others, 3)} (median) along the others.`,
  };
}

function aligned(n: Numbers): Sight | undefined {
  const e = exponents(n);
  if (!e) return undefined;
  return {
    seen: Math.abs(e.cos) > 0.5,
    words: `|cos| between PC1 and the weights themselves: ${formatNumber(Math.abs(e.cos), 2)}; a random direction of 400 weights would give 0.05.`,
  };
}

function falls(n: Numbers): Sight | undefined {
  const psi = n.results.flatness?.psi;
  if (!psi) return undefined;
  return {
    seen: psi.converged && psi.value > 3 * psi.standardError,
    words: `σ² ∝ F^(−ψ) with ψ = ${formatMarked(psi)}: the variance falls where the valley is wide.`,
  };
}

/** Ranks whose temperatures are compared: PC1 drifts, and the last ones hardly move. */
const HOT: readonly [number, number] = [2, 60];

function hotter(n: Numbers): Sight | undefined {
  const t = n.results.temperature?.directions.filter((d) => d.index >= HOT[0] && d.index <= HOT[1]);
  if (!t || t.length < 4) return undefined;
  const [a, b] = [t[0], t[t.length - 1]];
  return {
    seen: a.temperature.value > 3 * b.temperature.value,
    words: `The temperature is ${formatNumber(a.temperature.value, 2)} nat along PC${a.index} and ${formatNumber(b.temperature.value, 2)} along PC${b.index}.`,
  };
}

const control = (n: Numbers, name: 'same' | 'hessian' | 'walk') =>
  n.results.controls?.controls.find((c) => c.name === name)?.psi;

function elsewhere(n: Numbers): Sight | undefined {
  const [same, fixed] = [control(n, 'same'), control(n, 'hessian')];
  if (!same || !fixed) return undefined;
  const joint = Math.hypot(same.standardError, fixed.standardError);
  return {
    seen: same.value - fixed.value > 2 * joint,
    words: `ψ = ${formatMarked(same)} along the window's own directions, and ${formatMarked(fixed)} along directions of the Hessian.`,
  };
}

function walks(n: Numbers): Sight | undefined {
  const [same, walk] = [control(n, 'same'), control(n, 'walk')];
  if (!same || !walk) return undefined;
  const joint = Math.hypot(same.standardError, walk.standardError);
  return {
    seen: Math.abs(same.value - walk.value) < 2 * joint,
    words: `ψ = ${formatMarked(same)} for the run, and ${formatMarked(walk)} for a walk that feels no landscape.`,
  };
}

/** The ratio of variances in the plane of the motion: in the window, by theory, and if the loss were the energy. */
export function ratios(n: Numbers): { measured: number; theory: number; loss: number } | undefined {
  const plane = n.results.potential?.planes.find((p) => p.name === 'chosen');
  if (!plane) return undefined;
  const [a, , d] = plane.covariance;
  const [ma, , md] = plane.measured;
  const [ia, , id] = inverse(plane.hessian);
  return { measured: ma / md, theory: a / d, loss: ia / id };
}

function notTheLoss(n: Numbers): Sight | undefined {
  const r = ratios(n);
  if (!r) return undefined;
  const far = (x: number) => Math.abs(Math.log(x / r.loss));
  const near = Math.abs(Math.log(r.measured / r.theory));
  return {
    seen: far(r.theory) > 0.2 && near < far(r.measured),
    words: `Variance along PC2 over that along PC3: ${formatNumber(r.measured, 2)} in the window, ${formatNumber(r.theory, 2)} by the potential, and ${formatNumber(r.loss, 2)} if the loss were the energy.`,
  };
}

function turns(n: Numbers): Sight | undefined {
  const p = n.results.potential;
  if (!p || p.vortices.length === 0) return undefined;
  const [v] = p.vortices;
  return {
    seen: v.share > 0.2 && p.entropyProduction > 0,
    words: `The strongest vortex holds ${formatNumber(100 * v.share, 2)} % of the flux, mostly in ${v.ranks
      .slice(0, 2)
      .map((x) => `PC${x.rank}`)
      .join(' and ')}; entropy production ${formatNumber(p.entropyProduction, 2)} per η·step.`,
  };
}

const MOTION = { a: 2, b: 3, k: 8, shown: 'chosen' } as const;

export const NETWORK_LESSONS: readonly Lesson[] = [
  {
    id: 'drift',
    title: 'Drift and diffusion',
    says: 'One direction drifts while all others only fluctuate.',
    steps: [
      {
        title: 'Along which directions do weights move?',
        text: `${TRAINING} Along a direction that only fluctuates the mean squared displacement grows at most like time; along one that drifts it grows like time squared.`,
        view: 'fluctuate',
        panel: 'displacement',
        lab: TRAINED,
        ask: 'displacement',
        look: 'PC1 rises with a slope near 2; the other curves are flatter.',
        see: drifts,
      },
      {
        title: 'Where does the drift go?',
        text: 'The direction of the largest variance is not a direction of noise at all. It points along the weights themselves: they grow, because a larger margin lowers the cross-entropy for ever.',
        view: 'fluctuate',
        panel: 'displacement',
        lab: TRAINED,
        ask: 'displacement',
        look: 'PC1 is aligned with the weights.',
        see: aligned,
      },
    ],
  },
  {
    id: 'steep',
    title: 'Why the steep is wide',
    says: 'Weights fluctuate most where the valley is narrow, the opposite of a particle in a heat bath.',
    steps: [
      {
        title: 'Width and variance',
        text: `${TRAINING} A particle in a heat bath moves farther where the valley is wide. Here the width F of the valley is measured along each direction, and set beside the variance σ².`,
        view: 'landscape',
        panel: 'relation',
        lab: TRAINED,
        ask: 'flatness',
        look: 'The points fall from the upper left to the lower right: narrow valleys have large variances.',
        see: falls,
      },
      {
        title: 'The steep is hot',
        text: 'The reason is the noise. Minibatches disagree most about the directions in which the loss is steep, so that these are shaken most: every direction has a temperature of its own.',
        view: 'fluctuate',
        panel: 'temperature',
        lab: TRAINED,
        ask: 'temperature',
        look: 'Directions with large variances are hotter.',
        see: hotter,
      },
    ],
  },
  {
    id: 'elsewhere',
    title: 'Choose the directions elsewhere',
    says: 'An exponent depends on how the directions were chosen, and a control shows it.',
    steps: [
      {
        title: 'Directions that the motion did not choose',
        text: 'Principal directions are those of the largest variance in the same window that gives the variances. That selects. Directions of the Hessian are chosen by the loss alone: the same relation is measured along them.',
        view: 'landscape',
        panel: 'relation',
        lab: { ...TRAINED, controls: { shown: 'hessian' } },
        ask: 'controls',
        look: 'With the switch at "Fixed basis" the line is less steep.',
        see: elsewhere,
      },
      {
        title: 'A walk that feels no landscape',
        text: 'The sharpest control is a random walk whose steps have the noise of this run, and which no loss holds back. Along its own principal directions the widths of the real loss are measured as before.',
        view: 'landscape',
        panel: 'relation',
        lab: { ...TRAINED, controls: { shown: 'walk' } },
        ask: 'controls',
        look: 'With the switch at "Own-noise walk" the exponent is that of the run within its error: the landscape does not make it.',
        see: walks,
      },
    ],
  },
  {
    id: 'energy',
    title: 'The true energy',
    says: 'The weights are distributed by a potential that is not the loss, and a current turns in it.',
    steps: [
      {
        title: 'The loss is not the energy',
        text: `${TRAINING} Force and noise are measured at the centre. If all directions had one temperature, the spread of the weights would follow the loss. The potential that the decomposition gives follows the noise as well.`,
        view: 'landscape',
        panel: 'potential-plane',
        lab: { ...TRAINED, landscape: MOTION },
        ask: 'potential',
        look: 'The solid rings (potential) and the dashed ones (loss) have different shapes; the dots have that of the solid ones.',
        see: notTheLoss,
      },
      {
        title: 'A current without a wind',
        text: 'Where force and noise do not fit each other, the weights never come to rest: probability flows around in closed vortices and entropy is produced, although nothing changes on average.',
        view: 'landscape',
        panel: 'vortices',
        lab: { ...TRAINED, landscape: MOTION },
        ask: 'potential',
        look: 'The list of vortices, strongest first; "Strongest vortex" shows its plane.',
        see: turns,
      },
    ],
  },
];
