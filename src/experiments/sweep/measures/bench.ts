/** What the measures of a cell share: the state where training ended, surfaces over some samples, and recorded windows. Made when first asked for. */

import { hessianOperator } from '../../../analyse/curvature/network-hessian.js';
import { hessianProducts } from '../../../analyse/curvature/products.js';
import type { Rows } from '../../../analyse/trajectory/window-rows.js';
import type { Samples } from '../../../data/dataset.js';
import { firstSamples } from '../../../data/subset.js';
import { type AnyNetwork, isLayered, type RecordedBlock, recordedBlock } from '../../../model/any-network.js';
import { weightBlocks } from '../../../model/layered/parameters.js';
import { resolveLayers } from '../../../model/layered/resolve.js';
import { layersOf } from '../../../model/network.js';
import { DivergedError, RunError } from '../../../numeric/errors.js';
import type { LinearAlgebra } from '../../../numeric/linalg/index.js';
import { lanczos, lanczosSearch, type RitzPair } from '../../../numeric/operators/lanczos.js';
import { multiplyTogether } from '../../../numeric/operators/products.js';
import { type Key, randomKey } from '../../../numeric/random.js';
import { layersIn } from '../../../runs/layers.js';
import { runLearner } from '../../../runs/learner.js';
import { optimiserIn, penaltyOf } from '../../../runs/optimiser.js';
import type { Loaded } from '../../../runs/prepare.js';
import type { AnyConfig } from '../../../runs/schema.js';
import { surfaceOf } from '../../../runs/surface.js';
import { wholeBlock } from '../../../surface/blocks.js';
import { NetworkPasses } from '../../../surface/network/passes.js';
import { networkSurface } from '../../../surface/network/surface.js';
import type { Surface, SurfaceBlock } from '../../../surface/surface.js';
import { type LinearForm, linearForm } from '../../../theory/optimisers/linear-form.js';
import type { PackedSamples } from '../../../train/layered-trainer.js';
import { rateOf } from '../../../train/optimisers/schedule.js';
import { completeOptimiser } from '../../../train/optimisers/spec.js';
import { STEPS_PER_CALL } from '../../../train/trainer.js';
import type { TrainedCell } from '../training.js';

/** What a bench is made of. */
export interface BenchRequest extends Loaded {
  readonly config: AnyConfig;
  readonly trained: TrainedCell;
  readonly la: LinearAlgebra;
  readonly packed?: () => PackedSamples;
  readonly report: (what: string) => void;
}

/** Samples over which curvature, noise and widths are measured where none are asked for: of perceptrons, and of networks of layers. */
export const MEASURED = { perceptron: 2000, layered: 1000 } as const;
/** Most bytes of the rows of a window. */
const WINDOW_BYTES = 2 ** 30;

/** Holds what was recorded after the end of training. */
export interface CellWindow {
  readonly rows: ReadonlyMap<string, Rows>;
  readonly steps: number;
  readonly epochs: number;
  /** All weights after the window, and what the optimiser then keeps. */
  readonly last: Float32Array;
  readonly squares?: { readonly before: Float32Array; readonly after: Float32Array };
}

/** The state of a cell, and what is made from it on demand. */
export class Bench {
  readonly config: AnyConfig;
  readonly network: AnyNetwork;
  readonly trained: TrainedCell;
  readonly la: LinearAlgebra;
  /** All weights. */
  readonly w: Float64Array;
  readonly form: LinearForm;
  private readonly places = new Map<number, Place>();
  private readonly windows = new Map<string, CellWindow>();

  constructor(readonly request: BenchRequest) {
    this.config = request.config;
    this.network = request.network;
    this.trained = request.trained;
    this.la = request.la;
    this.w = Float64Array.from(request.trained.weights);
    this.form = linearForm(this.optimiser, this.learningRate);
  }

  /** Training samples, N. */
  get train(): Samples {
    return this.request.dataset.train;
  }

  get optimiser(): ReturnType<typeof optimiserIn> {
    return optimiserIn(this.config, this.trained.plan.batchesPerEpoch);
  }

  /** The learning rate of the step after the last one. */
  get learningRate(): number {
    const { schedule, learningRate } = completeOptimiser(this.optimiser);
    return rateOf(schedule, learningRate, this.trained.steps);
  }

  /** The random key of a measure: the same for all cells of a seed, so that they have the same directions and probes. */
  key(measure: string): Key {
    return randomKey(this.config.seed).child('sweep').child(measure);
  }

  /** Layers that have weights, without their biases. */
  get layers(): RecordedBlock[] {
    const { network } = this;
    const names = isLayered(network)
      ? weightBlocks(resolveLayers(network)).map((b) => b.name)
      : layersOf(network).map((l) => l.name);
    return names.map((name) => recordedBlock(network, name));
  }

  /** Returns the layers of these names; those that the config records by default. */
  blocks(names: readonly string[] | 'all' | undefined): RecordedBlock[] {
    if (names === 'all') return this.layers;
    return (names ?? layersIn(this.config)).map((name) => recordedBlock(this.network, name));
  }

  /** Returns how many of the first training samples are measured where so many are asked for. */
  countOf(count?: number): number {
    return Math.min(this.train.count, count ?? MEASURED[isLayered(this.network) ? 'layered' : 'perceptron']);
  }

  /** Returns the first samples of the training set, with what is measured on them. */
  at(count?: number): Place {
    const n = this.countOf(count);
    let place = this.places.get(n);
    if (!place) this.places.set(n, (place = new Place(this, firstSamples(this.train, n))));
    return place;
  }

  /**
   * Records layers over the epochs that follow the end of training; the same steps at each call.
   * @throws RunError where training diverges in the window, and where the rows would take too much memory
   */
  window(layers: readonly RecordedBlock[], epochs: number): CellWindow {
    const id = `${epochs} ${layers.map((l) => l.name).join(' ')}`;
    let window = this.windows.get(id);
    if (!window) {
      this.windows.clear();
      this.windows.set(id, (window = this.record(layers, epochs)));
    }
    return window;
  }

  private record(layers: readonly RecordedBlock[], epochs: number): CellWindow {
    const { trained, config, network, request } = this;
    const { plan, kept, steps: taken } = trained;
    const { batchSize } = config.training;
    const width = layers.reduce((sum, l) => sum + l.size, 0);
    const T = epochs * plan.batchesPerEpoch;
    if (4 * T * width > WINDOW_BYTES)
      throw new RunError(
        'window-too-large',
        `a window of ${T} steps of ${width} weights would take ${((4 * T * width) / 1e9).toPrecision(2)} GB; measure fewer layers or fewer epochs (windowEpochs).`,
      );
    request.report(`window of ${T} steps`);
    const learner = runLearner(network, this.train, config, plan.batchesPerEpoch, {
      recorded: layers.map((l) => l.name),
      ...(request.packed && { packed: request.packed }),
    });
    learner.setWeights(trained.weights);
    learner.setState(kept, taken);
    const rows = new Map(layers.map(({ name, size }) => [name, { data: new Float32Array(T * size), P: size }]));
    const first = Math.ceil(trained.epochs);
    let step = 0;
    try {
      for (let e = 0; e < epochs; e++) {
        const { order, sizes } = plan.epoch(first + e);
        for (let b = 0; b < sizes.length; ) {
          let count = Math.min(STEPS_PER_CALL, sizes.length - b);
          let size = batchSize;
          if (sizes[b + count - 1] !== batchSize) {
            if (count > 1) count--;
            else size = sizes[b];
          }
          const recorded = learner.steps(order.subarray(b * batchSize, b * batchSize + count * size), size).recorded!;
          for (let r = 0; r < count; r++, step++) {
            let at = r * width;
            for (const { name, size: own } of layers) {
              rows.get(name)!.data.set(recorded.subarray(at, at + own), step * own);
              at += own;
            }
          }
          b += count;
        }
      }
      const [before, after] = [kept.optimiser?.squares, learner.state().optimiser?.squares];
      return {
        rows,
        steps: T,
        epochs,
        last: learner.weights(),
        ...(before && after && { squares: { before, after } }),
      };
    } catch (error) {
      if (!(error instanceof DivergedError)) throw error;
      throw new RunError(
        'diverged-in-window',
        `training diverged in the window, at its step ${step + error.step + 1}.`,
      );
    } finally {
      learner.release();
    }
  }

  async close(): Promise<void> {
    for (const place of this.places.values()) await place.close();
    this.windows.clear();
  }
}

/** Some samples at the weights of a bench. */
export class Place {
  private made: Surface | undefined;
  private alone: Surface | undefined;
  private single: Surface | undefined;
  private passed: NetworkPasses | undefined;
  private known: Promise<{ readonly loss: number; readonly gradient: Float64Array }> | undefined;
  private searches = new Map<string, Promise<{ readonly pairs: readonly RitzPair[]; readonly converged: boolean }>>();

  constructor(
    private readonly bench: Bench,
    readonly samples: Samples,
  ) {}

  /** The loss over the samples, with the L2 penalty that the optimiser descends. */
  get surface(): Surface {
    this.made ??= surfaceOf(this.bench.network, this.samples, penaltyOf(this.bench.config));
    return this.made;
  }

  /** The loss over the samples alone, without a penalty. */
  get bare(): Surface {
    if (penaltyOf(this.bench.config) === 0) return this.surface;
    this.alone ??= surfaceOf(this.bench.network, this.samples);
    return this.alone;
  }

  /** The same loss, where lines in a layer of a perceptron are computed in float32, some hundred times faster [F4]. */
  get lines(): Surface {
    const { network, config } = this.bench;
    if (isLayered(network) || penaltyOf(config) > 0) return this.surface;
    this.single ??= networkSurface({ spec: network, samples: this.samples, lines: 'float32' });
    return this.single;
  }

  /** The kernels over the samples, where the network is a perceptron and its loss has no penalty. */
  get passes(): NetworkPasses | undefined {
    const { network, config, trained } = this.bench;
    if (isLayered(network) || penaltyOf(config) > 0) return undefined;
    this.passed ??= new NetworkPasses({ spec: network, weights: trained.weights, samples: this.samples });
    return this.passed;
  }

  get whole(): SurfaceBlock {
    return wholeBlock(this.surface.parameters);
  }

  gradient(): Promise<{ readonly loss: number; readonly gradient: Float64Array }> {
    const { passes } = this;
    this.known ??= passes ? Promise.resolve(passes.gradient()) : this.surface.gradient(this.bench.w);
    return this.known;
  }

  /** Finds the largest eigenvalues of the Hessian. */
  top(count: number, tolerance: number): Promise<{ readonly pairs: readonly RitzPair[]; readonly converged: boolean }> {
    const id = `${count} ${tolerance}`;
    let found = this.searches.get(id);
    if (!found) this.searches.set(id, (found = this.search(count, tolerance)));
    return found;
  }

  private async search(count: number, tolerance: number) {
    const { bench, passes } = this;
    const options = { count, key: bench.key('top'), tolerance, maxSteps: 2 * count + 80, la: bench.la };
    if (passes) return lanczos(hessianOperator(passes), options);
    const { whole, surface } = this;
    const [found] = await multiplyTogether(hessianProducts(surface, bench.w, whole, {}), [
      lanczosSearch(whole.size, options),
    ]);
    return found;
  }

  async close(): Promise<void> {
    await this.made?.close();
    await this.alone?.close();
    await this.single?.close();
  }
}
