/** Everything that a trainer keeps in kernel memory, and the records that work on it. */
import type { Samples } from '../../data/dataset.js';
import { weightBlock } from '../../model/layered/parameters.js';
import type { ResolvedLayer } from '../../model/layered/resolved.js';
import type { PlanKernel } from '../../model/plan/machine.js';
import { type Instruction, RECORD_WORDS } from '../../model/plan/ops.js';
import type { Arena } from '../arena.js';
import type { LayeredTrainerOptions } from '../layered-options.js';
import { compile } from './compile.js';
import type { PackedSamples } from './data.js';
import { FlatLayout } from './places.js';
import { Room } from './room.js';
import { readsSparse, sparseLayer, unplaced } from './sparse.js';
import type { Update } from './update.js';

/** The most steps in one kernel call; a fraction of a second for small networks. */
export const STEPS_PER_LAYERED_CALL = 200;
/** Lanes of a block in evaluation: rows of 400 bytes spread over the sets of the first-level cache. */
export const EVALUATION_LANES = 100;
/** Most samples of a batch that are taken at once. */
const PART_LANES = 128;
/** Bytes of activations and gradients above which evaluation takes smaller blocks. */
const ROOM_FOR_ROWS = 2 ** 28;
/** Words of the structure `Steps` in kernels/plan/index.ts. */
const STEPS_WORDS = 18;

/** Numbers of the first and after the last record of a list. */
type Range = readonly [from: number, to: number];

/** Addresses in kernel memory, and what is executed there. */
export interface Layout {
  readonly bytes: number;
  readonly room: Room;
  readonly flat: FlatLayout;
  readonly weights: number;
  readonly gradient: number;
  readonly states: readonly number[];
  /** Single numbers that the update keeps. */
  readonly cells: number;
  /** The vectors that a step changes. */
  readonly vectors: readonly number[];
  readonly instructions: readonly Instruction[];
  readonly records: number;
  readonly evaluate: Range;
  readonly gradients: Range;
  readonly steps: number;
  readonly order: number;
  readonly table: number;
  readonly settingCount: number;
  /** The number 1: factor of a gradient that is not scaled. */
  readonly one: number;
  readonly losses: number;
  readonly corrects: number;
  readonly record: number;
  readonly recordSize: number;
  readonly evaluationLanes: number;
  readonly lossRow: number;
  readonly correctRow: number;
  /** Prepares steps over batches of this size from the beginning of the order; `pull` is the address of a penalty, or 0. */
  begin(arena: Arena, kernel: PlanKernel, batch: number, pull: number): void;
  /** Prepares rows of this many lanes. */
  useLanes(arena: Arena, lanes: number): void;
}

const quads = (n: number): number => 4 * Math.ceil(n / 4);

/** Returns the lanes in which a batch is taken: all at once, or equal parts. */
function partLanes(batch: number): number {
  return batch <= PART_LANES ? quads(batch) : quads(batch / Math.ceil(batch / EVALUATION_LANES));
}

/** Lays a trainer out from address `base` on; without data only `bytes` has a meaning. */
export function lay(
  options: LayeredTrainerOptions,
  samples: Samples,
  layers: readonly ResolvedLayer[],
  update: Update,
  data: PackedSamples | undefined,
  base: number,
): Layout {
  const { spec, batchSize, recordLayers = [], trainable, key } = options;
  const lanes = partLanes(batchSize);
  const trained = (layer: ResolvedLayer) => trainable?.includes(layer.name) ?? true;
  const dropKey = key?.child('dropout').stream();
  const masks = [0, 0].map(() => (dropKey ? Math.floor(dropKey.uniform() * 2 ** 31) : 0)) as [number, number];
  const sparse = readsSparse(layers, samples) ? layers[0] : undefined;
  const flat = new FlatLayout(layers, sparse);
  const most = Math.max(lanes, EVALUATION_LANES);
  const compiled = (room: Room, weights: number) =>
    compile({
      layers,
      loss: spec.loss,
      room,
      weights: flat.at(weights),
      trained,
      sparse: sparse && sparseLayer(sparse, room, flat.at(weights), data?.packed() ?? unplaced(samples), most),
      gather: (x, border) => data?.gather(x, border, layers[0].inputShape[2], layers[0].inputShape[1]) ?? [],
      labels: data?.labelsAt ?? 0,
      targets: data?.targetsAt ?? 0,
      key: masks,
    });
  const counting = new Room(64, 4);
  compiled(counting, 64);
  const fitting = Math.max(4, 4 * Math.floor(ROOM_FOR_ROWS / counting.size));
  const evaluationLanes = Math.min(quads(Math.min(EVALUATION_LANES, samples.count)), fitting);

  const room = new Room(base, Math.max(lanes, evaluationLanes));
  const settingCount = 1 + update.settings;
  const blocks = recordLayers.map((name) => weightBlock(layers, name));
  const recordSize = blocks.reduce((sum, b) => sum + b.size, 0);
  const one = room.constant([1]);
  const minusOne = room.constant([-1]);
  const settings = room.numbers(settingCount);
  const weights = room.numbers(flat.count);
  const gradient = room.numbers(flat.count);
  const states = update.states.map(() => room.numbers(flat.count));
  const cells = room.numbers(update.cells ?? 0);
  const table = room.numbers(settingCount * STEPS_PER_LAYERED_CALL);
  const order = room.bytes(4 * Math.max(samples.count, STEPS_PER_LAYERED_CALL * batchSize));
  const losses = room.numbers(STEPS_PER_LAYERED_CALL);
  const corrects = room.bytes(2 * STEPS_PER_LAYERED_CALL);
  const record = room.numbers(STEPS_PER_LAYERED_CALL * recordSize);
  const parts = room.bytes(16 * blocks.length);
  const steps = room.bytes(4 * STEPS_WORDS);
  const net = compiled(room, weights);

  const folded = update.folded && lanes >= batchSize;
  const to = flat.at(folded ? weights : gradient);
  const passes = [...net.forward, ...net.backward(to, settings, true, true)];
  const setting = (i: number) => settings + 4 * (1 + i);
  const cell = (i: number) => cells + 4 * i;
  const updates: Instruction[] = update.folded
    ? folded
      ? []
      : [{ op: 'sgd' as const, w: weights, g: gradient, rate: minusOne, count: flat.count }]
    : update.instructions({
        weights,
        gradient,
        states,
        count: flat.count,
        trained: flat.ranges(layers, trained),
        setting,
        cell,
      });
  const list = [
    passes,
    updates,
    net.evaluate,
    [...net.evaluate.slice(0, -2), ...net.forward.slice(-2), ...net.backward(flat.at(gradient), one, false, false)],
  ];
  const ends = list.map((_, k) => list.slice(0, k + 1).reduce((n, part) => n + part.length, 0));
  const instructions = list.flat();
  const records = room.bytes(4 * RECORD_WORDS * instructions.length);

  let lanesInUse = 0;
  const useLanes = (arena: Arena, n: number): void => {
    if (n === lanesInUse) return;
    lanesInUse = n;
    arena.f32(net.border.at, net.border.rows * n).fill(0);
  };
  return {
    bytes: room.size,
    room,
    flat,
    weights,
    gradient,
    states,
    vectors: [weights, ...states],
    cells,
    instructions,
    records,
    evaluate: [ends[1], ends[2]],
    gradients: [ends[2], ends[3]],
    steps,
    order,
    table,
    settingCount,
    one,
    losses,
    corrects,
    record,
    recordSize,
    evaluationLanes,
    lossRow: net.lossRow,
    correctRow: net.correctRow,
    useLanes,
    begin: (arena, kernel, batch, pull) => {
      useLanes(arena, lanes);
      arena.u32(parts, 4 * blocks.length).set(blocks.flatMap((b) => flat.part(weights, b.offset)));
      const sums = folded ? [0, 0] : [gradient, 4 * flat.count];
      arena
        .u32(steps, STEPS_WORDS)
        .set([
          ...[records, ends[0], ends[1], batch, lanes, net.lossRow, net.correctRow],
          ...[settings, settingCount, table, ...sums, parts, blocks.length, record, losses, corrects, pull],
        ]);
      kernel.setOrder(order);
    },
  };
}
