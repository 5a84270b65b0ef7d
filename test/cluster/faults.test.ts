/**
 * A study of 204 cells on Slurm while hosts fail: all documents are there at the end, with the bytes that threads of one machine
 * give, and nothing else is left.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
// @ts-expect-error: plain JavaScript without declarations
import { fill, free, killNode, onHost, setLink } from '../../scripts/cluster/hosts.mjs';
// @ts-expect-error: plain JavaScript without declarations
import { hurry, nodeStates, queue, slurmLogs } from '../../scripts/cluster/slurm.mjs';
// @ts-expect-error: plain JavaScript without declarations
import { revive } from '../../scripts/cluster.mjs';
import { filesOf } from '../support/cli.js';
import { type Cluster, clusterForTests, clusterNeeds, LONG, run, titleOf, until } from '../support/cluster.js';
import { cheapControls } from '../support/cluster-cells.js';
import { differences } from '../support/timeless.js';

const STUDY = fileURLToPath(new URL('../support/cluster-study.mjs', import.meta.url));
/** Seeds, and cells of each. */
const [SEEDS, CELLS] = [34, 5];
const ALL = SEEDS * (CELLS + 1);

/** Numbers of the processes of a host that do cells, as numbered there. */
const cellsOn = (cluster: Cluster, host: string) =>
  run(cluster, host, [
    'sh',
    '-c',
    `for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline 2>/dev/null | grep -q 'main.js cell ' && basename $p; done; true`,
  ])
    .stdout.split('\n')
    .filter((line) => line !== '');

describe.skipIf(clusterNeeds)(titleOf('a study on Slurm'), () => {
  const held = clusterForTests();
  const started: ChildProcess[] = [];
  let hurrying: NodeJS.Timeout | undefined;
  afterAll(async () => {
    clearInterval(hurrying);
    for (const child of started.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
      child.kill('SIGKILL');
      await new Promise((resolve) => child.on('close', resolve));
    }
  });

  it(
    'is whole after every kind of loss, and the same as on threads',
    async () => {
      const { cluster, home } = held;
      const [settings, here, there] = ['config.json', 'here', 'there'].map((name) => join(home, name));
      writeFileSync(settings, JSON.stringify(cheapControls()));
      const log = join(home, 'coordinator.log');
      const begin = (command: readonly string[]) => {
        const out = openSync(log, 'a');
        const child = spawn(command[0], command.slice(1), { stdio: ['ignore', out, out] });
        started.push(child);
        const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
        const state: { code?: number | null } = {};
        void ended.then((code) => {
          state.code = code;
        });
        return { child, ended, state };
      };
      const words = (out: string, on: string) =>
        onHost(cluster, 'n1', [execPath, STUDY, settings, String(SEEDS), out, on]);
      const local = begin(words(here, 'threads'));
      const coordinate = () => begin(words(there, 'slurm'));
      const documents = () =>
        existsSync(join(there, 'seeds'))
          ? readdirSync(join(there, 'seeds'), { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.json'))
              .length
          : 0;
      let coordinator = coordinate();
      const after = (count: number) =>
        until(`${count} documents are there`, () => {
          if (coordinator.state.code !== undefined && documents() < ALL)
            throw new Error(
              `the coordinator ended with ${documents()} documents:\n${readFileSync(log, 'utf8').slice(-3000)}`,
            );
          return documents() >= count;
        });
      const lost: string[] = [];
      hurrying = setInterval(() => hurry(cluster), 5000);

      // Each fault comes while many cells are left, and none is waited for while the others could finish: the two that Slurm notices
      // late come together and leave no host that could go on.
      await after(30);
      const pid = (JSON.parse(readFileSync(join(there, 'lock'), 'utf8')) as { pid: number }).pid;
      run(cluster, 'n1', ['kill', '-9', String(pid)]);
      await coordinator.ended;
      expect(documents()).toBeLessThan(ALL);
      coordinator = coordinate();
      lost.push('the coordinator');

      await after(50);
      const [victim] = await until('a cell is done on n2', () =>
        cellsOn(cluster, 'n2').length > 0 ? cellsOn(cluster, 'n2') : undefined,
      );
      run(cluster, 'n2', ['kill', '-9', victim]);
      lost.push('the process of a cell');

      await after(70);
      fill(cluster, 'n3', there);
      lost.push('room on a disk');
      // the folder of a document appears in the upper layer when something is to be written into it
      await until(
        'a write has failed on n3',
        () => run(cluster, 'n3', ['sh', '-c', 'ls /run/full/upper/seeds/*']).code === 0,
      );
      expect(documents()).toBeLessThan(ALL);
      free(cluster, 'n3', there);

      await after(100);
      setLink(cluster, 'n2', 'down');
      killNode(cluster, 'n3');
      expect(documents()).toBeLessThan(ALL);
      lost.push('a link', 'a node');
      await until(
        'Slurm misses both',
        () => /down|\*/.test(nodeStates(cluster).n2) && /down|\*/.test(nodeStates(cluster).n3),
      );
      setLink(cluster, 'n2', 'up');
      revive(cluster, 'n3');

      const code = await coordinator.ended;
      expect(code, readFileSync(log, 'utf8').slice(-3000) + slurmLogs(cluster)).toBe(0);
      expect(lost).toHaveLength(5);
      expect(documents()).toBe(ALL);
      expect(queue(cluster)).toEqual([]);
      expect(await local.ended).toBe(0);
      const [one, other] = [filesOf(here), filesOf(there)];
      for (const name of other.keys()) if (name.startsWith('slurm/')) other.delete(name);
      expect(differences(one, other)).toEqual([]);
      expect([...other.keys()].filter((name) => /\.tmp$|\.stale$|lock/.test(name))).toEqual([]);
    },
    LONG,
  );
});
