/** A study by GNU parallel over ssh, on three hosts that share its folder. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
// @ts-expect-error: plain JavaScript without declarations
import { onPath } from '../../scripts/cluster/hosts.mjs';
// @ts-expect-error: plain JavaScript without declarations
import { sshNeed } from '../../scripts/cluster/ssh.mjs';
import { clusterForTests, clusterNeeds, LONG, run, titleOf } from '../support/cluster.js';
import { localStudy, PROGRAM, preparedStudy, readyCells, unlike } from '../support/cluster-cells.js';

const needs: string | undefined = clusterNeeds ?? sshNeed() ?? (onPath('parallel') ? undefined : 'GNU parallel');

describe.skipIf(needs)(clusterNeeds || !needs ? titleOf('GNU parallel') : `skipped: needs ${needs}`, () => {
  const held = clusterForTests();

  it(
    'does the cells of a folder over ssh, on every host, to the bytes of one machine',
    async () => {
      const { cluster, home } = held;
      const folder = await preparedStudy(home, 'a study');
      const local = localStudy(home, 'here');
      const joblog = join(home, 'joblog');
      const hosts: string[] = [];
      for (const [stage, count] of [4, 20].entries()) {
        const ready = readyCells(folder);
        expect(ready).toHaveLength(count);
        const list = join(home, `ready-${stage}`);
        writeFileSync(list, `${ready.join('\n')}\n`);
        const words = [...PROGRAM, 'cell', folder].map((word) => `'${word}'`).join(' ');
        const done = run(cluster, 'n1', [
          'sh',
          '-c',
          `parallel --sshlogin 1/n1,1/n2,1/n3 --retries 3 --joblog "${joblog}-${stage}" "${words}" <"${list}"; cut -f2 "${joblog}-${stage}"`,
        ]);
        expect(done.code, done.stderr).toBe(0);
        hosts.push(...done.stdout.split('\n').filter((line) => /^n\d$/.test(line)));
      }
      expect(readyCells(folder)).toEqual([]);
      expect(hosts).toHaveLength(24);
      expect([...new Set(hosts)].sort()).toEqual(['n1', 'n2', 'n3']);
      expect(unlike(folder, await local)).toEqual([]);
    },
    LONG,
  );
});
