/** One run of the grid: training, the windows of all layers, and what is measured in each. The work of a worker thread. */
import { meanOfRows } from '../../analyse/trajectory/window-rows.js';
import type { Dataset } from '../../data/dataset.js';
import { oneHot } from '../../data/one-hot.js';
import { recordedBlock } from '../../model/any-network.js';
import { layeredOf, perceptronOf } from '../../model/layered/convert.js';
import { namedNetwork } from '../../model/layered/named.js';
import { initialLayeredWeights, weightBlocks } from '../../model/layered/parameters.js';
import { resolveLayers } from '../../model/layered/resolve.js';
import type { LayeredSpec } from '../../model/layered/spec.js';
import { DivergedError, RunError } from '../../numeric/errors.js';
import type { LinearAlgebra } from '../../numeric/linalg/index.js';
import { randomKey } from '../../numeric/random.js';
import { median } from '../../numeric/statistics.js';
import { type LayerMeasured, measureLayer } from '../../runs/relation/layer.js';
import {
  gradientRows,
  type Trained,
  type TrainRequest,
  trainToWindow,
  type Windows,
  windowsOf,
} from '../../runs/relation/train.js';
import { surfaceBlock } from '../../runs/surface.js';
import { layeredSurface } from '../../surface/layered/surface.js';
import { linearForm } from '../../theory/optimisers/linear-form.js';
import { preconditionerOf } from '../../theory/optimisers/own-coordinates.js';
import { walkOf } from '../../theory/optimisers/walk.js';
import { LayeredTrainer, PackedSamples } from '../../train/layered-trainer.js';
import type { OptimiserSpec } from '../../train/optimisers/spec.js';
import { optimiserUpdate } from '../../train/optimisers/update.js';
import { type GeneralityConfig, type GridRun, setName } from './config.js';
import type { LayerResult, RunResult } from './measured.js';

/** Says which run is made, and with what. */
export interface CellRequest {
  readonly run: GridRun;
  readonly config: GeneralityConfig;
  readonly dataset: Dataset;
  readonly la: LinearAlgebra;
  readonly report: (what: string, share: number) => void;
}

/** Returns the network of a run for its data. */
export function networkFor(
  { network, loss }: Pick<GridRun, 'network' | 'loss'>,
  { train, classes }: Dataset,
): LayeredSpec {
  const spec = namedNetwork(network, train.shape ?? train.size, classes, loss);
  const perceptron = perceptronOf(spec);
  return perceptron ? layeredOf(perceptron) : spec;
}

/** Returns the optimiser of a run, with its learning rate. */
export function optimiserFor(
  { optimiser, setting }: GridRun,
  { optimisers, settings }: GeneralityConfig,
): OptimiserSpec {
  const { spec } = optimisers.find((o) => o.name === optimiser)!;
  return { ...spec, learningRate: Number((spec.learningRate * settings[setting].factor).toPrecision(12)) };
}

/** Makes a run. A run that diverges leaves a document that says so. */
export async function gridCell(request: CellRequest): Promise<RunResult> {
  const { run, config, dataset, report } = request;
  const { batchSize } = config.settings[run.setting];
  const optimiser = optimiserFor(run, config);
  const head = {
    format: 'thermograd generality run' as const,
    set: setName(run.set),
    network: run.network,
    optimiser: run.optimiser,
    loss: run.loss,
    batchSize,
    learningRate: optimiser.learningRate,
    seed: run.seed,
  };
  const spec = networkFor(run, dataset);
  const key = randomKey(run.seed).child('generality').child(setName(run.set)).child(run.network);
  const samples = run.loss === 'squared-error' ? oneHot(dataset.train, dataset.classes) : dataset.train;
  const packed = new PackedSamples(samples);
  const training: TrainRequest = {
    spec,
    samples,
    make: (recordLayers) =>
      new LayeredTrainer({
        spec,
        samples: packed,
        learningRate: optimiser.learningRate,
        update: optimiserUpdate(optimiser),
        batchSize,
        recordLayers,
      }),
    initial: initialLayeredWeights(spec, key.child('init')),
    batchSize,
    maxEpochs: config.maxEpochs,
    windowSteps: config.windowSteps,
    key: key.child('batches'),
    report: (what) => report(what, 0.05),
  };
  let trained: Trained;
  try {
    trained = await trainToWindow(training);
  } catch (error) {
    if (!(error instanceof DivergedError)) throw error;
    return {
      ...head,
      epochs: 0,
      windowSteps: 0,
      met: false,
      trainLoss: Number.NaN,
      trainErrors: Number.NaN,
      layers: [],
      failed: error.message,
    };
  }
  const facts = {
    ...head,
    epochs: trained.epochs,
    windowSteps: trained.windowEpochs * trained.plan.batchesPerEpoch,
    met: trained.met,
    trainLoss: trained.loss,
    trainErrors: trained.errors,
  };
  const layers: LayerResult[] = [];
  const blocks = weightBlocks(resolveLayers(spec));
  for (const group of groupsOf(blocks, facts.windowSteps, config.mostNumbers)) {
    let windows: Windows;
    try {
      windows = windowsOf(
        training,
        trained,
        group.map(({ name }) => recordedBlock(spec, name)),
      );
    } catch (error) {
      if (!(error instanceof DivergedError)) throw error;
      return { ...facts, layers: [], failed: `in the window: ${error.message}` };
    }
    layers.push(
      ...(await measureGroup(request, {
        spec,
        training,
        trained,
        windows,
        optimiser,
        names: group.map((b) => b.name),
        done: layers.length,
        total: blocks.length,
      })),
    );
  }
  return { ...facts, layers };
}

/** Splits layers into groups whose windows fit together. */
function groupsOf<T extends { readonly size: number }>(layers: readonly T[], steps: number, most: number): T[][] {
  const groups: T[][] = [];
  let held = Number.POSITIVE_INFINITY;
  for (const layer of layers) {
    if (held + layer.size * steps > most) {
      groups.push([]);
      held = 0;
    }
    groups[groups.length - 1].push(layer);
    held += layer.size * steps;
  }
  return groups;
}

interface Group {
  readonly spec: LayeredSpec;
  readonly training: TrainRequest;
  readonly trained: Trained;
  readonly windows: Windows;
  readonly optimiser: OptimiserSpec;
  readonly names: readonly string[];
  readonly done: number;
  readonly total: number;
}

/** Measures the layers of a group; each at the mean of its window, with the last weights elsewhere. */
async function measureGroup(request: CellRequest, group: Group): Promise<LayerResult[]> {
  const { config, la, report, run } = request;
  const { spec, training, trained, windows, optimiser, names, done, total } = group;
  const { samples, batchSize } = training;
  const resolved = resolveLayers(spec);
  const form = linearForm(optimiser);
  const key = training.key.child('measure').child(run.optimiser).child(run.setting);
  const steps = trained.steps + trained.windowEpochs * trained.plan.batchesPerEpoch;
  const preconditioner = form.adaptive ? preconditionerOf(form, windows.states.squares, steps) : undefined;
  const surface = layeredSurface({ spec, samples });
  const out: LayerResult[] = [];
  const blocks = names.map((name) => recordedBlock(spec, name));
  const means = blocks.map(({ name }) => meanOfRows(windows.rows.get(name)!));
  const fixed = windows.last.slice();
  blocks.forEach(({ offset }, k) => {
    fixed.set(Float32Array.from(means[k]), offset);
  });
  const learner = training.make([]);
  learner.setWeights(fixed);
  const noise = gradientRows(learner, trained, blocks, {
    batchSize,
    key: training.key.child('walk'),
    count: samples.count,
  });
  learner.release();
  for (const [k, name] of names.entries()) {
    const block = blocks[k];
    const { type } = resolved.find((l) => l.name === name)!;
    const rows = windows.rows.get(name)!;
    const centre = Float64Array.from(windows.last);
    centre.set(means[k], block.offset);
    const own = preconditioner?.slice(block.offset, block.offset + block.size);
    const of = { layer: name, type, shape: block.shape, ...movedIn(trained, windows, block) };
    const walk = () => {
      const found = noise.get(name)!;
      walkOf(found, form, own);
      return found;
    };
    try {
      const measured: LayerMeasured = await measureLayer({
        surface,
        block: surfaceBlock(block),
        centre,
        rows,
        walk,
        scale: own?.map(Math.sqrt),
        directions: type === 'conv' ? config.directions.conv : config.directions.other,
        vectors: config.vectors,
        relativeTolerance: config.relativeTolerance,
        key: key.child(name),
        la,
        report: (what, share) => report(`${name}, ${what}`, 0.2 + (0.8 * (done + k + share)) / total),
      });
      out.push({ ...of, measured });
    } catch (error) {
      if (!(error instanceof RunError) && (error as { code?: string }).code !== 'no-centre-loss') throw error;
      out.push({ ...of, failed: (error as Error).message });
    }
  }
  await surface.close();
  return out;
}

/** How far √v moved in the window, for optimisers that keep it; weights that never had a gradient are left out. */
function movedIn(
  { states }: Trained,
  windows: Windows,
  { offset, size }: { readonly offset: number; readonly size: number },
): { moved?: number } {
  const [before, after] = [states.squares, windows.states.squares];
  if (!before || !after) return {};
  const ratios: number[] = [];
  for (let i = offset; i < offset + size; i++) {
    if (!(before[i] > 0 && after[i] > 0)) continue;
    const r = Math.sqrt(after[i] / before[i]);
    ratios.push(Math.max(r, 1 / r));
  }
  return ratios.length > 0 ? { moved: median(ratios) } : {};
}
