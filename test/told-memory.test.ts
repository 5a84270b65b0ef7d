/** The memory and the disk that commands tell before they start are not below what they use; the system measures the memory, where it does. */
import { spawn } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, writeFileSync } from 'node:fs';
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

/** Bytes that the file system holds for a file or a folder; files that go away meanwhile count nothing. */
function heldBy(path: string): number {
  if (!existsSync(path)) return 0;
  const names = lstatSync(path).isDirectory() ? readdirSync(path, { recursive: true, encoding: 'utf8' }) : [''];
  return names.reduce((sum, name) => {
    const stats = lstatSync(join(path, name), { throwIfNoEntry: false });
    return sum + (stats?.isFile() ? Math.max(stats.size, 512 * stats.blocks) : 0);
  }, 0);
}

const UNITS: Record<string, number> = { MB: 1e6, GB: 1e9 };

interface Used {
  readonly memory: number;
  readonly disk: number;
}

/**
 * Runs a command that writes to its last argument, and returns the largest bytes told and used. The disk is looked at all the time:
 * files beside which others are written count as long as they are there.
 */
async function bytesOf(args: readonly string[]): Promise<{ told: Used; used: Used }> {
  const out = at(args.at(-1)!);
  const child = spawn(process.execPath, ['--import', PROBE, MAIN, ...args], { cwd: folder, timeout: HANG });
  let stderr = '';
  child.stderr.on('data', (text) => (stderr += text));
  let disk = 0;
  const look = () => (disk = Math.max(disk, heldBy(out)));
  const looking = setInterval(look, 20);
  const status = await new Promise((resolve) => child.on('close', resolve));
  clearInterval(looking);
  look();
  expect([args.join(' '), status, stderr]).toEqual([args.join(' '), 0, expect.stringContaining('PEAK')]);
  const told = (what: string) =>
    Math.max(
      ...[...stderr.matchAll(new RegExp(`([\\d.]+) (MB|GB) of ${what}`, 'g'))].map(
        ([, n, unit]) => Number(n) * UNITS[unit],
      ),
    );
  const memory = Math.max(...[...stderr.matchAll(/PEAK (\d+)/g)].map(([, kilobytes]) => 1024 * Number(kilobytes)));
  return { told: { memory: told('memory'), disk: told('disk') }, used: { memory, disk } };
}

writeFileSync(
  at('two-layers.yaml'),
  'data: { set: teacher, teacher: { network: { widths: [60, 40, 40, 5] }, train: 3000 } }\n' +
    'training: { stop: { rule: epochs, epochs: 2 } }\nrecord: { layer: layer2, windowEpochs: 40 }\nanalysis: { directions: 20 }\n',
);

writeFileSync(
  at('layers.yaml'),
  'data: { set: mnist, limit: 400 }\nnetwork: lenet5\noptimiser: { type: adam }\n' +
    'training: { stop: { rule: epochs, epochs: 2 } }\nrecord: { layers: [conv1, dense3], windowEpochs: 5 }\nanalysis: { directions: 6 }\n',
);

writeFileSync(
  at('adamw.yaml'),
  'data: { set: teacher, teacher: { network: { widths: [64, 20, 4] }, train: 1500, test: 0 } }\n' +
    'network: { input: [1, 8, 8], layers: [{ type: conv, channels: 8, kernel: 3, name: a }, { type: relu }, ' +
    '{ type: dense, outputs: 32, name: b }, { type: relu }, { type: dense, outputs: 4, name: c }] }\n' +
    'optimiser: { type: adamw }\ntraining: { stop: { rule: epochs, epochs: 2 } }\n' +
    'record: { layer: a, windowEpochs: 10 }\nanalysis: { directions: 12 }\n',
);

writeFileSync(
  at('well.yaml'),
  'variables: [x, y]\nlandscape: { loss: (x^2 - 1)^2 + y^2 }\nnoise: { diffusion: { xx: 0.6, yy: 0.6 } }\nlearningRate: 0.01\n' +
    'grid: { x: { from: -2.4, to: 2.4, cells: 150 }, y: { from: -2.6, to: 2.6, cells: 150 } }\n' +
    'time: { mode: transient, until: 4, snapshots: [1, 2, 3] }\npaths: { count: 20, points: 2000 }\n' +
    'methods: { sgd: { walkers: 500 }, langevin: { walkers: 500 }, fokker-planck: {} }\n',
);
const N = 240;
const square = (of: (i: number, j: number) => number) =>
  Array.from({ length: N }, (_, i) => Array.from({ length: N }, (_, j) => of(i, j)).join(',')).join('\n');
writeFileSync(
  at('F.csv'),
  square((i, j) => (i === j ? 1 + i / N : Math.abs(i - j) === 1 ? 0.3 * Math.sign(i - j) : 0)),
);
writeFileSync(
  at('D.csv'),
  square((i, j) => (i === j ? 1 : 0)),
);

describe.skipIf(!measurable || !asked)('told is at least used', () => {
  it.each<[string, readonly (readonly string[])[]]>([
    ['a run, its decomposition, analysis, advice and penalties', [
      ['reproduce', 'ivf2021', '--preset', 'quick', '--data', 'teacher', '--window', '3', '--out', 'run'],
      ['reproduce', 'ao2022', 'run', '--out', 'ao'],
      ['analyse', 'run', '--centre', 'last', '--out', 'analysis'],
      ['advise', 'run', '--out', 'advice'],
      ['protect', 'run', '--method', 'ewc', '--out', 'ewc.npz'],
      ['protect', 'run', '--method', 'variance', '--out', 'a.npz'],
      ['protect', 'run', '--method', 'hessian', '--out', 'b.npz'],
          ]],
    ['a run with a window of 2400 steps of 1600 weights', [
      ['reproduce', 'ivf2021', '--config', 'two-layers.yaml', '--out', 'wide'],
      ['protect', 'wide', '--method', 'ewc', '--out', 'c.npz'],
        ['protect', 'wide', '--method', 'potential', '--window-epochs', '40', '--out', 'p.safetensors'],
    ]],
    ['training and analysis of its window', [
      ['train', '--config', 'two-layers.yaml', '--seed', '1', '--out', 'trained'],
      ['analyse', 'trained', '--out', 'trained-analysis'],
      ['analyse', 'trained/trajectory.zarr', '--out', 'recording'],
    ]],
    ['a run of two layers with Adam, its analysis and advice', [
      ['reproduce', 'ivf2021', '--config', 'layers.yaml', '--workers', '1', '--out', 'layers'],
      ['advise', 'layers', '--directions', '4', '--runs', '2', '--verify-epochs', '1', '--workers', '1', '--out', 'layers-advice'],
    ]],
    ['two seeds', [['reproduce', 'ivf2021', '--seeds', '2', '--config', 'two-layers.yaml', '--out', 'seeds']]],
    ['a run that is made for its decomposition', [['reproduce', 'ao2022', '--config', 'two-layers.yaml', '--out', 'both']]],
    ['decompositions of layers under AdamW, whole and in a span', [
      ['reproduce', 'ao2022', '--config', 'adamw.yaml', '--out', 'whole'],
      ['reproduce', 'ao2022', '--config', 'adamw.yaml', '--layer', 'b', '--out', 'span'],
    ]],
    ['controls of layers under AdamW', [
      ['reproduce', 'controls', '--preset', 'quick', '--seeds', '1', '--config', 'adamw.yaml', '--limit', '300', '--out', 'controls-layers'],
    ]],
    ['a run of MNIST', [['train', '--preset', 'quick', '--limit', '10000', '--out', 'mnist']]],
    ['controls', [['reproduce', 'controls', '--preset', 'quick', '--out', 'controls']]],
    ['ceilings', [['reproduce', 'ceilings', '--preset', 'quick', '--out', 'ceilings']]],
    ['forget', [['forget', '--preset', 'quick', '--out', 'forget']]],
    ['valley2023', [['reproduce', 'valley2023', '--preset', 'quick', '--out', 'valley']]],
    ['a simulation', [['simulate', 'well.yaml', '--out', 'well']]],
    ['a linear system', [['decompose', '--drift', 'F.csv', '--diffusion', 'D.csv', '--step', '0.01', '--out', 'linear']]],
  ])('%s', async (_, commands) => {
    for (const args of commands) {
      const { told, used } = await bytesOf(args);
      const line = args.join(' ');
      const mega = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
      if (process.env.THERMOGRAD_SAY)
        console.log(`| ${line} | ${mega(told.memory)} | ${mega(used.memory)} | ${mega(told.disk)} | ${mega(used.disk)} |`);
      expect(used.memory, line).toBeGreaterThan(40e6);
      expect(told.memory, `memory: ${line} tells ${mega(told.memory)} and uses ${mega(used.memory)}`).toBeGreaterThanOrEqual(used.memory);
      expect(told.disk, `disk: ${line} tells ${mega(told.disk)} and uses ${mega(used.disk)}`).toBeGreaterThanOrEqual(used.disk);
    }
  }); // biome-ignore format: a table
});
