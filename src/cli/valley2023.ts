/** `thermograd reproduce valley2023`: flags to a request, and the telling of its result. */
import { join } from 'node:path';
import { InputError } from '../numeric/errors.js';
import { reproduceValley2023, type ValleyPart } from '../run/valley2023.js';
import type { RunFlags } from './flags.js';
import { duration } from './progress.js';
import { session } from './session.js';
import { lineOf } from './summary.js';

/** Flags that mean something here; the experiment fixes the rest. */
const KNOWN = new Set(['preset', 'part', 'seeds', 'out', 'resume', 'workers', 'json']);

export async function reproduceValley2023Command(
  flags: RunFlags & { readonly seeds?: number; readonly part?: ValleyPart },
): Promise<void> {
  const part = flags.part === undefined ? '' : ` --part ${flags.part}`;
  const again = (folder: string) => `thermograd reproduce valley2023${part} --out ${folder} --resume`;
  await session(
    flags.json ?? false,
    async (s) => {
      const other = Object.keys(flags).find((name) => !KNOWN.has(name));
      if (other)
        throw new InputError(
          'bad-flag',
          `reproduce valley2023 takes --${[...KNOWN].join(', --')}; --${other.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)} is fixed by its preset.`,
        );
      const { preset } = flags;
      if (preset === 'paper')
        throw new InputError('bad-preset', 'reproduce valley2023 has the presets quick and standard; got paper.');
      const { folder, findings, seconds } = await reproduceValley2023({
        ...(flags.part && { part: flags.part }),
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
      const spent = Object.entries(seconds).map(([name, t]) => `${name} ${duration(t)}`);
      s.result(
        { folder, report, seconds, findings },
        [...findings.map(lineOf), '', `time: ${spent.join(', ')}`, `report: ${report}`].join('\n'),
      );
    },
    again,
  );
}
