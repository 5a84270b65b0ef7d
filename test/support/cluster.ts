/** The cluster of three hosts (scripts/cluster.mjs), where CI has Slurm and the rights; it ends with the test, however that ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
// @ts-expect-error: plain JavaScript without declarations
import { clusterAt as at, run as runOn, stopHosts, until as waitUntil } from '../../scripts/cluster/hosts.mjs';
// @ts-expect-error: plain JavaScript without declarations
import { slurmNeed } from '../../scripts/cluster/slurm.mjs';
// @ts-expect-error: plain JavaScript without declarations
import { startCluster as start } from '../../scripts/cluster.mjs';
import type { Outcome } from './cli.js';

export interface Cluster {
  readonly dir: string;
  readonly names: readonly string[];
}

/** Milliseconds after which a test on the cluster counts as hanging, also on a machine that is busy with much else. */
export const LONG = 7_200_000;

/** What keeps the tests of the cluster from running, in a few words; undefined where nothing does. */
export const clusterNeeds: string | undefined =
  process.env.CI === undefined
    ? 'CI=true'
    : slurmNeed() === undefined
      ? undefined
      : 'Slurm and the right to make network namespaces';

/** The title of a test, with what keeps it from running. */
export const titleOf = (text: string): string =>
  clusterNeeds === undefined ? text : `skipped: needs ${clusterNeeds}: ${text}`;

export const clusterAt = at as (dir: string) => Cluster;
export const startCluster = start as (dir: string, options?: object) => Promise<Cluster>;
export const stopCluster = stopHosts as (dir: string) => Promise<boolean>;
export const run = runOn as (cluster: Cluster, host: string, command: readonly string[], options?: object) => Outcome;
/** Waits until something holds; its limit only ends what hangs. */
export const until = waitUntil as <T>(what: string, holds: () => T, seconds?: number) => Promise<NonNullable<T>>;

/** A cluster for the tests of a file, and a folder that all hosts share. */
export function clusterForTests(options: object = {}): { readonly cluster: Cluster; readonly home: string } {
  const home = mkdtempSync(join(tmpdir(), 'thermograd-cluster-'));
  const held = { home, cluster: undefined as unknown as Cluster };
  beforeAll(async () => {
    if (clusterNeeds === undefined) held.cluster = await startCluster(join(home, 'hosts'), { owned: true, ...options });
  }, LONG);
  afterAll(async () => {
    await stopCluster(join(home, 'hosts'));
    rmSync(home, { recursive: true, force: true });
  });
  return held;
}
