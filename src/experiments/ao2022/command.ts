/** `thermograd reproduce ao2022`: its request from flags, and the printing of its result. */
import { join } from 'node:path';
import { needs } from '../../jobs/disk.js';
import { shellWord } from '../../numeric/shell-word.js';
import type { PartialConfig } from '../../runs/schema.js';
import { announcement } from '../../terminal/announcement.js';
import { findingLines } from '../../terminal/findings.js';
import { layersOfFlags, type RunFlags } from '../../terminal/flags.js';
import { session } from '../../terminal/session.js';
import { type Ao2022Request, type Ao2022Result, readAo2022Results } from './experiment.js';

/**
 * Runs the command.
 * @param reproduceAo2022 - the experiment, which can also make the run that it measures
 */
export async function reproduceAo2022Command(
  run: string | undefined,
  flags: RunFlags,
  reproduceAo2022: (config: readonly PartialConfig[], request: Ao2022Request) => Promise<Ao2022Result>,
): Promise<void> {
  const again = () =>
    `thermograd reproduce ao2022${run === undefined ? '' : ` ${shellWord(run)}`}${flags.out === undefined ? '' : ` --out ${shellWord(flags.out)}`} --resume`;
  await session(
    flags.json ?? false,
    async (s) => {
      const request: Ao2022Request = {
        ...(run !== undefined && { run }),
        ...(flags.out !== undefined && { out: flags.out }),
        ...(flags.checkpointEvery !== undefined && { checkpointSeconds: flags.checkpointEvery }),
        resume: flags.resume ?? false,
        signal: s.signal,
        ...(s.onProgress && { onProgress: s.onProgress }),
        onTraining: (prepared) => s.line.say(announcement(prepared)),
        onStart: ({ folder, run: measured, memory, disk }) =>
          s.line.say(`decomposition of the run in ${measured}, into ${folder}; ${needs(memory.peak, disk)}`),
      };
      const { folder, record } = await reproduceAo2022(layersOfFlags(flags), request);
      const { findings } = readAo2022Results(folder);
      const report = join(folder, 'report.html');
      s.result(
        { folder, report, run: record.run, stages: record.stages, findings },
        [...findingLines(findings), '', `report: ${report}`].join('\n'),
      );
    },
    again,
  );
}
