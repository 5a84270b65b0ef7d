/** The memory that commands tell before they start is not below what they use; measured by the system, where it does. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { HANG, scratch } from './support/cli.js';

const MAIN = process.env.THERMOGRAD_MAIN ?? fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const { folder } = scratch();
const at = (name: string) => join(folder, name);
/** Prints the largest resident set of the process, in kB, when it ends. */
const PROBE = `data:text/javascript,${encodeURIComponent("process.on('exit', () => process.stderr.write('\\nPEAK ' + process.resourceUsage().maxRSS + '\\n'))")}`;
const measurable = process.platform === 'linux' && process.resourceUsage().maxRSS > 0;
// every command in a process of its own: minutes, which only CI has
const asked = process.env.CI !== undefined || process.env.THERMOGRAD_SAY !== undefined;
if (!measurable || !asked)
  console.warn(`told-memory: skipped: needs ${measurable ? 'CI=true' : 'Linux, which measures the peak of a process'}`);

/** Runs a command and returns bytes told and bytes used. */
function bytesOf(args: readonly string[]): { told: number; used: number } {
  const { status, stderr } = spawnSync(process.execPath, ['--import', PROBE, MAIN, ...args], {
    encoding: 'utf8',
    timeout: HANG,
    cwd: folder,
  });
  expect([args.join(' '), status, stderr]).toEqual([args.join(' '), 0, expect.stringContaining('PEAK')]);
  const words = /([\d.]+) (MB|GB) of memory/.exec(stderr)!;
  const told = Number(words[1]) * (words[2] === 'GB' ? 1e9 : 1e6);
  const used = Math.max(...[...stderr.matchAll(/PEAK (\d+)/g)].map(([, kilobytes]) => 1024 * Number(kilobytes)));
  return { told, used };
}

writeFileSync(
  at('two-layers.yaml'),
  'data: { set: teacher, teacher: { network: { widths: [60, 40, 40, 5] }, train: 3000 } }\n' +
    'training: { stop: { rule: epochs, epochs: 2 } }\nrecord: { layer: layer2, windowEpochs: 40 }\nanalysis: { directions: 20 }\n',
);

describe.skipIf(!measurable || !asked)('told is at least used', () => {
  it.each<[string, readonly (readonly string[])[]]>([
    ['a run, its decomposition, advice and a penalty', [
      ['reproduce', 'ivf2021', '--preset', 'quick', '--data', 'teacher', '--window', '3', '--out', 'run'],
      ['reproduce', 'ao2022', 'run', '--out', 'ao'],
      ['advise', 'run', '--out', 'advice'],
      ['protect', 'run', '--method', 'variance', '--out', 'a.npz'],
      ['protect', 'run', '--method', 'hessian', '--out', 'b.npz'],
    ]],
    ['a run with a window of 2400 steps of 1600 weights', [
      ['reproduce', 'ivf2021', '--config', 'two-layers.yaml', '--out', 'wide'],
      ['protect', 'wide', '--method', 'ewc', '--out', 'c.npz'],
    ]],
    ['a run of MNIST', [['train', '--preset', 'quick', '--limit', '10000', '--out', 'mnist']]],
    ['controls', [['reproduce', 'controls', '--preset', 'quick', '--out', 'controls']]],
    ['ceilings', [['reproduce', 'ceilings', '--preset', 'quick', '--out', 'ceilings']]],
    ['forget', [['forget', '--preset', 'quick', '--out', 'forget']]],
    ['valley2023', [['reproduce', 'valley2023', '--preset', 'quick', '--out', 'valley']]],
  ])('%s', (_, commands) => {
    for (const args of commands) {
      const { told, used } = bytesOf(args);
      expect(used, args.join(' ')).toBeGreaterThan(40e6);
      expect(told, `${args.join(' ')} tells ${told / 1e6} MB and uses ${used / 1e6} MB`).toBeGreaterThanOrEqual(used);
      if (process.env.THERMOGRAD_SAY) console.log(`${args.join(' ')}: told ${told / 1e6} MB, used ${(used / 1e6).toFixed(0)} MB`);
    }
  }); // biome-ignore format: a table
});
