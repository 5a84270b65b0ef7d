/** `thermograd reproduce ceilings`: its request from flags, and the printing of its result. */
import { join } from 'node:path';
import { shellWord } from '../../numeric/shell-word.js';
import { lineOf } from '../../terminal/findings.js';
import { presetRequest, type RunFlags } from '../../terminal/flags.js';
import { session } from '../../terminal/session.js';
import { reproduceCeilings } from './experiment.js';

/** The flags of this experiment; it fixes everything else. */
const KNOWN = ['preset', 'out', 'resume', 'workers', 'json'];

/** Runs the command. */
export async function reproduceCeilingsCommand(flags: RunFlags): Promise<void> {
  const again = (folder: string) => `thermograd reproduce ceilings --out ${shellWord(folder)} --resume`;
  await session(
    flags.json ?? false,
    async (s) => {
      const { folder, findings, conclusion } = await reproduceCeilings({
        ...presetRequest('ceilings', flags, KNOWN, s),
      });
      const report = join(folder, 'report.html');
      s.result(
        { folder, report, conclusion, findings },
        [...findings.map(lineOf), '', ...conclusion, `report: ${report}`].join('\n'),
      );
    },
    again,
  );
}
