/** Training curves of a folder of results, as scalars over steps. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson } from '../../numeric/json.js';
import { fileBytes, readWhole } from '../../record/files.js';
import type { Scalar } from '../../record/tensorboard.js';
import { Trajectory } from '../../record/trajectory.js';
import { byName } from './find.js';

/** The curves of one run, in the folder that holds its history. */
export interface RunCurves {
  /** Relative to the folder that was searched; empty for itself. */
  readonly inside: string;
  readonly scalars: readonly Scalar[];
}

/** The names that TensorBoard shows, by the keys of history.json; curves before the same slash share a card. */
const TAGS: Readonly<Record<string, string>> = {
  trainLoss: 'loss/train',
  runningLoss: 'loss/train_running',
  testLoss: 'loss/test',
  runningAccuracy: 'accuracy/train_running',
  testAccuracy: 'accuracy/test',
  trainErrors: 'errors/train',
  weightNorm: 'weights/norm',
};

/**
 * Returns the curves of every run in a folder: those of its epochs, and of each step of a recorded window. Values that were not
 * measured are left out.
 * @throws RunError for a trajectory that cannot be read
 */
export async function curvesIn(root: string, signal?: AbortSignal): Promise<RunCurves[]> {
  const runs: RunCurves[] = [];
  for (const inside of historiesIn(root, '')) {
    if (signal?.aborted) break;
    const scalars = [...ofEpochs(join(root, inside)), ...(await ofWindow(join(root, inside)))];
    if (scalars.length > 0) runs.push({ inside, scalars });
  }
  return runs;
}

/** Finds the folders with a history, at and below a folder. */
function historiesIn(root: string, inside: string): string[] {
  const entries = readdirSync(join(root, inside), { withFileTypes: true });
  const own = entries.some((entry) => entry.isFile() && entry.name === 'history.json') ? [inside] : [];
  const further = entries
    .filter(
      (e) => e.isDirectory() && !e.name.startsWith('.') && !/\.zarr$|^(?:figures|tables|node_modules)$/.test(e.name),
    )
    .sort((a, b) => byName(a.name, b.name))
    .flatMap((entry) => historiesIn(root, inside === '' ? entry.name : `${inside}/${entry.name}`));
  return [...own, ...further];
}

function ofEpochs(folder: string): Scalar[] {
  const history = parseJson(new TextDecoder().decode(readWhole(join(folder, 'history.json')))) as {
    readonly epoch?: unknown;
    readonly stepsPerEpoch?: unknown;
    readonly [key: string]: unknown;
  };
  const { epoch, stepsPerEpoch } = history;
  if (!Array.isArray(epoch) || typeof stepsPerEpoch !== 'number') return [];
  return Object.entries(TAGS).flatMap(([key, tag]) => {
    const values = history[key];
    if (!Array.isArray(values)) return [];
    return values.flatMap((value, k): Scalar[] => {
      const step = Number(epoch[k]) * stepsPerEpoch;
      return typeof value === 'number' && Number.isFinite(value) && Number.isSafeInteger(step)
        ? [{ tag, step, value }]
        : [];
    });
  });
}

/** Loss and accuracy of every minibatch of the window, before the update of that step. */
async function ofWindow(folder: string): Promise<Scalar[]> {
  const path = join(folder, 'trajectory.zarr');
  if (fileBytes(join(path, 'zarr.json')) === undefined) return [];
  const { step, loss, correct, recorded, attributes } = await Trajectory.open(path);
  const batch = Number(attributes.batchSize);
  const over = (tag: string, value: (t: number) => number): Scalar[] =>
    Array.from({ length: recorded }, (_, t) => ({ tag, step: step[t], value: value(t) })).filter(({ value: v }) =>
      Number.isFinite(v),
    );
  return [
    ...over('window/minibatch_loss', (t) => loss[t]),
    ...over('window/minibatch_accuracy', (t) => correct[t] / batch),
  ];
}
