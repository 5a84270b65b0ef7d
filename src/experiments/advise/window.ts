/** A short window of real steps from a state, from which stationarity is judged. docs/theory [S9]. */
import { motionRelation } from '../../analyse/trajectory/fluctuation-dissipation.js';
import type { AdvicePoint, Measured, WindowFacts } from '../../apply/advice-facts.js';
import type { Samples } from '../../data/dataset.js';
import { batchPlan } from '../../data/samplers.js';
import type { NetworkSpec } from '../../model/network.js';
import { DivergedError } from '../../numeric/errors.js';
import { estimate } from '../../numeric/estimate.js';
import { leastSquares } from '../../numeric/lines.js';
import { randomKey } from '../../numeric/random.js';
import { Trainer } from '../../train/trainer.js';

/** Names the state and the length of the window. */
interface WindowRequest {
  readonly spec: NetworkSpec;
  readonly samples: Samples;
  readonly weights: Float32Array;
  /** PyTorch's momentum buffer at the state; zeros when absent. */
  readonly velocity?: Float32Array;
  readonly setting: Pick<AdvicePoint, 'learningRate' | 'momentum' | 'batchSize' | 'sampling'>;
  readonly epochs: number;
  readonly seed: number;
  readonly report: (what: string, share: number) => void;
}

const BLOCKS = 20;

/**
 * Takes steps one by one, and from the weights before and after each computes the displacement v and the minibatch
 * gradient of the step, g = (mu v_before − v)/eta. Cost for each step: the step and two copies of the weights. Epochs
 * are added until there are two steps a block.
 */
export function measureWindow(request: WindowRequest): Measured<WindowFacts> {
  const { spec, samples, weights, velocity, setting, seed, report } = request;
  const { learningRate: eta, momentum: mu, batchSize, sampling } = setting;
  const trainer = new Trainer({ spec, samples, learningRate: eta, momentum: mu, batchSize });
  trainer.setWeights(weights);
  if (velocity) trainer.setVelocity(velocity);
  const key = randomKey(seed).child('advice').child('window');
  const plan = batchPlan({ count: samples.count, batchSize, sampling, lastBatch: 'drop', key });
  const epochs = Math.max(request.epochs, Math.ceil((2 * BLOCKS) / plan.batchesPerEpoch));
  const products: number[] = [];
  const squares: number[] = [];
  const losses: number[] = [];
  let before = trainer.weights();
  const last = (velocity ?? new Float32Array(weights.length)).map((v) => -eta * v);
  let size = 0;
  for (let e = 0; e < epochs; e++) {
    const { order } = plan.epoch(e);
    for (let b = 0; b < plan.batchesPerEpoch; b++) {
      let loss: number;
      try {
        loss = trainer.steps(order.subarray(b * batchSize, (b + 1) * batchSize), batchSize).loss[0];
      } catch (error) {
        if (!(error instanceof DivergedError)) throw error;
        return {
          refused: `training diverged after ${losses.length} steps of the window (minibatch loss ${error.loss}).`,
        };
      }
      const after = trainer.weights();
      let [wg, vv] = [0, 0];
      for (let i = 0; i < after.length; i++) {
        const v = after[i] - before[i];
        wg += before[i] * ((mu * last[i] - v) / eta);
        vv += v * v;
        last[i] = v;
      }
      size = after.reduce((s, w) => s + w * w, 0);
      products.push(wg);
      squares.push(vv);
      losses.push(loss);
      before = after;
      if (b % 50 === 0) report('a window of real steps', (e + b / plan.batchesPerEpoch) / epochs);
    }
  }
  if (squares.every((v) => v === 0))
    return { refused: 'no weight moved in the window: the steps are below the rounding of float32.' };
  const { ratio } = motionRelation({
    weightsDotGradient: products,
    velocitySquared: squares,
    learningRate: eta,
    momentum: mu,
    blocks: BLOCKS,
  });
  const meanSquare = squares.reduce((s, v) => s + v / squares.length, 0);
  return {
    facts: {
      epochs,
      steps: losses.length,
      ratio,
      ...trendOf(losses),
      // each weight is rounded to half of 2^-23 of itself at most; uniform: a twelfth of the square of 2^-23
      roundingShare: (size * 2 ** -46) / 12 / meanSquare,
    },
  };
}

/**
 * Fits a straight line to block means: the change over the window divided by the mean, with an error from the scatter
 * about the line.
 */
function trendOf(losses: readonly number[]): Pick<WindowFacts, 'trend' | 'meanLoss'> {
  const means = Array.from({ length: BLOCKS }, (_, k) => {
    const part = losses.slice(Math.floor((k * losses.length) / BLOCKS), Math.floor(((k + 1) * losses.length) / BLOCKS));
    return part.reduce((s, v) => s + v / part.length, 0);
  });
  const x = means.map((_, k) => (k + 0.5) / BLOCKS);
  const meanLoss = means.reduce((s, v) => s + v / BLOCKS, 0);
  const { slope, slopeError } = leastSquares(x, means);
  return {
    meanLoss,
    trend: estimate(
      slope / meanLoss,
      slopeError / meanLoss,
      losses.length,
      `straight line through ${BLOCKS} block means`,
    ),
  };
}
