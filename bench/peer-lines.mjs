// Runs a Python peer that prints JSON lines, the first of which says which BLAS it computes with, and compares it with ours.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { host } from '../dist/numeric/linalg/host.js';
import { mismatchOf } from '../dist/numeric/linalg/openblas-core.js';

const python = process.env.THERMOGRAD_PYTHON || '/usr/bin/python3';
const env = { ...process.env, OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1' };

/** Prints what the peer printed and returns it: `{ lines, slow }`, where `slow` says what is wrong with its kernels. */
export function peerLines(script, ...args) {
  const path = fileURLToPath(new URL(`./peers/${script}`, import.meta.url));
  const done = spawnSync(python, [path, ...args], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (done.status !== 0) {
    console.error('skipped: SciPy (needs python3 with numpy and scipy)');
    return undefined;
  }
  console.log(done.stdout.trim());
  const [{ blas }, ...lines] = done.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const flags = host.processor();
  const slow = blas
    .map(({ core }) => mismatchOf(core, flags))
    .filter(Boolean)
    .map((m) => `the peer's OpenBLAS runs its kernels for ${m.core} (${m.runs}) on a processor with ${m.could}`);
  return { lines, slow: slow[0] };
}

/**
 * Prints the ratio of processor times, peer/ours (above 1 ours is faster), of every task that both measured.
 * @param names - of our tasks, to those of the peer where they differ
 */
export function printRatios(own, peer, names = {}) {
  if (!peer) return;
  for (const { task, provider, cpu } of own) {
    const other = peer.lines.find((line) => line.task === (names[task] ?? task));
    if (!other) continue;
    const line = { ratio: +(other.cpu / cpu).toPrecision(3), task, ours: provider, peer: other.task };
    console.log(JSON.stringify(peer.slow ? { ...line, unfair: peer.slow } : line));
  }
}
