/**
 * The recorded window on disk: a Zarr v3 group with the weights of one layer at every step.
 *
 * `weights` float32 T×P (row t: the layer AFTER step `step[t]`, PyTorch's out×in order), `loss` float32 T (mean loss of
 * the minibatch BEFORE that step's update), `correct` int32 T (correct predictions in it), `step` int32 T (steps since
 * the start of training, the first is 1; −1 where nothing was recorded yet). What was not recorded reads as NaN. Chunks
 * are uncompressed (weights hardly compress) and each is one file, written whole. `zarr.open` in Python reads it.
 */
import * as zarr from 'zarrita';
import { FolderStore } from '#folder-store';
import { check, RunError, shown } from '../numeric/errors.js';
import * as is from '../numeric/wants.js';
import type { ArrayStore } from './array-store.js';
import { sizeOf } from './recording/table.js';
import { openRows, type ZarrRows } from './zarr-array.js';

/** Describes a window; it is kept in the attributes of the group. */
export interface TrajectoryShape {
  /** Steps T of the window. */
  readonly steps: number;
  /** Weights P of the recorded layer. */
  readonly size: number;
  /** Name of the layer and the shape of its weight: outputs×inputs, outputs×inputs×kernel×kernel for a convolution. */
  readonly layer: string;
  readonly layerShape: readonly number[];
  /** Rows of one chunk; see `chunkRowsFor`. */
  readonly chunkRows: number;
  /** Anything else a reader should know, e.g. learning rate and batch size. */
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** Says what the place of a trajectory is. */
const PLACE_WANTS = is.either(is.text, is.having('a store, such as new MemoryStore()', 'set'));

/** Says what a {@link TrajectoryShape} needs. */
export const TRAJECTORY_SHAPE_WANTS = is.shape<TrajectoryShape>({
  steps: is.count,
  size: is.count,
  layer: is.text,
  layerShape: is.numbers,
  chunkRows: is.count,
  attributes: is.maybe(is.object),
});

const FORMAT = 'thermograd trajectory';
const VERSION = 1;
/** Numbers of the largest block of rows that is read at once: 256 MB. */
const LARGEST_BLOCK = 2 ** 26;
const BYTES = [{ name: 'bytes', configuration: { endian: 'little' } }];

/** Returns the number of rows in a chunk of about 4 MB, from 1 to 1000, for P = `size` weights. */
export function chunkRowsFor(size: number): number {
  return Math.max(1, Math.min(1000, Math.floor(1e6 / size)));
}

/**
 * Writes the rows of a window one after another. Memory: one chunk. Nothing is on disk until a chunk is full or `flush`
 * is called.
 */
export class TrajectoryWriter {
  private readonly weights: Float32Array;
  private readonly loss: Float32Array;
  private readonly correct: Int32Array;
  private readonly step: Int32Array;
  private filled = 0;
  private chunk: number;

  private constructor(
    private readonly store: ArrayStore,
    readonly shape: TrajectoryShape,
    from: number,
  ) {
    const rows = shape.chunkRows;
    this.chunk = Math.ceil(from / rows);
    this.weights = new Float32Array(rows * shape.size);
    this.loss = new Float32Array(rows);
    this.correct = new Int32Array(rows);
    this.step = new Int32Array(rows);
    this.blank();
  }

  /**
   * Opens a window for writing at row `from`, a multiple of `chunkRows`: metadata first, then rows from there on.
   * Existing rows from `from` on are overwritten.
   * @throws InputError for another `from`
   */
  static async open(place: string | ArrayStore, shape: TrajectoryShape, from = 0): Promise<TrajectoryWriter> {
    is.given(
      'TrajectoryWriter.open',
      { place, shape, from },
      {
        place: PLACE_WANTS,
        shape: TRAJECTORY_SHAPE_WANTS,
        from: is.whole,
      },
    );
    const store = typeof place === 'string' ? new FolderStore(place) : place;
    const { steps, size, chunkRows } = shape;
    check(
      from % chunkRows === 0 || from === steps,
      'bad-row',
      () => `a trajectory can be continued at multiples of ${chunkRows} rows; got ${from}.`,
    );
    await zarr.create(store, {
      attributes: {
        format: FORMAT,
        version: VERSION,
        layer: shape.layer,
        layerShape: shape.layerShape,
        order: `weights are flattened as ${shape.layerShape.length === 4 ? 'outputs x inputs x kernel x kernel' : 'outputs x inputs'}, row-major, as torch.nn.${shape.layerShape.length === 4 ? 'Conv2d' : 'Linear'}.weight.flatten()`,
        ...shape.attributes,
      },
    });
    const array = (name: string, dtype: 'float32' | 'int32', fillValue: number, attributes: Record<string, unknown>) =>
      zarr.create(zarr.root(store).resolve(`/${name}`), {
        shape: name === 'weights' ? [steps, size] : [steps],
        chunkShape: name === 'weights' ? [chunkRows, size] : [chunkRows],
        dtype,
        codecs: BYTES,
        fillValue,
        dimensionNames: name === 'weights' ? ['step', 'weight'] : ['step'],
        attributes: attributes as zarr.Attributes,
      });
    await array('weights', 'float32', Number.NaN, { description: 'weights of the layer after each step', unit: '1' });
    await array('loss', 'float32', Number.NaN, {
      description: 'mean minibatch loss before the update',
      unit: 'nat per sample',
    });
    await array('correct', 'int32', -1, {
      description: 'right answers in the minibatch before the update',
      unit: 'samples',
    });
    await array('step', 'int32', -1, {
      description: 'steps since the start of training; -1: not recorded',
      unit: 'step',
    });
    return new TrajectoryWriter(store, shape, from);
  }

  /** Returns the number of rows that are not on disk yet. A checkpoint may be written only when this is 0. */
  get pending(): number {
    return this.filled;
  }

  /** Returns the number of rows on disk and in memory. */
  get rows(): number {
    return Math.min(this.chunk * this.shape.chunkRows + this.filled, this.shape.steps);
  }

  /** Returns how many more rows complete the next chunk. */
  get room(): number {
    const { chunkRows, steps } = this.shape;
    return Math.min(chunkRows - this.filled, steps - this.rows);
  }

  /**
   * Adds the rows of steps `firstStep`, `firstStep`+1, …; all arguments are copied.
   * @throws InputError when sizes do not fit, or the window has no space for the rows
   */
  append(firstStep: number, weights: Float32Array, loss: ArrayLike<number>, correct: ArrayLike<number>): void {
    is.given(
      'TrajectoryWriter.append',
      { firstStep, weights, loss, correct },
      { firstStep: is.whole, weights: is.float32, loss: is.numbers, correct: is.numbers },
    );
    const { chunkRows, size, steps } = this.shape;
    const count = loss.length;
    check(
      weights.length === count * size && this.rows + count <= steps,
      'bad-rows',
      () =>
        `a window of ${steps} steps × ${size} weights holds ${this.rows} rows; cannot add ${count} rows of ${weights.length} numbers.`,
    );
    for (let done = 0; done < count; ) {
      const n = Math.min(this.room, count - done);
      this.weights.set(weights.subarray(done * size, (done + n) * size), this.filled * size);
      for (let i = 0; i < n; i++) {
        this.loss[this.filled + i] = loss[done + i];
        this.correct[this.filled + i] = correct[done + i];
        this.step[this.filled + i] = firstStep + done + i;
      }
      this.filled += n;
      done += n;
      if (this.filled === chunkRows || this.rows === steps) this.flush();
      if (this.rows === steps) break;
    }
  }

  /** Writes the rows held in memory to disk, as part of their chunk. Needed only when training stops early. */
  flush(): void {
    if (this.filled === 0) return;
    const c = this.chunk;
    this.store.set(`/weights/c/${c}/0`, bytes(this.weights));
    this.store.set(`/loss/c/${c}`, bytes(this.loss));
    this.store.set(`/correct/c/${c}`, bytes(this.correct));
    this.store.set(`/step/c/${c}`, bytes(this.step));
    if (this.filled === this.shape.chunkRows || this.rows === this.shape.steps) {
      this.chunk++;
      this.blank();
    }
  }

  private blank(): void {
    this.weights.fill(Number.NaN);
    this.loss.fill(Number.NaN);
    this.correct.fill(-1);
    this.step.fill(-1);
    this.filled = 0;
  }
}

/** Returns the bytes of an array, which are little-endian on every machine that runs Node. */
function bytes(a: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(a.buffer, a.byteOffset, a.byteLength);
}

/**
 * Returns the number of recorded rows, and refuses a window whose short arrays do not agree: steps follow one another, and what was not recorded has no step, no
 * loss and no answers.
 */
function checkRows(step: Int32Array, loss: Float32Array, correct: Int32Array): number {
  const end = step.indexOf(-1);
  const recorded = end < 0 ? step.length : end;
  for (let t = 0; t < step.length; t++) {
    const good =
      t < recorded
        ? step[t] === step[0] + t && correct[t] >= 0
        : step[t] === -1 && correct[t] === -1 && Number.isNaN(loss[t]);
    if (!good)
      throw new RunError(
        'bad-zarr',
        `'step', 'loss' and 'correct' do not agree at row ${t}; a chunk is missing or damaged.`,
      );
  }
  return recorded;
}

/** Reads a recorded window. Rows are read from disk when they are asked for: nothing of size T×P is kept. */
export class Trajectory {
  private constructor(
    private readonly weights: ZarrRows,
    readonly steps: number,
    readonly size: number,
    readonly layer: string,
    readonly chunkRows: number,
    readonly attributes: Readonly<Record<string, unknown>>,
    /** Step of training of each row (−1: never recorded), minibatch loss, correct predictions. */
    readonly step: Int32Array,
    readonly loss: Float32Array,
    readonly correct: Int32Array,
  ) {}

  /**
   * Opens the folder of a trajectory, or any store that holds one. Cost: metadata and the three short arrays.
   * @throws RunError when there is no readable trajectory
   */
  static async open(place: string | ArrayStore): Promise<Trajectory> {
    is.given('Trajectory.open', { place }, { place: PLACE_WANTS });
    const store = typeof place === 'string' ? new FolderStore(place) : place;
    const where = typeof place === 'string' ? place : 'the store';
    try {
      const group = await zarr.open(store, { kind: 'group' });
      const attributes = group.attrs as Record<string, unknown>;
      // what was not recorded has no chunk; rows that were recorded are checked when they are read
      const own = attributes.format === FORMAT;
      const weights = await openRows(store, 'weights', { types: ['float32', 'float64'], dimensions: 2, gaps: !own });
      const [steps, size] = weights.shape;
      const short = async (name: string, types: readonly ('float32' | 'float64' | 'int32' | 'int64')[]) => {
        const array = await openRows(store, name, { types, dimensions: 1, gaps: true });
        if (array.shape[0] !== steps)
          throw new RunError(
            'bad-zarr',
            `'${name}' has ${array.shape[0]} numbers and 'weights' has ${steps} rows; both belong to the same steps.`,
          );
        return array;
      };
      const [step, loss, correct] = [
        await short('step', ['int32', 'int64']),
        await short('loss', ['float32', 'float64']),
        await short('correct', ['int32', 'int64']),
      ];
      const layerShape = attributes.layerShape;
      if (own && Array.isArray(layerShape) && sizeOf(layerShape) !== size)
        throw new RunError(
          'bad-zarr',
          `a layer of the shape ${shown(layerShape)} has not ${size} weights; the metadata are damaged.`,
        );
      if (steps < 1 || size < 1) throw new RunError('bad-zarr', `it has ${steps} steps of ${size} weights.`);
      const [steps32, losses, right] = [
        (await step.rows(0, steps)) as Int32Array,
        Float32Array.from(await loss.rows(0, steps)),
        (await correct.rows(0, steps)) as Int32Array,
      ];
      if (own) {
        const recorded = checkRows(steps32, losses, right);
        // what was recorded has its chunks
        for (const [name, types] of [
          ['loss', ['float32', 'float64']],
          ['correct', ['int32', 'int64']],
        ] as const)
          await (await openRows(store, name, { types, dimensions: 1 })).rows(0, recorded);
      }
      return new Trajectory(
        weights,
        steps,
        size,
        String(attributes.layer ?? 'weights'),
        Math.max(1, Math.min(weights.chunks[0], steps, Math.floor(LARGEST_BLOCK / size))),
        attributes,
        steps32,
        losses,
        right,
      );
    } catch (error) {
      throw new RunError('no-trajectory', `no readable trajectory in ${where}: ${(error as Error).message}`);
    }
  }

  /** Returns how many rows were recorded; fewer than `steps` when training ended early. */
  get recorded(): number {
    const n = this.step.indexOf(-1);
    return n < 0 ? this.steps : n;
  }

  /**
   * Reads the rows `first` … `first`+`count`−1, count×P row-major. Cost: the chunks that they touch are read.
   * @throws InputError for rows that were not recorded
   */
  async rows(first: number, count: number): Promise<Float32Array> {
    is.given('Trajectory.rows', { first, count }, { first: is.whole, count: is.count });
    check(
      Number.isInteger(first) && Number.isInteger(count) && first >= 0 && count >= 1 && first + count <= this.recorded,
      'bad-rows',
      () =>
        `the trajectory holds rows 0 to ${this.recorded - 1}; rows ${first} to ${first + count - 1} were requested.`,
    );
    return (await this.weights.rows(first, count)) as Float32Array;
  }

  /**
   * The numbers of recorded steps and of weights under the names of the analysis: a trajectory is a `RowSource` for
   * `pca`.
   */
  get T(): number {
    return this.recorded;
  }
  get P(): number {
    return this.size;
  }
  /** Yields the recorded rows chunk by chunk, row-major. */
  async *chunks(): AsyncGenerator<Float32Array> {
    for await (const { weights } of this.blocks()) yield weights;
  }

  /** Yields all recorded rows, one chunk at a time. Memory: one chunk. */
  async *blocks(): AsyncGenerator<{ first: number; rows: number; weights: Float32Array }> {
    const total = this.recorded;
    for (let first = 0; first < total; first += this.chunkRows) {
      const rows = Math.min(this.chunkRows, total - first);
      yield { first, rows, weights: await this.rows(first, rows) };
    }
  }
}
