/**
 * A folder of cells as any process sees it, with no lock: which cells there are, which of them have a document, which can be done now;
 * and the doing of single cells. This is the narrow waist between a study and whatever distributes its work.
 */
import { join } from 'node:path';
import { check, InputError, ThermogradError } from '../numeric/errors.js';
import { fileBytes } from '../record/files.js';
import { writeJsonOnce } from '../record/json.js';
import type { Cell, Study, StudyKind } from './cells.js';
import type { Outputs } from './outputs.js';
import { checkData, checkPins, type Pinned } from './pins.js';
import type { ReportProgress } from './pool.js';
import { presentIn, waitFor } from './present.js';
import type { StageRecord } from './record.js';

/** Describes a cell of a folder. */
export interface CellLine {
  /** Its place in the listing. With more seeds the places are dealt anew; the file stays. */
  readonly index: number;
  /** Path of its document inside the folder, with `/` between names: the name by which it is asked for. */
  readonly file: string;
  readonly name: string;
  readonly stage: string;
  /** `done`: its document is there; `ready`: it can be done now; `waiting`: it needs a document that is not there. */
  readonly status: 'done' | 'ready' | 'waiting';
  readonly weight: number;
  /** Estimated seconds on one core, where the study knows them. */
  readonly seconds?: number;
}

/** A study that is ready to compute cells: its data are loaded, and it is what its record says. */
export interface ReadyStudy {
  /**
   * Computes a cell and writes its document, unless it is there.
   * @param wait - seconds for which documents that it needs are waited for
   * @returns whether this call computed it
   * @throws InputError (`waiting-cell`, `sealed-cell`), and what the cell throws
   */
  do(line: CellLine, wait: number, report: ReportProgress): Promise<boolean>;
}

/** A folder of cells. */
export interface OpenStudy {
  readonly path: string;
  /** What it is: `a study of generality`. */
  readonly what: string;
  /** Lists all cells that are known so far; new documents may append some. */
  list(): CellLine[];
  /**
   * Loads what the cells need, once, and checks version, kernels, linear algebra and data.
   * @throws InputError
   */
  prepare(lines: readonly CellLine[]): Promise<ReadyStudy>;
}

/** What the record of a study must hold. */
export type StudyRecord = Pinned & {
  readonly stages: Readonly<Record<string, StageRecord>>;
  readonly outputs?: Outputs;
};

/** Opens one folder of cells. */
export function openCells<R extends StudyRecord, Data, Job, Result>(
  kind: StudyKind<R, Data, Job, Result>,
  path: string,
  what: string,
): OpenStudy {
  const record = kind.read(path);
  const cellsOf = () =>
    listed(path, () =>
      kind.stages.flatMap((stage) => kind.cells({ path, record }, stage).map((cell) => ({ stage, cell }))),
    );
  return {
    path,
    what,
    list() {
      const present = presentIn(path);
      return cellsOf().map(({ stage, cell }, index) => {
        const seconds = kind.seconds?.(record, cell.job);
        return {
          index,
          file: cell.file,
          name: cell.name,
          stage,
          status: statusOf(cell, record.stages[stage]?.status === 'done', present),
          weight: cell.weight ?? 1,
          ...(seconds !== undefined && { seconds }),
        };
      });
    },
    async prepare(lines) {
      const none = lines.every(({ status }) => status === 'done');
      const study = none ? undefined : await loaded(kind, path, record);
      const cells = new Map(cellsOf().map(({ cell }) => [cell.file, cell]));
      return {
        async do(line, wait, report) {
          if (line.status === 'done' || isThere(path, line.file)) return false;
          const cell = cells.get(line.file)!;
          if (!(await isReady(cell, record, path, wait))) return false;
          const result = await kind.run(cell.job, study!, report);
          writeJsonOnce(join(path, cell.file), result);
          return true;
        },
      };
    },
  };
}

/** Puts a study inside another folder into the listing of that folder: its files get the name of its folder before theirs. */
export function joined(
  path: string,
  what: string,
  parts: readonly { readonly at: string; readonly study: OpenStudy }[],
): OpenStudy {
  const inside = (at: string, file: string) => (at === '' ? file : `${at}/${file}`);
  const listed = () =>
    parts.flatMap(({ at, study }) =>
      study.list().map((line) => ({ at, study, line, shown: { ...line, file: inside(at, line.file) } })),
    );
  return {
    path,
    what,
    list: () => listed().map(({ shown }, index) => ({ ...shown, index })),
    async prepare(lines) {
      const asked = new Set(lines.map(({ file }) => file));
      const ready = new Map<string, { readonly study: ReadyStudy; readonly line: CellLine }>();
      for (const { at, study } of parts) {
        const own = study.list().filter(({ file }) => asked.has(inside(at, file)));
        if (own.length === 0) continue;
        const prepared = await study.prepare(own);
        for (const line of own) ready.set(inside(at, line.file), { study: prepared, line });
      }
      return {
        do({ file }, wait, report) {
          const { study, line } = ready.get(file)!;
          return study.do(line, wait, report);
        },
      };
    },
  };
}

/**
 * Lists cells.
 * @throws InputError (`bad-run`) for a record whose settings are damaged
 */
export function listed<T>(path: string, list: () => T): T {
  try {
    return list();
  } catch (error) {
    if (error instanceof InputError) throw error;
    if (error instanceof ThermogradError) throw new InputError('bad-run', error.message); // a document that cannot be read
    throw new InputError(
      'bad-run',
      `the record or a document in ${path} is damaged (the cells cannot be listed from it: ${(error as Error).message}); restore it from a copy.`,
    );
  }
}

const isThere = (path: string, file: string): boolean => fileBytes(join(path, file)) !== undefined;

function statusOf(cell: Cell<unknown>, stageDone: boolean, present: (file: string) => boolean): CellLine['status'] {
  if (stageDone || present(cell.file)) return 'done';
  return (cell.needs ?? []).every(present) ? 'ready' : 'waiting';
}

/** Checks what the record fixes, and loads the data. */
async function loaded<R extends StudyRecord, Data, Job, Result>(
  kind: StudyKind<R, Data, Job, Result>,
  path: string,
  record: R,
): Promise<Study<R, Data>> {
  await checkPins(record, path, kind.provider?.(record));
  const data = await kind.load(record);
  if (kind.provenance) checkData(record, path, kind.provenance(data));
  return { path, record, data };
}

/**
 * Waits until a cell can be computed; false when its document is there after all.
 * @throws InputError (`sealed-cell`) for a document whose content the record knows: one with other seconds would be taken for a
 * changed one; (`waiting-cell`) when something that the cell needs is missing
 */
async function isReady(
  { file, needs = [] }: Cell<unknown>,
  { outputs }: StudyRecord,
  path: string,
  wait: number,
): Promise<boolean> {
  if (outputs?.[file] !== undefined) {
    const gone = (await waitFor(path, [file], wait)).length > 0;
    check(
      !gone,
      'sealed-cell',
      `the record of ${path} knows the content of ${file}, which is no longer there; continue once with --resume --prepare, after which it may be made again.`,
    );
    return false;
  }
  const missing = await waitFor(path, needs, wait);
  if (missing.length > 0)
    throw new InputError(
      'waiting-cell',
      `${file} needs ${missing[0]}, which is not in ${path}; do that cell first (thermograd cells lists them in their order).`,
    );
  return !isThere(path, file);
}
