/** An optimiser as the update rule of a trainer whose steps are taken in the plan machine. */
import type { Instruction } from '../../model/plan/ops.js';
import { check } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';
import type { Update } from '../plan/update.js';
import { constantsOf, ROW_LENGTH, type StepKind, stepKind } from './constants.js';
import { rateOf } from './schedule.js';
import { type CompleteOptimiser, type OptimiserSpec, optimiserOf } from './spec.js';
import { OPTIMISERS } from './table.js';

/** An update rule that can be changed while a trainer lives; changes act from the next call of `steps` on. */
export interface OptimiserUpdate extends Update {
  readonly optimiser: CompleteOptimiser;
  /** Changes eta; a schedule goes on with it. */
  setLearningRate(learningRate: number): void;
  /** Changes mu of `sgd` and `rmsprop` where there is a momentum, to one above 0. */
  setMomentum(momentum: number): void;
}

/**
 * Returns the update rule of an optimiser, for `LayeredTrainer`. It keeps the vectors that `OPTIMISERS` names, and, where gradients are
 * clipped, one cell: the number of steps that were. Plain SGD without decay and clipping is folded into the backward pass. The
 * schedule counts the steps of the trainer.
 * @throws InputError for what `completeOptimiser` refuses, and a schedule that counts epochs
 */
export function optimiserUpdate(spec: OptimiserSpec): OptimiserUpdate {
  let o = optimiserOf('optimiserUpdate', spec);
  rateOf(o.schedule, o.learningRate, 0);
  const kind = stepKind(o);
  const states = OPTIMISERS[o.type].vectors(o);
  const clips = Number.isFinite(o.clipNorm);
  const change = (part: Partial<OptimiserSpec>): void => {
    o = optimiserOf('optimiserUpdate', { ...given(o), ...part });
  };
  return {
    get optimiser() {
      return o;
    },
    folded: kind === 'plain' && o.weightDecay === 0 && !clips,
    states,
    settings: ROW_LENGTH + (clips ? 1 : 0),
    cells: clips ? 1 : 0,
    rate: (step) => rateOf(o.schedule, o.learningRate, step),
    reach: () =>
      o.type === 'sgd' && o.schedule.type === 'constant' && !o.schedule.warmup
        ? (o.learningRate * (o.momentum > 0 ? 1 - o.dampening : 1)) / (1 - o.momentum)
        : undefined,
    write(step, out) {
      out.set(constantsOf(o, step + 1));
      if (clips) out[ROW_LENGTH] = o.clipNorm;
    },
    instructions({ weights, gradient: g, states: vectors, count, trained, setting, cell }) {
      const at = (name: string) => vectors[states.indexOf(name as never)] ?? 0;
      const row = setting(0);
      // without decay a weight whose gradient is 0 stays, and one step over all is shorter
      const ranges = o.weightDecay > 0 ? trained : [{ first: 0, count }];
      const steps = ranges.map((range) => {
        const from = (vector: number) => (vector === 0 ? 0 : vector + 4 * range.first);
        const places = { w: from(weights), g: from(g), m: from(at('momentum')), v: from(at('squares')) };
        return stepOf(kind, { ...places, row, count: range.count });
      });
      const clip = { op: 'clip', g, most: setting(ROW_LENGTH), clipped: clips ? cell(0) : 0, count } as const;
      return clips ? [clip, ...steps] : steps;
    },
    setLearningRate(learningRate) {
      is.given('setLearningRate', { learningRate }, { learningRate: is.number });
      change({ learningRate });
    },
    setMomentum(momentum) {
      is.given('setMomentum', { momentum }, { momentum: is.number });
      check(
        o.momentum > 0 && momentum > 0,
        'bad-momentum',
        () =>
          `the momentum of ${o.type} can be changed where it has one, to one above 0; it is ${o.momentum}, and ${momentum} was asked for.`,
      );
      change({ momentum });
    },
  };
}

/** Returns the settings of an optimiser that its type has. */
function given(o: CompleteOptimiser): OptimiserSpec {
  const { clipNorm, momentum, nesterov, dampening, beta1, beta2, alpha, epsilon, ...shared } = o;
  const own =
    o.type === 'sgd'
      ? { momentum, nesterov, dampening }
      : o.type === 'rmsprop'
        ? { momentum, alpha, epsilon }
        : { beta1, beta2, epsilon };
  return { ...shared, ...own, ...(Number.isFinite(clipNorm) && { clipNorm }) };
}

type Places = Readonly<Record<'w' | 'g' | 'm' | 'v' | 'row' | 'count', number>>;

function stepOf(kind: StepKind, { w, g, m, v, row, count }: Places): Instruction {
  switch (kind) {
    case 'plain':
      return { op: 'plainStep', w, g, row, count };
    case 'momentum':
      return { op: 'momentumStep', w, g, m, row, count };
    case 'rmsprop':
      return { op: 'rmspropStep', w, g, v, row, count };
    case 'rmsprop-momentum':
      return { op: 'rmspropStep', w, g, v, m, row, count };
    case 'adam':
      return { op: 'adamStep', w, g, m, v, row, count };
  }
}
