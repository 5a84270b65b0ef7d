/** Slurm on hosts of `hosts.mjs`: its config, its daemons without systemd and munge, and waiting until nodes take work. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostsNeed, must, onPath, run, until } from './hosts.mjs';

/** Says in a few words what is missing for Slurm on hosts of this machine; undefined where nothing is. */
export function slurmNeed() {
  const daemons = ['slurmctld', 'slurmd', 'sbatch', 'squeue', 'scontrol'].filter((program) => !onPath(program));
  if (daemons.length > 0) return `Slurm (${daemons.join(', ')})`;
  return hostsNeed();
}

/**
 * Config of a controller on the first host. Nobody is asked who he is (`auth/none`), which only does because no other machine
 * reaches the hosts' network. Timeouts are short: a node counts as down after 10 s of silence, and ended processes get 2 s.
 */
const config = ({ dir, names, addresses }, nodes, { cpus, memory, lines }) => `ClusterName=thermograd
SlurmctldHost=${names[0]}(${addresses[0]})
SlurmUser=root
SlurmdUser=root
AuthType=auth/none
CredType=cred/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
StateSaveLocation=${dir}/slurm/state
SlurmdSpoolDir=${dir}/slurm/spool-%n
SlurmctldPidFile=${dir}/slurm/slurmctld.pid
SlurmdPidFile=${dir}/slurm/slurmd-%n.pid
SlurmctldLogFile=${dir}/slurm/slurmctld.log
SlurmdLogFile=${dir}/slurm/slurmd-%n.log
ReturnToService=2
JobRequeue=1
SlurmdTimeout=10
SlurmctldTimeout=10
MessageTimeout=10
KillWait=2
CompleteWait=0
BatchStartTimeout=5
MinJobAge=300
MaxArraySize=10001
MaxJobCount=20000
SchedulerParameters=sched_interval=1,sched_min_interval=0,batch_sched_delay=0,bf_interval=1,default_queue_depth=1000
SlurmdParameters=config_overrides
${names
  .map((name, k) => ({ name, address: addresses[k] }))
  .filter(({ name }) => nodes.includes(name))
  .map(
    ({ name, address }) =>
      `NodeName=${name} NodeAddr=${address} NodeHostname=${name} CPUs=${cpus} RealMemory=${memory} State=UNKNOWN`,
  )
  .join('\n')}
PartitionName=all Nodes=ALL Default=YES DefMemPerCPU=500 MaxTime=INFINITE State=UP
${lines}
`;

/**
 * Starts Slurm.
 * @param options - `nodes` that take work; `cpus` and `memory` (MB) of each; `lines` to add to the config
 */
export async function startSlurm(cluster, { nodes = cluster.names, cpus = 2, memory = 4000, lines = '' } = {}) {
  for (const name of ['slurm/state', ...nodes.map((node) => `slurm/spool-${node}`)])
    mkdirSync(join(cluster.dir, name), { recursive: true });
  writeFileSync(join(cluster.dir, 'slurm.conf'), config(cluster, nodes, { cpus, memory, lines }));
  startController(cluster);
  for (const node of nodes) startNode(cluster, node);
  let asked = Date.now();
  await until('Slurm answers and its nodes are idle', () => {
    // on a busy machine a node may miss the controller; it is then asked again only after minutes, or by this
    if (Date.now() - asked > 30_000) {
      run(cluster, cluster.names[0], ['scontrol', 'reconfigure'], { timeout: 30_000 });
      asked = Date.now();
    }
    const states = nodeStates(cluster);
    return nodes.every((node) => states[node] === 'idle');
  });
}

/** Starts the controller, also again after it was killed. */
export const startController = (cluster) => must(cluster, cluster.names[0], [onPath('slurmctld')]);

/** Starts the daemon of a node, also again after the node was killed. */
export const startNode = (cluster, node) => must(cluster, node, [onPath('slurmd'), '-N', node]);

/** States of the nodes, such as idle, mixed, allocated and down; none while the controller is silent. */
export function nodeStates(cluster) {
  const { code, stdout } = run(cluster, cluster.names[0], ['sinfo', '--noheader', '--Node', '--format=%N %t'], {
    timeout: 30_000,
  });
  return code === 0
    ? Object.fromEntries(
        stdout
          .trim()
          .split('\n')
          .map((line) => line.trim().split(/\s+/)),
      )
    : {};
}

/** Jobs and tasks in the queue: number, state, node and reason. */
export function queue(cluster) {
  const { code, stdout } = run(cluster, cluster.names[0], ['squeue', '--noheader', '--array', '--format=%i|%T|%N|%r'], {
    timeout: 30_000,
  });
  if (code !== 0) return undefined;
  const lines = stdout.split('\n').filter((line) => line.includes('|'));
  return lines.map((line) => line.trim().split('|')).map(([id, state, node, reason]) => ({ id, state, node, reason }));
}

/** Lets jobs that Slurm requeued begin at once; by itself it holds them back for two minutes. */
export function hurry(cluster) {
  for (const { id, reason } of queue(cluster) ?? [])
    if (reason === 'BeginTime') run(cluster, cluster.names[0], ['scontrol', 'update', `JobId=${id}`, 'StartTime=now']);
}

/** The last lines of all logs of the daemons, for messages. */
export const slurmLogs = ({ dir, names }) =>
  ['slurmctld', ...names.map((name) => `slurmd-${name}`)]
    .map((name) => {
      try {
        return `${name}:\n${readFileSync(join(dir, 'slurm', `${name}.log`), 'utf8')
          .split('\n')
          .slice(-15)
          .join('\n')}`;
      } catch {
        return '';
      }
    })
    .join('\n');
