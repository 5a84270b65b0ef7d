/**
 * The folder of one `reproduce ao2022`: ao2022.json says what was asked and which stages are done.
 *
 *     ao2022.json            run that was measured, settings, status and seconds of each stage
 *     hessian.npy gradient-covariance.npy gradient.npy     H, C1 (per sample) and ∇L of the layer, float64
 *     decomposition/         basis (settled modes × weights), curvatures, C1 in it, and sigma, u, q, s, a in it
 *     modes.json trajectory.json landscape.json results.json findings.json
 *     report.html report.json figures/ tables/
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { check } from '../numeric/errors.js';
import { makeFolders } from '../record/files.js';
import type { StageRecord } from './folder.js';
import { readJson, writeJson } from './json.js';
import { lockFolder } from './lock.js';
import { allVersions, type Machine, thisMachine, VERSION, type Versions } from './machine.js';

export const AO2022_STAGES = ['matrices', 'modes', 'trajectory', 'landscape', 'fits', 'report'] as const;
export type Ao2022Stage = (typeof AO2022_STAGES)[number];

export interface Ao2022Record {
  readonly format: 'thermograd ao2022';
  readonly folderVersion: number;
  readonly thermograd: string;
  /** Folder of the run that was measured, seen from this folder, and the hash of its config. */
  readonly run: string;
  readonly configHash: string;
  readonly seed: number;
  readonly versions: Versions;
  readonly machine: Machine;
  readonly kernelBuild: string;
  linearAlgebra: string | null;
  readonly memory: unknown;
  readonly stages: Record<Ao2022Stage, StageRecord>;
}

export type Ao2022Head = Pick<Ao2022Record, 'run' | 'configHash' | 'seed' | 'kernelBuild' | 'memory'>;

const NAME = 'ao2022.json';

export class Ao2022Folder {
  private constructor(
    readonly path: string,
    readonly record: Ao2022Record,
    private readonly release: () => void,
  ) {}

  /** Opens the folder to go on, or begins it. @throws InputError when it holds another measurement, or one and `resume` is false */
  static open(path: string, head: Ao2022Head, resume: boolean): Ao2022Folder {
    const there = existsSync(join(path, NAME));
    check(
      resume || !there,
      'run-exists',
      `the folder ${path} holds a reproduction of ao2022 already; continue it with --resume, or choose another folder with --out.`,
    );
    makeFolders(path);
    const release = lockFolder(path);
    try {
      const before = there ? readAo2022(path) : undefined;
      check(
        before === undefined || before.configHash === head.configHash,
        'another-run',
        `the folder ${path} measures another run (${before?.run}); choose another folder with --out.`,
      );
      const stages = Object.fromEntries(
        AO2022_STAGES.map((s) => [s, { status: 'waiting', seconds: 0 }]),
      ) as unknown as Ao2022Record['stages'];
      const record: Ao2022Record = before ?? {
        format: 'thermograd ao2022',
        folderVersion: 1,
        thermograd: VERSION,
        ...head,
        linearAlgebra: null,
        versions: allVersions(),
        machine: thisMachine(),
        stages,
      };
      const folder = new Ao2022Folder(path, record, release);
      folder.save();
      return folder;
    } catch (error) {
      release();
      throw error;
    }
  }

  file(...names: string[]): string {
    return join(this.path, ...names);
  }

  save(): void {
    writeJson(this.file(NAME), this.record);
  }

  close(): void {
    this.release();
  }
}

/** The record of a folder. @throws InputError when there is none */
export function readAo2022(path: string): Ao2022Record {
  const record = readJson<Ao2022Record>(join(path, NAME));
  check(
    record?.format === 'thermograd ao2022' && record.folderVersion === 1,
    'no-run',
    `there is no reproduction of ao2022 in ${path} that this version can read.`,
  );
  return record;
}
