/** `thermograd reproduce controls`: its request from flags, and the printing of its result. */
import { join } from 'node:path';
import { shellWord } from '../../numeric/shell-word.js';
import { lineOf } from '../../terminal/findings.js';
import { presetRequest, type RunFlags } from '../../terminal/flags.js';
import { session } from '../../terminal/session.js';
import { reproduceControls } from './experiment.js';

/** The flags of this experiment; it fixes everything else. */
const KNOWN = ['preset', 'seeds', 'out', 'resume', 'workers', 'json'];

/** Runs the command. */
export async function reproduceControlsCommand(flags: RunFlags & { readonly seeds?: number }): Promise<void> {
  const again = (folder: string) => `thermograd reproduce controls --out ${shellWord(folder)} --resume`;
  await session(
    flags.json ?? false,
    async (s) => {
      const { folder, findings, cause } = await reproduceControls({
        ...presetRequest('controls', flags, KNOWN, s),
      });
      const report = join(folder, 'report.html');
      s.result(
        { folder, report, cause, findings },
        [...findings.map(lineOf), '', ...cause, `report: ${report}`].join('\n'),
      );
    },
    again,
  );
}
