/** `reproduce ivf2021 --seeds N`: the same experiment with several seeds, and one verdict a claim over all of them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InterruptedError, type Progress } from '../../../jobs/context.js';
import { bytesIn, checkDisk, type DiskPart, documents, needs } from '../../../jobs/disk.js';
import { oneAfterAnother } from '../../../jobs/memory.js';
import { secondsOf } from '../../../jobs/record.js';
import { factsOf, writeReport } from '../../../jobs/report-folder.js';
import { check } from '../../../numeric/errors.js';
import type { Finding } from '../../../report/finding.js';
import { completeRunConfig } from '../../../runs/config.js';
import { RUN } from '../../../runs/folder.js';
import { hasSeveral, layersIn } from '../../../runs/layers.js';
import { networkTitle } from '../../../runs/network.js';
import { asWritten } from '../../../runs/optimiser.js';
import { planRun } from '../../../runs/prepare.js';
import type { RunRequest } from '../../../runs/run.js';
import type { PartialConfig } from '../../../runs/schema.js';
import { LEAST_STEPS, reproduceIvf2021 } from '../experiment.js';
import { readResults, relationIn } from '../stages.js';
import { checkSeeds, openSeeds, type SeedsFolder, seedsIn } from './folder.js';

/** Says how many seeds are run, and where. */
export interface SeedsRequest extends Omit<RunRequest, 'onStart'> {
  /** Number of seeds, from the seed of the config on; at least 2. As many as before when absent and `resume`. */
  readonly seeds?: number;
  readonly onStart?: (announcement: string) => void;
}

/** Holds the findings over all seeds and their folder. */
export interface SeedsRun {
  readonly folder: string;
  readonly findings: readonly Finding[];
}

/**
 * Runs the seeds that are missing, one after another, and writes a report over all of them. Each seed has a run folder
 * of its own; with `resume` a run that was stopped continues, and there may be more seeds than before. Costs one run a
 * seed.
 * @throws InputError for a folder in use or begun with another config; InterruptedError when stopped, with all work kept
 */
export async function reproduceIvf2021Seeds(
  config: PartialConfig | readonly PartialConfig[],
  request: SeedsRequest = {},
): Promise<SeedsRun> {
  const asked: readonly PartialConfig[] = Array.isArray(config) ? config : [config];
  const { resume = false, onStart, out, onProgress, ...rest } = request;
  const path = out ?? `ivf2021-${completeRunConfig(...asked).preset}-seeds`;
  const before = resume ? seedsIn(path) : undefined;
  // what is not asked for stays as it was begun
  const layers = before ? [asWritten(before.config), ...asked] : asked;
  const complete = completeRunConfig(...layers);
  const seeds = request.seeds ?? before?.seeds ?? 2;
  check(
    Number.isInteger(seeds) && seeds >= 2,
    'bad-seeds',
    `findings over seeds need at least 2 of them; got ${seeds}. One run is made with --seed.`,
  );
  check(
    !hasSeveral(complete),
    'bad-layer',
    () =>
      `findings over seeds are of one layer, and the config records ${layersIn(complete).join(', ')}: name one of them with --layer, or leave --seeds out.`,
  );
  const head = { config: complete, seeds };
  checkSeeds(path, head, resume);
  const total = Math.max(seeds, before?.seeds ?? 0);
  const { memory, disk: one } = await planRun(layers, {}, LEAST_STEPS);
  const disk = checkDisk([...overSeeds(one, total), documents(NUMBERS * total, 3)], path, bytesIn(path));
  const folder = openSeeds(path, head, resume);
  try {
    onStart?.(
      `folder ${path}: ${total} runs, seeds ${complete.seed} to ${complete.seed + total - 1}, one after another; ${needs(oneAfterAnother(memory).peak, disk)}`,
    );
    await folder.stage('runs', request, async () => {
      for (let k = 0; k < total; k++) {
        const seed = complete.seed + k;
        const own = seedFolder(folder, seed);
        const shown = (p: Progress) => onProgress?.({ ...p, stage: `seed ${seed} (${k + 1} of ${total}) ${p.stage}` });
        await reproduceIvf2021([...layers, { seed }], {
          ...rest,
          out: own,
          resume: existsSync(join(own, RUN.file)),
          ...(onProgress && { onProgress: shown }),
        });
      }
    });
    let findings: readonly Finding[] = [];
    await folder.stage('report', request, async () => {
      findings = await reportSeeds(folder);
    });
    return { folder: path, findings };
  } catch (error) {
    // the folder to continue is that of all seeds
    throw error instanceof InterruptedError ? new InterruptedError(path) : error;
  } finally {
    folder.close();
  }
}

/** Numbers of a run in the report over all of them. */
const NUMBERS = 600;

const overSeeds = (parts: readonly DiskPart[], seeds: number): DiskPart[] =>
  parts.map((part) => ({ ...part, what: `${part.what} of ${seeds} runs`, bytes: seeds * part.bytes }));

const seedFolder = (folder: SeedsFolder, seed: number): string => folder.file(`seed${seed}`);

async function reportSeeds(folder: SeedsFolder): Promise<readonly Finding[]> {
  const { renderSeeds } = await import('./page.js');
  const { record, path } = folder;
  const { config } = record;
  const runs = Array.from({ length: record.seeds }, (_, k) => {
    const seed = config.seed + k;
    const own = seedFolder(folder, seed);
    const relation = relationIn(own);
    return { seed, analysis: readResults(own).analysis, ...(relation && { relation }) };
  });
  const report = renderSeeds({
    title: `Inverse variance-flatness relation: ${networkTitle(config)} on ${config.data.set}, ${config.record.layer}, ${runs.length} seeds`,
    runs,
    run: factsOf(
      record,
      { config, seeds: { first: config.seed, count: record.seeds } },
      { timings: secondsOf(record.stages) },
    ),
  });
  writeReport(path, report);
  return report.findings;
}
