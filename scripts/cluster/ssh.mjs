/** An ssh server on every host of `hosts.mjs`, with keys of its own; `ssh n2` works from host to host without a question. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { must, onPath, run, until } from './hosts.mjs';

/** Says in a few words what is missing for ssh; undefined where nothing is. */
export const sshNeed = () => (onPath('sshd') && onPath('ssh-keygen') ? undefined : 'the package openssh-server');

/** The config of the client, which hosts see as /etc/ssh/ssh_config. */
export const sshConfig = (dir) => `Host *
  IdentityFile ${dir}/ssh/key
  UserKnownHostsFile ${dir}/ssh/known_hosts
  StrictHostKeyChecking accept-new
  LogLevel ERROR
`;

/** Starts the servers. */
export async function startSsh(cluster) {
  const at = (name) => join(cluster.dir, 'ssh', name);
  mkdirSync(join(cluster.dir, 'ssh'));
  for (const name of ['key', 'host_key']) {
    const { status, stderr } = spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(name)], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`ssh-keygen failed: ${stderr}`);
  }
  writeFileSync(
    at('sshd_config'),
    `HostKey ${at('host_key')}
AuthorizedKeysFile ${at('key.pub')}
PermitRootLogin prohibit-password
PasswordAuthentication no
StrictModes no
UsePAM no
MaxStartups 100
PidFile /run/sshd.pid
SetEnv SLURM_CONF=${join(cluster.dir, 'slurm.conf')} PATH=${dirname(process.execPath)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
`,
  );
  for (const host of cluster.names) must(cluster, host, [onPath('sshd'), '-f', at('sshd_config')]);
  for (const host of cluster.names)
    await until(
      `ssh to ${host} works`,
      () => run(cluster, cluster.names[0], ['ssh', '-n', host, 'true'], { timeout: 60_000 }).code === 0,
    );
}
