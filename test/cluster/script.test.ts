/** scripts/cluster.mjs: hosts that have nothing in common but files, faults that are real, and nothing left behind. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
// @ts-expect-error: plain JavaScript without declarations
import { delay, delayNeed, endDelay, fill, free, killNode, setLink } from '../../scripts/cluster/hosts.mjs';
// @ts-expect-error: plain JavaScript without declarations
import { nodeStates } from '../../scripts/cluster/slurm.mjs';
// @ts-expect-error: plain JavaScript without declarations
import { revive } from '../../scripts/cluster.mjs';
import { clusterForTests, clusterNeeds, run, titleOf, until } from '../support/cluster.js';

const SCRIPT = fileURLToPath(new URL('../../scripts/cluster.mjs', import.meta.url));

/** Processes whose command names a folder. */
const processesOf = (dir: string) =>
  readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(dir);
    } catch {
      return false;
    }
  });

describe.skipIf(clusterNeeds)(titleOf('hosts'), () => {
  const held = clusterForTests();

  it('have names, process numbers and networks of their own, and share files', () => {
    const { cluster, home } = held;
    writeFileSync(join(home, 'shared'), 'seen by all');
    for (const host of cluster.names) {
      const { stdout } = run(cluster, host, [
        'sh',
        '-c',
        `hostname; cat "${join(home, 'shared')}"; echo; ls /sys/class/net >/dev/null; cat /proc/1/comm`,
      ]);
      expect(stdout.split('\n').slice(0, 3)).toEqual([host, 'seen by all', 'bash']);
    }
    expect(run(cluster, 'n1', ['ip', 'route']).stdout).not.toContain('default');
  });

  it('run jobs of Slurm, which a killed node loses and gets back', async () => {
    const { cluster, home } = held;
    const at = (name: string) => join(home, name);
    writeFileSync(
      at('job.sh'),
      `#!/bin/sh\nhostname >"${at('ran')}.$SLURM_ARRAY_TASK_ID"\nwhile [ ! -e "${at('go')}" ]; do sleep 0.2; done\n`,
    );
    const sent = run(cluster, 'n1', [
      'sbatch',
      '--parsable',
      '--array=0-5',
      '--mem=100',
      `--output=${at('log.%a')}`,
      at('job.sh'),
    ]);
    expect(sent).toMatchObject({ code: 0, stderr: '' });
    const all = [0, 1, 2, 3, 4, 5].map((k) => at(`ran.${k}`));
    await until('all tasks run', () => all.every((file) => existsSync(file) && readFileSync(file, 'utf8') !== ''));
    const hosts = all.map((file) => readFileSync(file, 'utf8').trim());
    expect([...new Set(hosts)].sort()).toEqual(['n1', 'n2', 'n3']);
    killNode(cluster, 'n3');
    await until('Slurm misses the node', () => /down|\*/.test(nodeStates(cluster).n3));
    revive(cluster, 'n3');
    writeFileSync(at('go'), '');
    await until('the node is back', () => nodeStates(cluster).n3 === 'idle');
  });

  it('lose the network and get it back', async () => {
    const { cluster } = held;
    const reaches = () => run(cluster, 'n1', ['bash', '-c', `exec 3<>/dev/tcp/n2/6818`], { timeout: 3000 }).code === 0;
    await until('n2 is reached', reaches);
    setLink(cluster, 'n2', 'down');
    expect(reaches()).toBe(false);
    setLink(cluster, 'n2', 'up');
    await until('n2 is reached', reaches);
  });

  it('have a full disk each for itself', () => {
    const { cluster, home } = held;
    const folder = join(home, 'full');
    mkdirSync(folder);
    writeFileSync(join(folder, 'before'), 'old');
    const write = (host: string, name: string) =>
      run(cluster, host, ['dd', 'if=/dev/zero', `of=${join(folder, name)}`, 'bs=5k', 'count=1', 'status=none']);
    fill(cluster, 'n2', folder);
    expect(write('n2', 'a').stderr).toContain('No space left on device');
    expect(write('n3', 'b').code).toBe(0);
    expect(run(cluster, 'n2', ['cat', join(folder, 'before')]).stdout).toBe('old');
    free(cluster, 'n2', folder);
    expect(write('n2', 'a').code).toBe(0);
    expect(readdirSync(folder).sort()).toEqual(['a', 'b', 'before']);
  });

  it.skipIf(delayNeed())(delayNeed() ? `skipped: needs ${delayNeed()}` : 'see new names late', async () => {
    const { cluster, home } = held;
    const folder = join(home, 'late');
    const sees = () => run(cluster, 'n3', ['test', '-e', join(folder, 'new')]).code === 0;
    mkdirSync(folder);
    delay(cluster, 'n3', folder, 1000);
    expect(sees()).toBe(false);
    writeFileSync(join(folder, 'new'), '');
    expect(sees()).toBe(false);
    expect(run(cluster, 'n3', ['ls', folder]).stdout).toBe('new\n');
    endDelay(cluster, 'n3', folder);
    expect(sees()).toBe(true);
  });
});

describe.skipIf(clusterNeeds)(titleOf('the script'), () => {
  it('stops everything, also a second time, and when it was killed while it started', async () => {
    const home = mkdtempSync(join(tmpdir(), 'thermograd-cluster-'));
    const dir = join(home, 'hosts');
    const child = spawn(process.execPath, [SCRIPT, 'start', dir], { stdio: 'ignore' });
    await until('it has begun', () => existsSync(join(dir, 'up-n1')));
    child.kill('SIGKILL');
    const stop = () => spawnSync(process.execPath, [SCRIPT, 'stop', dir], { encoding: 'utf8' });
    expect(stop()).toMatchObject({ status: 0, stdout: `stopped the cluster in ${dir}\n` });
    expect(stop()).toMatchObject({ status: 0, stdout: `no cluster runs in ${dir}\n` });
    await until('its processes have ended', () => processesOf(dir).length === 0);
    const links = spawnSync('ip', ['-oneline', 'link'], { encoding: 'utf8' }).stdout;
    expect(links).not.toMatch(/ (?:n[123]|bridge)[:@]/);
    rmSync(home, { recursive: true });
  });

  it('ends an owned cluster with its owner, however that ends', async () => {
    const home = mkdtempSync(join(tmpdir(), 'thermograd-cluster-'));
    const dir = join(home, 'hosts');
    const code = `import { startCluster } from ${JSON.stringify(SCRIPT)}; await startCluster(${JSON.stringify(dir)}, { owned: true }); setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: 'ignore' });
    await until('it runs', () => existsSync(join(dir, 'cluster.json')));
    owner.kill('SIGKILL');
    await until('its processes have ended', () => processesOf(dir).length === 0);
    rmSync(home, { recursive: true });
  });
});
