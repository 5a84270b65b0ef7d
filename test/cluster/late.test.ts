/** Hosts that see new and replaced names late, as through the caches of a network file system, and that do the same cells at once. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
// @ts-expect-error: plain JavaScript without declarations
import { delay, delayNeed, endDelay, onHost } from '../../scripts/cluster/hosts.mjs';
import { filesOf } from '../support/cli.js';
import { type Cluster, clusterForTests, clusterNeeds, LONG, run, titleOf } from '../support/cluster.js';
import { localStudy, PROGRAM, preparedStudy, unlike } from '../support/cluster-cells.js';

const needs: string | undefined = clusterNeeds ?? delayNeed();
const SEEDS = 2;

/** Runs a command on a host beside others. */
const beside = (cluster: Cluster, host: string, command: readonly string[]) =>
  new Promise<{ host: string; code: number | null; stderr: string }>((resolve) => {
    const [program, ...args] = onHost(cluster, host, command) as string[];
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (text) => (stderr += text));
    child.on('close', (code) => resolve({ host, code, stderr }));
  });

describe.skipIf(needs)(
  clusterNeeds || !needs ? titleOf('a folder that is seen late') : `skipped: needs ${needs}`,
  () => {
    const held = clusterForTests();

    it(
      'is filled by three hosts that all do every cell, to the bytes of one machine',
      async () => {
        const { cluster, home } = held;
        const folder = await preparedStudy(home, 'there', SEEDS);
        const local = localStudy(home, 'here', SEEDS);
        for (const host of ['n2', 'n3']) delay(cluster, host, folder, 3);
        // n2 looks for what is not there yet, and will not see it for a while
        run(cluster, 'n2', ['sh', '-c', `ls "${folder}/seeds/seed0/base.json" "${folder}/seeds/seed1"`]);
        const all = [...PROGRAM, 'cell', folder, `0-${6 * SEEDS - 1}`, '--wait', '500'];
        const ends = await Promise.all(['n1', 'n2', 'n3'].map((host) => beside(cluster, host, all)));
        for (const { host, code, stderr } of ends) expect(code, `${host}: ${stderr}`).toBe(0);
        for (const host of ['n2', 'n3']) endDelay(cluster, host, folder);
        expect([...filesOf(folder).keys()].filter((name) => /\.tmp$|lock/.test(name))).toEqual([]);
        expect(unlike(folder, await local)).toEqual([]);
      },
      LONG,
    );

    it(
      'is followed by a coordinator that sees it late, and each cell is submitted once',
      async () => {
        const { cluster, home } = held;
        const folder = await preparedStudy(home, 'followed', SEEDS);
        const local = localStudy(home, 'local', SEEDS);
        delay(cluster, 'n1', folder, 3);
        run(cluster, 'n1', ['ls', `${folder}/seeds`, `${folder}/slurm`]);
        const words = [...PROGRAM, 'reproduce', 'controls', '--resume', '--out', folder, '--on', 'slurm'];
        const { code, stderr } = await beside(cluster, 'n1', words);
        expect(code, stderr).toBe(0);
        endDelay(cluster, 'n1', folder);
        const { arrays } = JSON.parse(readFileSync(`${folder}/slurm/submissions.json`, 'utf8')) as {
          arrays: { round: number; first: number; tasks: number }[];
        };
        const lists = arrays.flatMap(({ round, first, tasks }) =>
          Array.from({ length: tasks }, (_, k) =>
            readFileSync(`${folder}/slurm/lists/${round}-${first + k}.txt`, 'utf8'),
          ),
        );
        expect(lists.join('').trim().split('\n')).toHaveLength(6 * SEEDS);
        const unequal = unlike(folder, await local);
        expect(unequal).toEqual([]);
      },
      LONG,
    );
  },
);
