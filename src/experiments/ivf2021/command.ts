/**
 * The commands on a run (reproduce ivf2021, train, analyse, report): each makes a config from flags, calls a function
 * of the library and prints its result.
 */

import { join } from 'node:path';
import { shellWord } from '../../numeric/shell-word.js';
import type { RunRequest, RunResult } from '../../runs/run.js';
import type { PartialConfig } from '../../runs/schema.js';
import { announcement } from '../../terminal/announcement.js';
import { findingLines } from '../../terminal/findings.js';
import { layersOfFlags, prune, type RunFlags } from '../../terminal/flags.js';
import { type Session, session } from '../../terminal/session.js';
import { reproduceIvf2021 } from './experiment.js';
import { analyseRun, reportRun } from './reanalyse.js';
import { analysisOf, analysisSummary, resultOf, summaryOf } from './result.js';
import { reproduceIvf2021Seeds } from './seeds/experiment.js';

/** Runs `thermograd reproduce ivf2021`. */
export const reproduce = (flags: RunFlags) => runCommand('reproduce ivf2021', flags, reproduceIvf2021);

/** Runs `thermograd reproduce ivf2021 --seeds N`. */
export async function reproduceSeeds(flags: RunFlags & { readonly seeds: number }): Promise<void> {
  const again = (folder: string) =>
    `thermograd reproduce ivf2021 --seeds ${flags.seeds} --out ${shellWord(folder)} --resume`;
  await session(
    flags.json ?? false,
    async (s: Session) => {
      const { folder, findings } = await reproduceIvf2021Seeds(layersOfFlags(flags), {
        seeds: flags.seeds,
        ...(flags.out !== undefined && { out: flags.out }),
        ...(flags.checkpointEvery !== undefined && { checkpointSeconds: flags.checkpointEvery }),
        resume: flags.resume ?? false,
        signal: s.signal,
        ...(s.onProgress && { onProgress: s.onProgress }),
        onStart: (text) => s.line.say(text),
      });
      const report = join(folder, 'report.html');
      s.result({ folder, report, findings }, [...findingLines(findings), '', `report: ${report}`].join('\n'));
    },
    again,
  );
}

/** Runs `thermograd train`. */
export async function train(flags: RunFlags): Promise<void> {
  // drawing loads large packages, which only this command needs before it trains
  const { trainWithPage } = await import('./training-page.js');
  await runCommand('train', flags, trainWithPage);
}

/** Runs `thermograd analyse`. */
export async function analyse(run: string, flags: RunFlags): Promise<void> {
  await session(flags.json ?? false, async (s) => {
    const out = await analyseRun(run, {
      analysis: prune({ centre: flags.centre, directions: flags.directions }),
      ...(flags.workers !== undefined && { workers: flags.workers }),
      ...(flags.out !== undefined && { out: flags.out }),
      signal: s.signal,
      ...(s.onProgress && { onProgress: s.onProgress }),
      onStart: (text) => s.line.say(text),
    });
    s.result(analysisOf(out), analysisSummary(out));
  });
}

/** Runs `thermograd report`. */
export async function report(run: string, json: boolean): Promise<void> {
  await session(json, async (s) => {
    await reportRun(run);
    s.result(analysisOf(run), analysisSummary(run));
  });
}

async function runCommand(
  name: string,
  flags: RunFlags,
  run: (config: PartialConfig[], request: RunRequest) => Promise<RunResult>,
): Promise<void> {
  const again = (folder: string) => `thermograd ${name} --out ${shellWord(folder)} --resume`;
  await session(
    flags.json ?? false,
    async (s: Session) => {
      const request: RunRequest = {
        ...(flags.out !== undefined && { out: flags.out }),
        ...(flags.checkpointEvery !== undefined && { checkpointSeconds: flags.checkpointEvery }),
        resume: flags.resume ?? false,
        signal: s.signal,
        ...(s.onProgress && { onProgress: s.onProgress }),
        onStart: (prepared) => s.line.say(announcement(prepared)),
      };
      const result = await run(layersOfFlags(flags), request);
      s.result(resultOf(result), summaryOf(result));
    },
    again,
  );
}
