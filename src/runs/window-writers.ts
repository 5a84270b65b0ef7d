/** The recorded windows of all layers of a run, which are written together: one row of each after every step. */
import { isLayered, recordedBlock } from '../model/any-network.js';
import { chunkRowsFor, type TrajectoryShape, TrajectoryWriter } from '../record/trajectory.js';
import type { Context } from './context.js';
import { eachLayer, layersIn, windowFile } from './layers.js';

/** Folder of the recorded window of a layer. */
export const TRAJECTORY = 'trajectory.zarr';

/** Says what is recorded, and from which row on. */
interface WindowRequest extends Pick<TrajectoryShape, 'steps'> {
  readonly attributes: NonNullable<TrajectoryShape['attributes']>;
  readonly row: number;
}

/** Returns the rows of a chunk of every layer: the same, so that all windows are on disk after the same steps. */
export const chunkRowsOf = ({ network, config }: Pick<Context, 'network' | 'config'>): number =>
  chunkRowsFor(layersIn(config).reduce((sum, layer) => sum + recordedBlock(network, layer).size, 0));

/** Says whether a run keeps its state at the beginning of the window, with which its end is compared. */
export const hasWindowStart = ({ network, config }: Pick<Context, 'network' | 'config'>): boolean =>
  isLayered(network) || config.optimiser !== undefined;

/** Opens the windows of all recorded layers for writing. */
export async function openWriters(context: Context, { row, ...window }: WindowRequest): Promise<WindowWriters> {
  const { folder, network } = context;
  const chunkRows = chunkRowsOf(context);
  const writers: TrajectoryWriter[] = [];
  for (const config of eachLayer(context.config)) {
    const { name, size, shape } = recordedBlock(network, config.record.layer);
    const own = { ...window, size, layer: name, layerShape: shape, chunkRows };
    writers.push(await TrajectoryWriter.open(windowFile({ folder, config }, TRAJECTORY), own, row));
  }
  return new WindowWriters(writers);
}

/** Writes the windows of some layers; all have the same rows on disk and in memory. */
export class WindowWriters {
  constructor(private readonly writers: readonly TrajectoryWriter[]) {}

  /** Returns how many more rows complete the next chunk. */
  get room(): number {
    return this.writers[0].room;
  }

  /** Returns the number of rows that are not on disk yet. */
  get pending(): number {
    return this.writers[0].pending;
  }

  /**
   * Adds the rows of some steps.
   * @param weights - rows × the weights of all layers, one layer after the other
   */
  append(firstStep: number, weights: Float32Array, loss: ArrayLike<number>, correct: ArrayLike<number>): void {
    const { writers } = this;
    const rows = loss.length;
    const width = weights.length / rows;
    let from = 0;
    for (const writer of writers) {
      const { size } = writer.shape;
      const own = writers.length === 1 ? weights : new Float32Array(rows * size);
      if (writers.length > 1)
        for (let r = 0; r < rows; r++) {
          const at = r * width + from;
          own.set(weights.subarray(at, at + size), r * size);
        }
      writer.append(firstStep, own, loss, correct);
      from += size;
    }
  }

  /** Writes the rows held in memory to disk. */
  flush(): void {
    for (const writer of this.writers) writer.flush();
  }
}
