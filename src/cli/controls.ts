/** `thermograd reproduce controls`: flags to a request, and the telling of its result. */
import { join } from 'node:path';
import { InputError } from '../numeric/errors.js';
import { reproduceControls } from '../run/controls.js';
import type { RunFlags } from './flags.js';
import { session } from './session.js';
import { lineOf } from './summary.js';

/** Flags that mean something here; the experiment fixes the rest. */
const KNOWN = new Set(['preset', 'seeds', 'out', 'resume', 'workers', 'json']);

export async function reproduceControlsCommand(flags: RunFlags & { readonly seeds?: number }): Promise<void> {
  const again = (folder: string) => `thermograd reproduce controls --out ${folder} --resume`;
  await session(
    flags.json ?? false,
    async (s) => {
      const other = Object.keys(flags).find((name) => !KNOWN.has(name));
      if (other)
        throw new InputError(
          'bad-flag',
          `reproduce controls takes --${[...KNOWN].join(', --')}; --${other.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)} is fixed by its preset.`,
        );
      const { preset } = flags;
      if (preset === 'paper')
        throw new InputError('bad-preset', 'reproduce controls has the presets quick and standard; got paper.');
      const { folder, findings, cause } = await reproduceControls({
        ...(preset && { preset }),
        ...(flags.seeds !== undefined && { seeds: flags.seeds }),
        ...(flags.out !== undefined && { out: flags.out }),
        ...(flags.workers !== undefined && { workers: flags.workers }),
        resume: flags.resume ?? false,
        signal: s.signal,
        ...(s.onProgress && { onProgress: s.onProgress }),
        onStart: (text) => s.line.say(text),
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
