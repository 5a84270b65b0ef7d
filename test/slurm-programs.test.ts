/** The programs of Slurm as this program starts them: found on the path, with an environment that no variable of a user changes. */
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SlurmClient } from '../src/jobs/slurm/client.js';
import { runProgram } from '../src/jobs/slurm/programs.js';
import { cancelSlurm, slurmRunner } from '../src/jobs/slurm/runner.js';
import { slurmStudy } from './support/slurm-study.js';

const FAKE = fileURLToPath(new URL('./support/fake-slurm.mjs', import.meta.url));
let before: NodeJS.ProcessEnv;
let bin: string;

/** Puts a program into the path. */
function program(name: string, text: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
  chmodSync(join(bin, name), 0o755);
}

beforeEach(() => {
  before = { ...process.env };
  bin = mkdtempSync(join(tmpdir(), 'thermograd-slurm-bin-'));
  process.env.PATH = `${bin}${delimiter}${before.PATH}`;
});
afterEach(() => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
});

it('are given their arguments as they are', async () => {
  program('squeue', 'for word; do echo "<$word>"; done; echo "a word" >&2; exit 3');
  expect(await runProgram('squeue', ['a b', "c'd", '$HOME', ''])).toEqual({
    code: 3,
    stdout: "<a b>\n<c'd>\n<$HOME>\n<>\n",
    stderr: 'a word\n',
  });
});

it('do not see what would change their answers', async () => {
  program('sbatch', 'env | sort');
  Object.assign(process.env, {
    SLURM_CONF: '/x',
    SLURM_JOB_ID: '7',
    SQUEUE_STATES: 'RUNNING',
    SBATCH_WAIT: '1',
    SBATCH_PARTITION: 'p',
  });
  const { stdout } = await runProgram('sbatch', []);
  const names = stdout.split('\n').map((line) => line.split('=')[0]);
  expect(names).toEqual(expect.arrayContaining(['SLURM_CONF', 'SBATCH_PARTITION', 'SLURM_BITSTR_LEN']));
  for (const name of ['SLURM_JOB_ID', 'SQUEUE_STATES', 'SBATCH_WAIT']) expect(names).not.toContain(name);
});

it('that are missing are told with what to do', async () => {
  process.env.PATH = bin;
  await expect(slurmRunner('')).rejects.toThrow(
    '--on slurm needs the programs of Slurm, and this machine cannot start sbatch (ENOENT): run the command on a login node of the cluster, or leave out --on slurm',
  );
});

describe('before anything is written', () => {
  it('sbatch is asked whether it would take such jobs', async () => {
    program('sbatch', `echo "$@" > ${bin}/asked; echo "sbatch: error: invalid partition specified: none" >&2; exit 1`);
    await expect(slurmRunner('partition=none,exclusive')).rejects.toThrow(
      '--on slurm: sbatch would not take such jobs: invalid partition specified: none.',
    );
    expect(readFileSync(join(bin, 'asked'), 'utf8')).toBe(
      '--test-only --array=0-0 --wrap=true --partition=none --exclusive\n',
    );
    program('sbatch', 'echo "sbatch: fatal: Could not establish a configuration source" >&2; exit 1');
    await expect(slurmRunner('')).rejects.toThrow('needs a machine of a cluster, such as its login node');
  });

  it('a limit that others have reached, or no answer, is no reason to refuse', async () => {
    for (const words of ['QOSMaxSubmitJobPerUserLimit', 'Unable to contact slurm controller (connect failure)']) {
      program('sbatch', `echo "sbatch: error: ${words}" >&2; exit 1`);
      expect((await slurmRunner('')).how).toBe('as jobs of Slurm');
    }
  });
});

it('a study is done and ended by programs on the path', async () => {
  const study = slurmStudy(['a', 'b', 'c']);
  for (const name of ['sbatch', 'squeue', 'scancel', 'sacct', 'scontrol', 'sinfo'])
    program(name, `exec '${process.execPath}' '${FAKE}' ${name} "$@"`);
  process.env.FAKE_SLURM = study.slurm;
  expect(await study.run({ seconds: 1000, client: new SlurmClient(runProgram) })).toBe(true);
  expect(await cancelSlurm(study.folder)).toBe(`no job of ${study.folder} was in the queue.`);
});
