/**
 * A folder of runs of ivf2021 that differ in their seed alone.
 *
 *     seeds.json                the config, the seeds, versions, machine, seconds of each stage
 *     seed<n>/                  one run folder a seed, as `reproduce ivf2021` writes it
 *     report.html report.json findings.json figures/ tables/    the findings over all seeds
 */
import { JobFolder } from '../../../jobs/folder.js';
import { type FolderKind, type RecordBase, recordIn } from '../../../jobs/record.js';
import { differenceOf } from '../../../runs/folder.js';
import type { AnyConfig } from '../../../runs/schema.js';

/** Names a stage. */
type SeedsStage = 'runs' | 'report';

/** Holds what is fixed when the study begins. */
interface SeedsHead {
  /** The config of the first run; the others differ in `seed`. */
  readonly config: AnyConfig;
  /** Runs: seeds config.seed … config.seed + seeds − 1. */
  seeds: number;
}

/** Describes the content of seeds.json. */
type SeedsRecord = RecordBase<SeedsStage> & SeedsHead;
/** Describes an open, locked folder. */
export type SeedsFolder = JobFolder<SeedsStage, SeedsHead>;

const KIND: FolderKind<SeedsStage> = {
  file: 'seeds.json',
  format: 'thermograd seeds',
  stages: ['runs', 'report'],
  what: 'runs over several seeds',
  bound: ['runs'],
};

/**
 * Reads the record of a folder; undefined where there is none.
 * @throws InputError when this version cannot read it
 */
export const seedsIn = (path: string): SeedsRecord | undefined => recordIn<SeedsStage, SeedsHead>(KIND, path);

const optionsFor = (path: string, { config }: SeedsHead, resume: boolean) => ({
  resume,
  differs: (before: SeedsHead) => differenceOf(before, config, path),
});

/**
 * Refuses a folder that cannot be used, before anything is loaded.
 * @throws InputError
 */
export const checkSeeds = (path: string, head: SeedsHead, resume: boolean): void =>
  JobFolder.check<SeedsStage, SeedsHead>(KIND, path, optionsFor(path, head, resume));

/**
 * Opens the folder to continue it, or begins it; there may be more seeds than before.
 * @throws InputError
 */
export function openSeeds(path: string, head: SeedsHead, resume: boolean): SeedsFolder {
  const folder = JobFolder.open<SeedsStage, SeedsHead>(KIND, path, head, optionsFor(path, head, resume));
  folder.record.seeds = Math.max(folder.record.seeds, head.seeds);
  for (const stage of KIND.stages) folder.record.stages[stage].status = 'waiting';
  folder.save();
  return folder;
}
