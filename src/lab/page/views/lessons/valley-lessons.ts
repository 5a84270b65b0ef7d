/** Two tours in the view Valley: how noise finds the flat end, and where it throws everything out. */
import { formatEstimate, formatNumber, formatShare } from '../../../../report/format.js';
import { VALLEY_PRESETS, type ValleyState } from '../../../engine/valley/state.js';
import type { Lesson, Numbers, Sight } from './lesson.js';

const LEVEL: ValleyState = VALLEY_PRESETS.valley;
const PARABOLA: ValleyState = { ...VALLEY_PRESETS.parabola, eta: 0.1, noise: 10 };

function flatter(n: Numbers): Sight | undefined {
  const f = n.valley;
  if (!f || f.step === 0) return undefined;
  const before = f.series.curvature[0];
  return {
    seen: f.curvature.value < 0.5 * before,
    words: `The particles began at a curvature of ${formatNumber(before, 3)} nat/weight² and are at ${formatEstimate(f.curvature)} now.`,
  };
}

/** The slope of the effective potential over the level part of the floor, from x = −1 to x = 1, nat. */
export function slope(n: Numbers): { potential: number; loss: number } | undefined {
  const f = n.valley;
  const p = f?.potential;
  if (!f || !p?.theory) return undefined;
  const { x } = p;
  const at = (v: Float64Array, where: number) => v[x.findIndex((e) => e >= where)];
  return {
    potential: at(p.theory.marginal, 1) - at(p.theory.marginal, -1),
    loss: at(p.loss, 1) - at(p.loss, -1),
  };
}

function tilted(n: Numbers): Sight | undefined {
  const s = slope(n);
  if (!s) return undefined;
  return {
    seen: s.potential < -0.2 && Math.abs(s.loss) < 0.05,
    words: `From x = −1 to x = 1 the loss on the floor changes by ${formatNumber(s.loss, 2)} nat, the effective potential by ${formatNumber(s.potential, 2)} nat.`,
  };
}

function weaker(n: Numbers): Sight | undefined {
  const f = n.valley;
  const s = slope(n);
  if (!f || !s || f.state.kappa !== 1) return undefined;
  return {
    seen: Math.abs(s.potential) < 0.3 && f.distance.value.value - f.distance.byChance < 0.1,
    words: `With equal noise the effective potential changes by ${formatNumber(s.potential, 2)} nat only, and the mean of x is ${formatEstimate(f.mean)}.`,
  };
}

function holds(n: Numbers): Sight | undefined {
  const f = n.valley;
  if (!f || f.step === 0) return undefined;
  return {
    seen: f.diverged === 0 && f.state.eta < f.bound.meanSquare,
    words: `Eta is ${formatNumber(f.state.eta / f.bound.meanSquare, 2)} times the bound ${formatNumber(f.bound.meanSquare, 2)}; ${formatShare(f.diverged / f.particles)} diverged.`,
  };
}

function bursts(n: Numbers): Sight | undefined {
  const f = n.valley;
  if (!f || f.step === 0) return undefined;
  return {
    seen: f.state.eta > f.bound.meanSquare && f.diverged > 0.5 * f.particles,
    words: `Eta is ${formatNumber(f.state.eta / f.bound.meanSquare, 3)} times the bound ${formatNumber(f.bound.meanSquare, 2)}; ${formatShare(f.diverged / f.particles)} of the particles diverged.`,
  };
}

export const VALLEY_LESSONS: readonly Lesson[] = [
  {
    id: 'flat',
    title: 'Flat by noise',
    says: 'Noise across a valley pushes along it, to where it is flat, although the floor is level.',
    steps: [
      {
        title: 'A level floor',
        text: 'The floor of this valley is level; only its curvature falls from left to right. All particles start at the sharp end, and nothing but the noise of minibatches moves them.',
        view: 'valley',
        panel: 'particles',
        valley: LEVEL,
        moves: 1500,
        look: 'The cloud moves to the right, where the valley is wide.',
        see: flatter,
      },
      {
        title: 'The effective potential',
        text: 'Steps across the valley push along it: where the walls are steep, they push harder. On average this acts like a potential that falls towards the flat end, −Δ κ ln F for the particles at all y.',
        view: 'valley',
        panel: 'potential',
        look: 'The dotted loss is level; the potential falls from left to right.',
        see: tilted,
      },
      {
        title: 'With equal noise',
        text: 'Now κ becomes 1: the noise is as strong along the valley as across. What is left of the preference is entropy alone: there is more room at the flat end.',
        view: 'valley',
        panel: 'potential',
        sliders: [{ key: 'kappa', value: 1 }],
        moves: 1500,
        look: 'The potential becomes nearly level, and the particles spread out.',
        see: weaker,
      },
    ],
  },
  {
    id: 'hot',
    title: 'Too hot',
    says: 'A learning rate has a bound, and batches that disagree about the curvature lower it.',
    steps: [
      {
        title: 'Below the bound',
        text: 'A parabola of curvature h = 4. A step multiplies the distance from its minimum by 1 − ηh; that shrinks as long as η is below 2/h = 0.5.',
        view: 'valley',
        panel: 'bound',
        valley: PARABOLA,
        moves: 300,
        look: 'The diamond lies left of the first line, and no particle is lost.',
        see: holds,
      },
      {
        title: 'Above it',
        text: 'Now η = 0.6. Every step overshoots by more than it came from, and the particles fly apart within some dozen steps. Those that diverged stay lost.',
        view: 'valley',
        panel: 'bound',
        valley: { ...PARABOLA, eta: 0.6 },
        moves: 200,
        look: 'The diamond lies right of the line, and the diverged share goes to 1.',
        see: bursts,
      },
      {
        title: 'Batches that disagree',
        text: 'Back to η = 0.45, which a single curvature would allow. But now the curvature differs from batch to batch with a spread of s = 1: the bound in mean square falls to 2/(h (1 + s²)) = 0.25.',
        view: 'valley',
        panel: 'bound',
        valley: { ...PARABOLA, eta: 0.45, spread: 1 },
        moves: 600,
        look: 'Both lines have moved to the left, and particles diverge at an η that was safe before.',
        see: bursts,
      },
    ],
  },
];
