/** What each command does: flags to a config, a function of the library, and the telling of its result. */

import { describeDiagnosis, diagnose } from '../../cli/doctor.js';
import { gigabytes } from '../../jobs/memory.js';
import { shellWord } from '../../numeric/shell-word.js';
import type { Prepared } from '../../runs/prepare.js';
import { layersOfFlags, prune, type RunFlags } from '../../terminal/flags.js';
import { type Session, session } from '../../terminal/session.js';
import { type RunRequest, reproduceIvf2021, trainRun } from './experiment.js';
import { analyseRun, reportRun } from './reanalyse.js';
import { analysisOf, analysisSummary, resultOf, summaryOf } from './telling.js';

export const reproduce = (flags: RunFlags) => runCommand('reproduce ivf2021', flags, reproduceIvf2021);

export const train = (flags: RunFlags) => runCommand('train', flags, trainRun);

export async function analyse(run: string, flags: RunFlags): Promise<void> {
  await session(flags.json ?? false, async (s) => {
    const out = await analyseRun(run, {
      analysis: prune({ centre: flags.centre, directions: flags.directions }),
      ...(flags.workers !== undefined && { workers: flags.workers }),
      ...(flags.out !== undefined && { out: flags.out }),
      signal: s.signal,
      ...(s.onProgress && { onProgress: s.onProgress }),
    });
    s.result(analysisOf(out), analysisSummary(out));
  });
}

export async function report(run: string, json: boolean): Promise<void> {
  await session(json, async (s) => {
    await reportRun(run);
    s.result(analysisOf(run), analysisSummary(run));
  });
}

export async function doctor(json: boolean): Promise<void> {
  await session(json, async (s) => {
    const diagnosis = await diagnose();
    s.result(diagnosis, describeDiagnosis(diagnosis));
  });
}

async function runCommand(name: string, flags: RunFlags, run: typeof trainRun): Promise<void> {
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

/** What is said before the first step. */
export function announcement({ context, memory }: Prepared): string {
  const { config, folder } = context;
  const { network, training, record, data } = config;
  return (
    `run folder ${folder.path}: ${network.widths.join('-')} on ${data.set}, learning rate ${training.learningRate}, batches of ` +
    `${training.batchSize} (${training.sampling}), window of ${record.windowEpochs} epochs of ${record.layer}; ` +
    `needs about ${gigabytes(memory.peak)} of memory, kernel build ${folder.record.kernelBuild}`
  );
}
