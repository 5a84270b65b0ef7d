/** The numbers of a folder of results as files for other programs. */
import { existsSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InterruptedError } from '../../jobs/context.js';
import { type Outputs, verifyOutputs } from '../../jobs/outputs.js';
import { checkFree, publish } from '../../jobs/publish.js';
import { check } from '../../numeric/errors.js';
import { readWhole, writeWhole } from '../../record/files.js';
import { writeNpz } from '../../record/npz.js';
import { writeEvents } from '../../record/tensorboard.js';
import { arraysOf } from './arrays.js';
import { curvesIn } from './curves.js';
import { documentOf, type Opened, shortName } from './folder.js';

/** The programs that are written for. */
export const EXPORT_FORMATS = ['npz', 'csv', 'tensorboard'] as const;
/** Names one of them. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** By this beginning TensorBoard knows a file as its own. */
const EVENTS = 'events.out.tfevents';

/** Says what is written, and where. */
export interface ExportRequest {
  readonly format: ExportFormat;
  /** A file for npz, a folder for the others. */
  readonly out?: string;
  /** npz: names of arrays, or beginnings of names up to a dot. */
  readonly only?: readonly string[];
  readonly force?: boolean;
  readonly signal?: AbortSignal;
}

/** What was written. */
export interface Exported {
  readonly out: string;
  readonly format: ExportFormat;
  /** Names of arrays with their shapes, of tables, or of curves with their numbers of values. */
  readonly contents: readonly { readonly name: string; readonly size: readonly number[] }[];
}

/**
 * Writes the numbers of a folder: npz, one archive of all arrays; csv, a folder with its tables and with the numbers of its
 * figures; tensorboard, a folder with an event file for each run. The file or folder appears whole or not at all.
 * @throws InputError where there is nothing of the kind, something is in the place, or an array is not as its stage wrote it; InterruptedError,
 * with nothing written
 */
export async function exportResults(folder: Opened, request: ExportRequest): Promise<Exported> {
  const { format, only, force = false, signal } = request;
  const name = shortName(folder.path);
  const out = request.out ?? { npz: `${name}.npz`, csv: `${name}-csv`, tensorboard: `${name}-tensorboard` }[format];
  check(
    only === undefined || format === 'npz',
    'bad-flag',
    '--only chooses arrays of an npz; leave it out for other formats.',
  );
  if (format === 'npz') checkFile(out, force);
  else if (!force) checkFree(out, { force, files: [], what: 'export' });
  const stopped = () => {
    if (signal?.aborted) throw new InterruptedError(out, false);
  };
  if (format !== 'csv') {
    // numbers that changed since a stage wrote them are refused, as every other command does
    const { outputs } = ((await documentOf(folder, folder.kind.file)) ?? {}) as { readonly outputs?: Outputs };
    verifyOutputs(folder.path, outputs);
  }
  if (format === 'npz') {
    const arrays = await arraysOf(folder, only, signal);
    stopped();
    check(
      arrays.length > 0,
      'nothing-to-export',
      () => `${folder.path} holds no arrays and no tables yet; they appear with its stages.`,
    );
    writeWhole(out, writeNpz(arrays));
    return { out, format, contents: arrays.map(([array, { shape }]) => ({ name: array, size: shape })) };
  }
  const { files, contents } = format === 'csv' ? tablesOf(folder.path) : await eventsOf(folder.path, signal);
  stopped();
  // what --force replaces is an earlier export, of the same files
  const earlier = force && existsSync(out) ? readdirSync(out).filter((file) => file.startsWith(EVENTS)) : [];
  const names = [...new Set([...files.keys()].map((file) => file.split('/')[0])), ...earlier];
  checkFree(out, { force, files: names, what: 'export' });
  publish(out, files);
  return { out, format, contents };
}

function checkFile(out: string, force: boolean): void {
  check(out.endsWith('.npz'), 'bad-flag', () => `an npz is written to a file that ends in .npz; got ${out}.`);
  if (!existsSync(out)) return;
  check(lstatSync(out).isFile(), 'out-exists', () => `${out} is not a file; choose another with --out.`);
  check(force, 'out-exists', () => `there is a file ${out}; choose another with --out, or replace it with --force.`);
}

type Files = Pick<Exported, 'contents'> & { readonly files: ReadonlyMap<string, Uint8Array> };

/** The tables of the report, and the numbers of its figures in a folder of their own. */
function tablesOf(path: string): Files {
  const of = (inside: string) =>
    existsSync(join(path, inside))
      ? readdirSync(join(path, inside))
          .filter((file) => file.endsWith('.csv'))
          .sort()
      : [];
  const places = [
    ...of('tables').map((file) => [file, join(path, 'tables', file)] as const),
    ...of('figures').map((file) => [`figures/${file}`, join(path, 'figures', file)] as const),
  ];
  check(
    places.length > 0,
    'nothing-to-export',
    () => `${path} holds no tables; those of a run appear with its report.`,
  );
  const files = new Map(places.map(([name, file]) => [name, readWhole(file) ?? new Uint8Array()]));
  const rows = (bytes: Uint8Array) => Math.max(0, new TextDecoder().decode(bytes).split('\r\n').length - 2);
  return { files, contents: [...files].map(([name, bytes]) => ({ name, size: [rows(bytes)] })) };
}

/** An event file for each run, in a folder of the name that it has below this one. */
async function eventsOf(path: string, signal: AbortSignal | undefined): Promise<Files> {
  const runs = await curvesIn(path, signal);
  check(
    runs.length > 0 || signal?.aborted === true,
    'nothing-to-export',
    () =>
      `${path} holds no training curves: those are in history.json of what thermograd train and reproduce ivf2021 write; other numbers are exported with --format csv or npz.`,
  );
  const files = new Map(
    runs.map(({ inside, scalars }) => {
      const written = statSync(join(path, inside, 'history.json')).mtimeMs / 1000;
      const name = `${EVENTS}.${Math.floor(written)}.thermograd`;
      return [inside === '' ? name : `${inside}/${name}`, writeEvents(scalars, written)];
    }),
  );
  const contents = runs.flatMap(({ inside, scalars }) =>
    [...new Set(scalars.map(({ tag }) => tag))].map((tag) => ({
      name: inside === '' ? tag : `${inside}: ${tag}`,
      size: [scalars.filter((s) => s.tag === tag).length],
    })),
  );
  return { files, contents };
}
