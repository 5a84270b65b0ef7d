/** `thermograd reproduce valley2023`: its request from flags, and the printing of its result. */
import { join } from 'node:path';
import { shellWord } from '../../numeric/shell-word.js';
import { lineOf } from '../../terminal/findings.js';
import { presetRequest, type RunFlags } from '../../terminal/flags.js';
import { duration } from '../../terminal/progress.js';
import { session } from '../../terminal/session.js';
import { reproduceValley2023, type ValleyPart } from './experiment.js';

/** The flags of this experiment; it fixes everything else. */
const KNOWN = ['preset', 'part', 'seeds', 'out', 'resume', 'workers', 'json'];

/** Runs the command. */
export async function reproduceValley2023Command(
  flags: RunFlags & { readonly seeds?: number; readonly part?: ValleyPart },
): Promise<void> {
  const part = flags.part === undefined ? '' : ` --part ${flags.part}`;
  const again = (folder: string) => `thermograd reproduce valley2023${part} --out ${shellWord(folder)} --resume`;
  await session(
    flags.json ?? false,
    async (s) => {
      const { folder, findings, seconds } = await reproduceValley2023({
        ...(flags.part && { part: flags.part }),
        ...presetRequest('valley2023', flags, KNOWN, s),
      });
      const report = join(folder, 'report.html');
      const spent = Object.entries(seconds).map(([name, t]) => `${name} ${duration(t)}`);
      s.result(
        { folder, report, seconds, findings },
        [...findings.map(lineOf), '', `time: ${spent.join(', ')}`, `report: ${report}`].join('\n'),
      );
    },
    again,
  );
}
