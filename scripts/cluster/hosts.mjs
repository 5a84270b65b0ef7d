/**
 * Hosts on one machine: processes in namespaces of their own for network, process numbers, mounts and host name, joined by
 * veth pairs on a bridge that lies in a further network namespace. Nothing is added to the machine's own network, no
 * namespace has a name, and all of it ends with the one process whose number stands in DIR/pid.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The first process of a host: brings up its network, then only collects processes whose parents have ended. */
const HOST = `
set -e
exec 8<>"$1/hold"
hostname "$2"
ip link set lo up
ip link add eth0 type veth peer name "$2"
ip link set "$2" netns /proc/self/fd/9
nsenter --net=/proc/self/fd/9 ip link set "$2" master bridge up
ip addr add "$3" dev eth0
ip link set eth0 up
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/sshd
mount --bind "$1/hosts" /etc/hosts
for file in "$1"/etc/*; do [ ! -e "$file" ] || mount --bind "$file" "/etc/$(basename "$file" | tr @ /)"; done
: >"$1/up-$2"
exec 9<&-
set +e
while :; do read -r -u 8 || :; done`;

/** The first process of the switch: makes the bridge and the hosts, and ends when its input ends. */
const SWITCH = `
set -e
dir=$1 && shift
exec 9</proc/self/ns/net
ip link set lo up
ip link add name bridge type bridge
ip link set bridge up
while [ $# -gt 0 ]; do
  unshare --net --uts --pid --fork --kill-child=KILL --mount --mount-proc bash -c "$HOST" host "$dir" "$1" "$2" </dev/null &
  shift 2
done
read -r || :`;

/** Waits until something holds; the limit only ends what would hang. */
export async function until(what, holds, seconds = 1800) {
  const end = Date.now() + 1000 * seconds;
  for (;;) {
    const value = await holds();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain until ${what}`);
    await sleep(100);
  }
}

/** Says in a few words what is missing for hosts on this machine; undefined where nothing is. */
export function hostsNeed() {
  if (process.platform !== 'linux' || process.getuid() !== 0) return 'Linux and root';
  for (const program of ['unshare', 'nsenter', 'ip', 'bash', 'mount'])
    if (!onPath(program)) return `the program ${program}`;
  const tried = spawnSync(
    'unshare',
    [
      '--net',
      '--uts',
      '--pid',
      '--fork',
      '--mount',
      '--mount-proc',
      'sh',
      '-c',
      'ip link add name b0 type bridge && ip link add name v0 type veth peer name v1 && mount -t tmpfs t /run',
    ],
    { stdio: 'ignore' },
  );
  return tried.status === 0 ? undefined : 'the right to make network namespaces';
}

/** Finds a program as a shell does, and where Debian keeps those of the system. */
export const onPath = (program) =>
  [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']
    .map((d) => join(d, program))
    .find((f) => existsSync(f));

/**
 * Makes the hosts.
 * @param options - `names` of the hosts; `owned`: the hosts end with this process, however it ends; `etc`: files by their name in /etc
 */
export async function makeHosts(path, { names = ['n1', 'n2', 'n3'], owned = false, etc = {} } = {}) {
  const dir = resolve(path);
  mkdirSync(join(dir, 'etc'), { recursive: true });
  if (readdirSync(dir).length > 1) throw new Error(`${dir} is not empty; stop what is there and remove it first.`);
  const net = process.pid % 65536;
  const addresses = names.map((_, k) => `10.${net >> 8}.${net & 255}.${k + 1}`);
  writeFileSync(
    join(dir, 'hosts'),
    ['127.0.0.1 localhost', ...names.map((n, k) => `${addresses[k]} ${n}`), ''].join('\n'),
  );
  for (const [name, content] of Object.entries(etc))
    writeFileSync(join(dir, 'etc', name.replaceAll('/', '@')), content);
  const hold = join(dir, 'hold');
  if (spawnSync('mkfifo', [hold]).status !== 0) throw new Error(`mkfifo ${hold} failed.`);
  // the number stands in the file before anything is made
  const child = spawn(
    'bash',
    [
      '-c',
      `echo "$$" >"$0/pid" && ${owned ? '' : 'exec <>"$0/hold" &&'} exec unshare --net --pid --mount --fork --kill-child=KILL --mount-proc bash -c "$SWITCH" switch "$0" "$@"`,
      dir,
      ...names.flatMap((name, k) => [name, `${addresses[k]}/24`]),
    ],
    { detached: true, stdio: [owned ? 'pipe' : 'ignore', 'ignore', 'pipe'], env: { ...process.env, HOST, SWITCH } },
  );
  let [said, ended] = ['', false];
  child.stderr.on('data', (text) => {
    said += text;
  });
  child.on('close', () => {
    ended = true;
  });
  await until('the hosts are up', () => {
    if (ended) throw new Error(`the hosts could not be made: ${said.trim()}`);
    return names.every((name) => existsSync(join(dir, `up-${name}`)));
  });
  child.stderr.destroy();
  child.stdin?.unref?.();
  child.unref();
  const pids = hostPids(dir);
  writeFileSync(
    join(dir, 'cluster.json'),
    `${JSON.stringify({ names, addresses, pids, born: startOf(pids.root) }, null, 1)}\n`,
  );
  return { dir, names, addresses };
}

/** Start of a process in ticks, which with its number names it for ever; undefined where it does not run. */
function startOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')[19];
  } catch {
    return undefined;
  }
}

/** Lists the processes whose parent is `pid`. */
function childrenOf(pid) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return (
          readFileSync(`/proc/${name}/stat`, 'utf8')
            .replace(/^.*\) /, '')
            .split(' ')[1] === String(pid)
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Finds the first processes of switch and hosts, as numbered outside. */
function hostPids(dir) {
  const root = Number(readFileSync(join(dir, 'pid'), 'utf8'));
  const [first] = childrenOf(root);
  const hosts = {};
  for (const parent of childrenOf(first))
    for (const child of childrenOf(parent)) {
      const words = readFileSync(`/proc/${child}/cmdline`, 'utf8').split('\0');
      const at = words.lastIndexOf('host');
      if (words[at + 1] === dir) hosts[words[at + 2]] = child;
    }
  return { root, switch: first, hosts };
}

/** Reads what runs in a folder. */
export function clusterAt(path) {
  const dir = resolve(path);
  const state = JSON.parse(readFileSync(join(dir, 'cluster.json'), 'utf8'));
  if (startOf(state.pids.root) !== state.born) throw new Error(`no cluster runs in ${dir}.`);
  return { dir, ...state };
}

/** Words that run a command on a host, in the environment of the caller. */
export function onHost({ dir, pids }, host, command) {
  const pid = pids.hosts[host];
  if (pid === undefined)
    throw new Error(`there is no host ${host}; the hosts are ${Object.keys(pids.hosts).join(', ')}.`);
  return [
    'nsenter',
    '--target',
    String(pid),
    '--net',
    '--uts',
    '--pid',
    '--mount',
    `--wd=${process.cwd()}`,
    'env',
    `SLURM_CONF=${join(dir, 'slurm.conf')}`,
    ...command,
  ];
}

/** Runs a command on a host to its end. */
export function run(cluster, host, command, options = {}) {
  const [program, ...args] = onHost(cluster, host, command);
  const { status, signal, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', ...options });
  return { code: status, signal, stdout, stderr };
}

/** Runs a command that must succeed; returns what it printed. */
export function must(cluster, host, command) {
  const { code, stdout, stderr } = run(cluster, host, command);
  if (code !== 0) throw new Error(`${host}: ${command.join(' ')} ended with ${code}: ${stderr.trim()}`);
  return stdout;
}

/** Kills every process of a host at once, as a loss of power does; its disk and its network stay. */
export const killNode = (cluster, host) => run(cluster, host, ['bash', '-c', 'kill -9 -1']);

/** Takes a host off the network, or joins it again. */
export function setLink({ pids }, host, state) {
  const { status, stderr } = spawnSync(
    'nsenter',
    ['--target', String(pids.switch), '--net', 'ip', 'link', 'set', host, state],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`the link of ${host} was not set ${state}: ${stderr}`);
}

/**
 * Fills a folder for one host: it reads everything there and can make empty files, and every write says ENOSPC. What it makes,
 * others do not see.
 */
export const fill = (cluster, host, folder) =>
  must(cluster, host, [
    'bash',
    '-c',
    `set -e; mkdir -p /run/full; mount -t tmpfs -o size=64k tmpfs /run/full; mkdir /run/full/upper /run/full/work
     mount -t overlay overlay -o "lowerdir=$1,upperdir=/run/full/upper,workdir=/run/full/work" "$1"
     dd if=/dev/zero of=/run/full/filler bs=4k 2>/dev/null || :`,
    'fill',
    resolve(folder),
  ]);

/** Makes room again. */
export const free = (cluster, host, folder) =>
  must(cluster, host, ['bash', '-c', 'umount --lazy "$1" && umount --lazy /run/full', 'free', resolve(folder)]);

/** Says in a few words what is missing to delay what a host sees; undefined where nothing is. */
export const delayNeed = () =>
  existsSync('/dev/fuse') && onPath('bindfs') ? undefined : 'the package bindfs and /dev/fuse';

/**
 * Delays what a host sees of a folder, as the caches of NFS do: a name that it looked for and did not find stays absent for so many
 * seconds, also when another host has made it, and a name that was replaced still leads to the old file. Lists of names are up to date.
 */
export const delay = (cluster, host, folder, seconds) =>
  must(cluster, host, [
    'bindfs',
    '-o',
    `entry_timeout=${seconds},negative_timeout=${seconds},attr_timeout=0`,
    resolve(folder),
    resolve(folder),
  ]);

/** Ends a delay. */
export const endDelay = (cluster, host, folder) => must(cluster, host, ['umount', '--lazy', resolve(folder)]);

/** Ends everything; true where something ran. Its folder stays, but for what says that it runs. */
export async function stopHosts(path) {
  const dir = resolve(path);
  const file = join(dir, 'pid');
  if (!existsSync(file)) return false;
  const pid = Number(readFileSync(file, 'utf8'));
  const ours = startOf(pid) !== undefined && isOurs(pid, dir);
  if (ours) {
    const inside = hostPids(dir);
    process.kill(pid, 'SIGKILL');
    const all = [inside.switch, ...Object.values(inside.hosts)].filter((p) => p !== undefined);
    await until('all hosts have ended', () => all.every((p) => !isOurs(p, dir)));
  }
  for (const name of ['pid', 'cluster.json', 'hold']) rmSync(join(dir, name), { force: true });
  return ours;
}

/** True for a process of this cluster: each of them names its folder. */
function isOurs(pid, dir) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(dir);
  } catch {
    return false;
  }
}
