/**
 * A folder of studies in cells: one record that says what was asked, one document a cell and seed, whole or not there.
 *
 *     <record>.json                    config, seeds, versions, machine, memory, seconds
 *     seeds/seed<n>/<cell>.json
 *
 * Cells that have a document are not run again; more seeds than before may be asked for.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type KernelBuild, kernelBuild } from '../kernels/load.js';
import { check } from '../numeric/errors.js';
import { makeFolders } from '../record/files.js';
import type { Progress } from './context.js';
import { sameData } from './folder.js';
import { readJson, writeJson } from './json.js';
import { keepJobs } from './kept-jobs.js';
import { lockFolder } from './lock.js';
import { allVersions, type Machine, thisMachine, VERSION, type Versions } from './machine.js';
import type { JobKind } from './pool.js';

/** What kind of study: data of the command that owns it. */
export interface CellKind {
  /** Name of the record's file, e.g. `controls.json`. */
  readonly file: string;
  readonly format: string;
  /** In a few words: `controls`, `a study of real networks`. */
  readonly what: string;
}

export interface CellRecord<Config> {
  readonly format: string;
  readonly thermograd: string;
  readonly config: Config;
  seeds: number;
  readonly kernelBuild: KernelBuild;
  readonly versions: Versions;
  readonly machine: Machine;
  /** Provenance of the data set. */
  readonly data: unknown;
  readonly memory: unknown;
  /** Wall-clock seconds, over all attempts. */
  seconds: number;
}

export interface CellRequest<Config> {
  readonly config: Config;
  readonly seeds: number;
  readonly data: unknown;
  readonly memory: unknown;
  readonly resume: boolean;
}

export class CellFolder<Config extends { readonly preset: string }> {
  private readonly start = performance.now();
  private readonly earlier: number;

  private constructor(
    readonly path: string,
    readonly record: CellRecord<Config>,
    private readonly recordName: string,
    private readonly release: () => void,
  ) {
    this.earlier = record.seconds;
    this.tally();
  }

  /** The record of a folder; nothing where there is none. */
  static read<Config>({ file }: CellKind, path: string): CellRecord<Config> | undefined {
    return readJson<CellRecord<Config>>(join(path, file));
  }

  /**
   * What can be refused before anything large is loaded.
   * @throws InputError for a folder of something else, one begun otherwise, or one that is there and `resume` is false
   */
  static check<Config extends { readonly preset: string }>(
    kind: CellKind,
    path: string,
    { config, seeds, resume }: Pick<CellRequest<Config>, 'config' | 'seeds' | 'resume'>,
  ): void {
    check(Number.isInteger(seeds) && seeds >= 1, 'bad-seeds', `a study needs at least one seed; got ${seeds}.`);
    const before = CellFolder.read<Config>(kind, path);
    if (!before) {
      check(
        !existsSync(join(path, 'run.json')),
        'run-exists',
        `the folder ${path} holds another run; choose another folder with --out.`,
      );
      return;
    }
    check(
      resume,
      'run-exists',
      `the folder ${path} holds ${kind.what} already; go on there with --resume, or choose another folder with --out.`,
    );
    check(
      sameData(before.config, config),
      'config-changed',
      `what stands in ${path} was begun with other settings (preset ${before.config.preset}); leave them as they were, or choose another folder with --out.`,
    );
    check(
      before.thermograd === VERSION,
      'other-version',
      `what stands in ${path} was begun by thermograd ${before.thermograd}; this is ${VERSION}. Start again in another folder.`,
    );
  }

  /** Opens the folder to go on, or begins it. @throws InputError as `check`, for other data, or while another process works there */
  static open<Config extends { readonly preset: string }>(
    kind: CellKind,
    path: string,
    request: CellRequest<Config>,
  ): CellFolder<Config> {
    CellFolder.check(kind, path, request);
    const { config, seeds, data, memory } = request;
    makeFolders(path);
    const release = lockFolder(path);
    try {
      const before = CellFolder.read<Config>(kind, path);
      check(
        before === undefined || sameData(before.data, data),
        'data-changed',
        `what stands in ${path} was begun with other data; choose another folder with --out.`,
      );
      const record: CellRecord<Config> = before ?? {
        format: kind.format,
        thermograd: VERSION,
        config,
        seeds,
        kernelBuild: kernelBuild(),
        versions: allVersions(),
        machine: thisMachine(),
        data,
        memory,
        seconds: 0,
      };
      record.seeds = Math.max(record.seeds, seeds);
      for (let seed = 0; seed < record.seeds; seed++) makeFolders(join(path, 'seeds', `seed${seed}`));
      return new CellFolder(path, record, kind.file, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  file(seed: number, name: string): string {
    return join(this.path, 'seeds', `seed${seed}`, name);
  }

  /** A cell's document; nothing where it was not run. */
  cell<Result>(seed: number, cell: string): Result | undefined {
    return readJson<Result>(this.file(seed, `${cell}.json`));
  }

  /** Writes the record with the seconds so far. */
  tally(): void {
    this.record.seconds = Math.round(this.earlier + (performance.now() - this.start) / 1000);
    writeJson(join(this.path, this.recordName), this.record);
  }

  /** Runs jobs in worker threads, and keeps each result. @throws InterruptedError when stopped, with all finished cells kept */
  async run<Data, Job extends { readonly seed: number; readonly cell: string }, Result>(
    kind: JobKind<Data, Job, Result>,
    data: Data,
    jobs: readonly Job[],
    options: {
      readonly workers: number;
      /** Cells that were there before. */
      readonly known: number;
      readonly signal?: AbortSignal | undefined;
      readonly onProgress?: ((progress: Progress) => void) | undefined;
    },
  ): Promise<void> {
    try {
      await keepJobs(kind, data, jobs, {
        ...options,
        folder: this.path,
        stage: 'cells',
        unit: 'cells',
        name: ({ seed, cell }) => `seed ${seed}, ${cell}`,
        keep: ({ seed, cell }, result) => {
          writeJson(this.file(seed, `${cell}.json`), result);
          this.tally();
        },
      });
    } finally {
      this.tally();
    }
  }

  close(): void {
    this.release();
  }
}
