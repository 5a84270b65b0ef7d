/**
 * A cluster of three hosts on one machine, n1 to n3, with Slurm and, where it is installed, an ssh server on each. Needs Linux,
 * root and Debian's packages slurmctld, slurmd, slurm-client, iproute2 (and openssh-server). The folder DIR holds config, logs
 * and keys; other folders are those of the machine, so that all hosts share them.
 *
 *     node scripts/cluster.mjs start DIR [--nodes n2,n3]   the controller is n1; all hosts take work, or those named
 *     node scripts/cluster.mjs run DIR HOST COMMAND…       runs a command on a host, with its exit code
 *     node scripts/cluster.mjs kill-node DIR HOST          kills all processes of a host at once
 *     node scripts/cluster.mjs revive DIR HOST             starts the daemons of a killed host again
 *     node scripts/cluster.mjs cut DIR HOST                takes the host off the network
 *     node scripts/cluster.mjs join DIR HOST               joins it again
 *     node scripts/cluster.mjs fill DIR HOST FOLDER        the folder is full for this host alone
 *     node scripts/cluster.mjs free DIR HOST FOLDER        there is room again
 *     node scripts/cluster.mjs delay DIR HOST FOLDER S     the host sees new and replaced names S seconds late (package bindfs)
 *     node scripts/cluster.mjs prompt DIR HOST FOLDER      it sees them at once again
 *     node scripts/cluster.mjs hurry DIR                   requeued jobs begin now, not after Slurm's two minutes
 *     node scripts/cluster.mjs stop DIR                    ends everything; does nothing where nothing runs
 *
 * Ends with 0, or with 1 and a sentence; where rights or packages are missing it says `skipped: needs …` and ends with 0.
 */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  clusterAt,
  delay,
  endDelay,
  fill,
  free,
  killNode,
  makeHosts,
  onHost,
  setLink,
  stopHosts,
} from './cluster/hosts.mjs';
import { hurry, slurmNeed, startController, startNode, startSlurm } from './cluster/slurm.mjs';
import { sshConfig, sshNeed, startSsh } from './cluster/ssh.mjs';

const USE =
  'use: node scripts/cluster.mjs start|run|kill-node|revive|cut|join|fill|free|delay|prompt|hurry|stop DIR …; the head of the script explains them.';

/** Starts hosts, Slurm, and ssh where it is installed. The cluster ends with this process when it is `owned`. */
export async function startCluster(dir, { nodes, owned = false, ...slurm } = {}) {
  const ssh = sshNeed() === undefined;
  const etc = ssh ? { 'ssh/ssh_config': sshConfig(resolve(dir)) } : {};
  try {
    await makeHosts(dir, { owned, etc });
    const cluster = clusterAt(dir);
    await startSlurm(cluster, { ...slurm, ...(nodes && { nodes }) });
    if (ssh) await startSsh(cluster);
    return cluster;
  } catch (error) {
    await stopHosts(dir);
    throw error;
  }
}

/** Starts the daemons of a host whose processes were killed. */
export function revive(cluster, host) {
  if (host === cluster.names[0]) startController(cluster);
  startNode(cluster, host);
  if (sshNeed() === undefined)
    spawnSync(
      'nsenter',
      onHost(cluster, host, ['/usr/sbin/sshd', '-f', join(cluster.dir, 'ssh/sshd_config')]).slice(1),
    );
}

async function main([verb, dir, ...rest]) {
  if (verb === undefined || dir === undefined) throw new Error(USE);
  if (verb === 'stop') {
    console.log((await stopHosts(dir)) ? `stopped the cluster in ${dir}` : `no cluster runs in ${dir}`);
    return 0;
  }
  if (verb === 'start') {
    const need = slurmNeed();
    if (need !== undefined) {
      console.log(`skipped: needs ${need}`);
      return 0;
    }
    const { values } = parseArgs({ args: rest, options: { nodes: { type: 'string' } } });
    const cluster = await startCluster(dir, { nodes: values.nodes?.split(',') });
    console.log(`${cluster.names.join(', ')} run in ${cluster.dir}; node scripts/cluster.mjs run ${dir} n1 sinfo`);
    return 0;
  }
  const cluster = clusterAt(dir);
  const [host, ...words] = rest;
  if (verb === 'run') {
    const [program, ...args] = onHost(cluster, host, words);
    return spawnSync(program, args, { stdio: 'inherit' }).status ?? 1;
  }
  const act = {
    'kill-node': () => killNode(cluster, host),
    revive: () => revive(cluster, host),
    cut: () => setLink(cluster, host, 'down'),
    join: () => setLink(cluster, host, 'up'),
    fill: () => fill(cluster, host, words[0]),
    free: () => free(cluster, host, words[0]),
    delay: () => delay(cluster, host, words[0], Number(words[1])),
    prompt: () => endDelay(cluster, host, words[0]),
    hurry: () => hurry(cluster),
  }[verb];
  if (act === undefined) throw new Error(USE);
  act();
  return 0;
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url))
  main(process.argv.slice(2)).then(
    (code) => {
      process.exitCode = code;
    },
    (error) => {
      console.error(`Error: ${error.message}`);
      process.exitCode = 1;
    },
  );
