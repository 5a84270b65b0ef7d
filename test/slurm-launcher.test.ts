/** The launcher on a Slurm made of a folder (support/fake-slurm.mjs), whose tasks are real processes of a shell; no clock is waited for. */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cancelJobs } from '../src/jobs/slurm/cancel.js';
import { slurmStudy } from './support/slurm-study.js';

const names = (count: number, name = 'a') => Array.from({ length: count }, (_, i) => `${name}${i}`);
const once = (list: readonly string[]) => [...new Set(list)].length === list.length;

describe('a study', () => {
  it('is done to its end, every cell once, and leaves no job', async () => {
    const study = slurmStudy(names(12));
    expect(await study.run({ seconds: 5 })).toBe(true);
    expect(study.computed().sort()).toEqual(
      names(12)
        .map((n) => `cells/${n}.json`)
        .sort(),
    );
    expect(study.done.sort()).toEqual(study.computed().sort());
    expect(study.read('cells/a3.json')).toBe('{"threads":"1"}');
    expect(study.jobs().every(({ tasks }) => tasks.every(({ state }) => state === 'COMPLETED'))).toBe(true);
    const [call] = study.calls('sbatch');
    expect(call).toContain('--job-name=thermograd-study');
    expect(call).toContain('--mem=120M'); // 125e6 bytes, rounded up
    expect(call).toContain('--time=10');
  });

  it('in a folder with any name', async () => {
    const study = slurmStudy(names(3), "a b 'ü' %A $HOME");
    expect(await study.run({ seconds: 1 })).toBe(true);
    expect(readdirSync(join(study.folder, 'slurm', 'logs'))).not.toEqual([]);
    const bad = slurmStudy(['two\nlines']);
    await expect(bad.run()).rejects.toThrow('has more than one line. Rename it.');
    expect(bad.calls('sbatch')).toEqual([]);
  });

  it('of unknown time is begun with a few cells, whose logs say how many fit into a task', async () => {
    const study = slurmStudy(names(40));
    expect(await study.run()).toBe(true);
    const [first, second] = study.submissions().arrays;
    expect(first.tasks).toBe(2); // as many as there are processors
    expect(first.seconds).toBeUndefined();
    expect(second.tasks).toBeLessThan(38);
    expect(second.seconds).toBeGreaterThan(0);
    expect(once(study.computed())).toBe(true);
  });

  it('runs a prologue before every command', async () => {
    const study = slurmStudy(names(2));
    expect(await study.run({ prologue: 'greeting=hello\nenv OPENBLAS_NUM_THREADS=$greeting' })).toBe(true);
    expect(study.read('cells/a1.json')).toBe('{"threads":"hello"}');
  });

  it('with all documents asks nothing of Slurm', async () => {
    const study = slurmStudy(names(2));
    await study.run();
    const before = study.calls('squeue').length;
    expect(await study.run()).toBe(true);
    expect(study.calls('squeue').length).toBe(before);
  });

  it('obeys the size of arrays and the number of tasks at a time', async () => {
    const study = slurmStudy(names(7));
    expect(await study.run({ seconds: 1000, plan: { maxArraySize: 3 } })).toBe(true);
    expect(
      study.submissions().arrays.map(({ first, tasks }: { first: number; tasks: number }) => [first, tasks]),
    ).toEqual([
      [0, 3],
      [3, 3],
      [6, 1],
    ]);
    const few = slurmStudy(names(7));
    await few.run({ seconds: 1000, options: 'tasks=2,cells=3,partition=all' });
    const [call] = few.calls('sbatch');
    expect(call).toContain('--array=0-2%2');
    expect(call).toContain('--partition=all');
    expect(call).toContain('--time=200'); // four times 3000 s
  });

  it('waits for room in the queue', async () => {
    const study = slurmStudy(names(4));
    expect(await study.run({ seconds: 1000, plan: { mostTasks: 1, processors: 1 } })).toBe(true);
    expect(study.submissions().arrays.every(({ tasks }: { tasks: number }) => tasks === 1)).toBe(true);
    expect(
      study.notes.some((note) => note.includes('waiting for room in the queue (QOSMaxSubmitJobPerUserLimit')),
    ).toBe(true);
    expect(once(study.computed())).toBe(true);
  });
});

describe('cells without a document', () => {
  it('are submitted again, and after three rounds the error says why they failed', async () => {
    const study = slurmStudy([...names(6), 'bad', 'kill', 'once']);
    await expect(study.run({ seconds: 1 })).rejects.toThrow(
      /2 of the 9 cells that were missing have no document after 3 rounds of jobs: cells\/bad\.json, job \d+_\d: FAILED on n1, exit code 1:0; it said: thermograd: cell cells\/bad\.json: made to fail .*cells\/kill\.json, job \d+_\d: FAILED on n1/,
    );
    expect(study.computed().length).toBe(7); // the cells that shared a task with the killed one as well
    expect(
      study
        .read('slurm/failed.txt')
        .split('\n')
        .map((line) => line.split('\t')[0]),
    ).toEqual(['cells/bad.json', 'cells/kill.json', '']);
    for (const name of ['bad', 'kill']) writeFileSync(join(study.folder, `cells/${name}.json`), '{}');
    expect(await study.run({ seconds: 1 })).toBe(true);
    expect(existsSync(join(study.folder, 'slurm/failed.txt'))).toBe(false);
    expect(new Set(study.submissions().arrays.map(({ round }: { round: number }) => round))).toEqual(
      new Set([1, 2, 3]),
    );
  });

  it.each([{ accounting: false }, { accounting: false, forgets: true }])(
    'are explained without accounting: %j',
    async (plan) => {
      const study = slurmStudy(['bad', 'a']);
      await expect(study.run({ seconds: 1, plan })).rejects.toThrow(
        plan.forgets
          ? /cells\/bad\.json, job 3_0: exit code 1 on \S+; it said: .*made to fail/
          : /job 3_0: FAILED on n1, exit code 1:0; it said: .*made to fail/,
      );
    },
  );

  it('of which all first ones failed are not all tried', async () => {
    const study = slurmStudy(names(100, 'bad'));
    await expect(study.run()).rejects.toThrow('100 of the 100 cells that were missing have no document');
    expect(
      study.submissions().arrays.reduce((sum: number, { tasks }: { tasks: number }) => sum + tasks, 0),
    ).toBeLessThan(120);
  });

  it('get more time and memory when their tasks met a limit', async () => {
    const study = slurmStudy(['a', 'b']);
    expect(await study.run({ seconds: 600, plan: { fates: { '1_0': 'TIMEOUT', '1_1': 'OUT_OF_MEMORY' } } })).toBe(true);
    const [first, second] = study.calls('sbatch');
    expect([first, second].map((call) => /--mem=(\d+)M --time=(\d+)/.exec(call)?.slice(1))).toEqual([
      ['120', '40'],
      ['239', '160'],
    ]);
  });

  it('of a task that Slurm starts again are done by it', async () => {
    const study = slurmStudy(names(4));
    expect(await study.run({ seconds: 1000, plan: { fates: { '1_1': 'REQUEUE' } } })).toBe(true);
    expect(study.submissions().arrays.length).toBe(1);
    expect(once(study.computed())).toBe(true);
  });

  it('are not submitted again when somebody has cancelled their jobs', async () => {
    const study = slurmStudy(['a', 'b']);
    await expect(
      study.run({ seconds: 1000, plan: { fates: { '1_0': 'CANCELLED', '1_1': 'CANCELLED' } } }),
    ).rejects.toThrow('were cancelled');
    expect(study.submissions().arrays.length).toBe(1);
  });

  it('that a shared disk shows late are waited for', async () => {
    const study = slurmStudy(['a', 'late']);
    const [hidden, path] = ['late.json', 'cells/late.json'].map((name) => join(study.folder, name));
    const { clock } = study;
    const { sleep } = clock;
    let written: number | undefined;
    clock.sleep = async (milliseconds) => {
      if (existsSync(hidden)) written ??= clock.time;
      await sleep(milliseconds);
      if (written !== undefined && clock.time > written + 25_000 && !existsSync(path)) renameSync(hidden, path);
    };
    expect(await study.run({ seconds: 1000 })).toBe(true);
    expect(study.submissions().arrays.length).toBe(1);
    expect(study.notes).toContain('looking for documents of tasks that have ended');
  });
});

describe('what stops the launcher', () => {
  it('a signal: jobs go on, and the next call follows them', async () => {
    const study = slurmStudy(names(8));
    const stop = new AbortController();
    const before = (program: string, call: number) => program === 'squeue' && call > 5 && stop.abort();
    await expect(study.run({ seconds: 1000, signal: stop.signal, before })).rejects.toThrow(
      /^stopped as asked; .* tasks go on in the queue of Slurm: --on slurm with --resume follows them, --cancel ends them\.$/,
    );
    expect(study.calls('scancel')).toEqual([]);
    expect(await study.run({ seconds: 1000 })).toBe(true);
    expect(study.calls('sbatch').length).toBe(1);
    expect(once(study.computed())).toBe(true);
  });

  it('an end between sbatch and the writing of its answer: the job is found again', async () => {
    const study = slurmStudy(names(8));
    let submitted = false;
    const killed = (program: string) => {
      if (submitted) throw new Error('killed');
      submitted = program === 'sbatch';
    };
    await expect(study.run({ seconds: 1000, before: killed })).rejects.toThrow('killed');
    const path = join(study.folder, 'slurm', 'submissions.json');
    const document = study.submissions();
    document.arrays[0].job = null; // as it was written before sbatch was called
    writeFileSync(path, JSON.stringify(document));
    expect(await study.run({ seconds: 1000 })).toBe(true);
    expect(study.calls('sbatch').length).toBe(1);
    expect(study.submissions().arrays).toEqual([{ round: 1, first: 0, tasks: 8, seconds: 1000, job: '1' }]);
  });

  it('not a lost answer of sbatch: the job is in the queue or is submitted again', async () => {
    const there = slurmStudy(names(5));
    expect(await there.run({ seconds: 1000, plan: { lostAnswers: [1] } })).toBe(true);
    expect(there.calls('sbatch').length).toBe(1);
    const gone = slurmStudy(names(5));
    expect(await gone.run({ seconds: 1000, plan: { refusals: ['Socket timed out on send/recv operation'] } })).toBe(
      true,
    );
    expect(gone.calls('sbatch').length).toBe(2);
    expect(gone.clock.time).toBeGreaterThanOrEqual(30_000);
    expect(gone.submissions().arrays.length).toBe(1);
  });

  it('not a job of a killed process that comes late: it is ended when its cells were submitted again', async () => {
    const study = slurmStudy(names(12));
    await study.run({ seconds: 1000 });
    const document = study.submissions();
    document.arrays[0].job = null;
    writeFileSync(join(study.folder, 'slurm', 'submissions.json'), JSON.stringify(document));
    for (const name of names(12)) rmSync(join(study.folder, 'cells', `${name}.json`));
    const { client } = study.setting({});
    const late = (program: string, call: number) =>
      program === 'squeue' &&
      call === 5 &&
      client.submit([
        '--array=0-5',
        '--job-name=thermograd-study',
        `--comment=thermograd:${document.id}:0`,
        '--output=/dev/null',
        join(study.folder, 'slurm', 'scripts', '0.sh'),
      ]);
    expect(await study.run({ seconds: 1000, before: late })).toBe(true);
    expect(study.jobs().map(({ tasks }) => tasks[5].state)).toEqual(['COMPLETED', 'COMPLETED', 'CANCELLED']);
    expect(study.computed().length).toBe(24);
    // at once, and not when everything is done
    const calls = readFileSync(join(study.slurm, 'calls.txt'), 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[0]);
    expect(calls.slice(calls.indexOf('scancel')).filter((name) => name === 'squeue').length).toBeGreaterThan(2);
  });

  it('not a controller that is away for some minutes, but one that stays away; its jobs are left alone', async () => {
    const back = slurmStudy(names(4));
    expect(await back.run({ seconds: 1000, plan: { silent: [2, 40] } })).toBe(true);
    expect(back.notes.some((note) => note.startsWith('Slurm does not answer: '))).toBe(true);
    const away = slurmStudy(names(4));
    await expect(away.run({ seconds: 1000, plan: { silent: [2, 1e6] } })).rejects.toThrow(
      /^Slurm does not answer since 10 minutes; squeue says: .*Unable to contact slurm controller.* Jobs that were submitted go on/,
    );
    expect(away.calls('scancel')).toEqual([]);
  });

  it('a refusal of sbatch, with its words', async () => {
    const study = slurmStudy(names(4));
    await expect(study.run({ seconds: 1, plan: { refusals: ['invalid partition specified: none'] } })).rejects.toThrow(
      'sbatch does not take the job: invalid partition specified: none. Change the options after --on slurm: and continue with --resume.',
    );
    expect(study.submissions().arrays).toEqual([]);
    expect(await study.run({ seconds: 1 })).toBe(true);
  });

  it('jobs that can never start, which are ended; not those that wait for something', async () => {
    const never = slurmStudy(names(4));
    await expect(never.run({ seconds: 1, plan: { pending: 'BadConstraints' } })).rejects.toThrow(
      "the jobs would never start, and were ended; Slurm's reason is BadConstraints: no node has what is asked for: change constraint",
    );
    expect(never.jobs()[0].tasks.every(({ state }) => state === 'CANCELLED')).toBe(true);
    const down = slurmStudy(names(4));
    const stop = new AbortController();
    const before = () => down.clock.time > 3_600_000 && stop.abort();
    await expect(
      down.run({ seconds: 1000, plan: { pending: 'PartitionDown' }, signal: stop.signal, before }),
    ).rejects.toThrow('stopped as asked');
    expect(down.notes).toContain(
      '0 tasks running, 4 waiting (PartitionDown: the partition is down: choose another one with partition=NAME (sinfo lists them), or wait until it is up)',
    );
  });

  it('tasks that a failing node could not start go into the next round, and after three of them the error names the reason', async () => {
    const once = slurmStudy(names(4));
    expect(await once.run({ seconds: 1000, plan: { fates: { '1_1': 'HELD', '1_2': 'HELD' } } })).toBe(true);
    expect(once.computed().length).toBe(4);
    expect(
      once.submissions().arrays.map(({ round, tasks }: { round: number; tasks: number }) => [round, tasks]),
    ).toEqual([
      [1, 4],
      [2, 2],
    ]);
    const always = slurmStudy(names(1));
    await expect(
      always.run({ seconds: 1000, plan: { fates: { '1_0': 'HELD', '2_0': 'HELD', '3_0': 'HELD' } } }),
    ).rejects.toThrow(/after 3 rounds of jobs: .*launch failed requeued held: nodes could not start the job/);
  });

  it('a folder that nodes do not see', async () => {
    const study = slurmStudy(names(50));
    await expect(study.run({ seconds: 1000, plan: { blind: true } })).rejects.toThrow(
      /^the first tasks ended on n1 and left neither a log nor a document in .*: nodes do not see this folder/,
    );
    expect(study.jobs()[0].tasks.filter(({ state }) => state === 'CANCELLED').length).toBeGreaterThan(0);
  });

  it('a damaged list of submissions', async () => {
    const study = slurmStudy(names(2));
    await study.run();
    for (const text of [
      '{',
      '{"format":"x"}',
      '{"format":"thermograd slurm submissions","id":"a","arrays":[{"round":1}]}',
    ]) {
      writeFileSync(join(study.folder, 'slurm', 'submissions.json'), text);
      rmSync(join(study.folder, 'cells', 'a0.json'), { force: true });
      await expect(study.run()).rejects.toThrow('submissions.json is damaged');
    }
  });
});

describe('--cancel', () => {
  it('ends the jobs of the folder and of no other, and the coordinator that follows them stops', async () => {
    const study = slurmStudy(names(8));
    const other = study.setting({ plan: { comments: true } });
    await other.client.submit([
      '--array=0-3',
      '--job-name=thermograd-study',
      '--comment=thermograd:0123:0',
      '--output=/dev/null',
      '/dev/null',
    ]);
    let ended = 0;
    const before = async (program: string, call: number) => {
      if (program !== 'squeue' || call < 8 || ended > 0) return;
      ended = -1;
      ended = await cancelJobs(study.setting({}).client, study.folder);
    };
    await expect(study.run({ seconds: 1000, plan: { pending: 'Priority' }, before })).rejects.toThrow(
      'were ended with --cancel',
    );
    expect(ended).toBe(8);
    expect(study.jobs().map(({ tasks }) => tasks[0].state)).toEqual(['PENDING', 'CANCELLED']);
    expect(await study.run({ seconds: 1000, plan: {} })).toBe(true);
  });

  it('finds jobs by their numbers where a site replaces comments', async () => {
    const study = slurmStudy(names(4));
    const stop = new AbortController();
    const given = { seconds: 1000, plan: { comments: false, pending: 'Priority' } };
    await expect(
      study.run({ ...given, signal: stop.signal, before: (_, call) => call > 8 && stop.abort() }),
    ).rejects.toThrow('stopped');
    expect(await cancelJobs(study.setting({}).client, study.folder)).toBe(4);
    expect(await cancelJobs(study.setting({}).client, study.folder)).toBe(0);
  });

  it('needs something that was submitted', async () => {
    const study = slurmStudy(names(1));
    await expect(cancelJobs(study.setting({}).client, study.folder)).rejects.toThrow('no jobs were submitted for');
    expect(existsSync(join(study.folder, 'slurm'))).toBe(false);
  });
});
