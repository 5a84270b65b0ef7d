// Runs a Python peer that prints JSON lines and compares it with ours; says which BLAS it computes with, and where that is not fair.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { peers } from './environment.mjs';
import { ONE_THREAD, unfairTo } from './identity.mjs';

/** Prints what the peer printed and returns it: `{ lines, label, unfair }`, where `unfair` says what is wrong with its kernels. */
export function peerLines(script, ...args) {
  const { python, identity, skipped } = peers(['numpy', 'scipy']);
  if (skipped) {
    console.error(`skipped: SciPy: ${skipped}`);
    return undefined;
  }
  const path = fileURLToPath(new URL(`./peers/${script}`, import.meta.url));
  const env = { ...process.env, ...ONE_THREAD };
  const done = spawnSync(python, [path, ...args], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (done.status !== 0) {
    console.error(`skipped: SciPy: ${script} ended with ${done.status}`);
    return undefined;
  }
  console.log(done.stdout.trim());
  console.log(JSON.stringify({ label: identity.labels.scipy }));
  const lines = done.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { lines, label: identity.labels.scipy, unfair: unfairTo(identity, ['numpy', 'scipy']) };
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
    const line = {
      ratio: +(other.cpu / cpu).toPrecision(3),
      task,
      ours: provider,
      peer: `${peer.label}: ${other.task}`,
    };
    console.log(JSON.stringify(peer.unfair ? { ...line, unfair: peer.unfair } : line));
  }
}
