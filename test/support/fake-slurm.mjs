/**
 * A Slurm made of one folder: sbatch, squeue, scancel, sacct, scontrol and sinfo as a function of their arguments. It has no clock: the
 * queue moves on whenever squeue is asked, and then as many tasks as there are processors run to their end, as real processes. As a
 * program (`node fake-slurm.mjs sbatch …`) it finds its folder in FAKE_SLURM.
 *
 * The folder has plan.json, which says how it behaves (`Plan` in fake-slurm.d.mts), state.json, and calls.txt with all calls.
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const read = (path, otherwise) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : otherwise);

/** Answers a call of a program of Slurm. */
export function fakeSlurm(folder, program, args) {
  const plan = { processors: 2, maxArraySize: 1001, accounting: true, ...read(join(folder, 'plan.json'), {}) };
  const path = join(folder, 'state.json');
  const state = read(path, { next: 1, calls: { sbatch: 0, squeue: 0 }, jobs: [] });
  appendFileSync(join(folder, 'calls.txt'), `${program} ${args.join(' ')}\n`);
  const answer = PROGRAMS[program](state, plan, args);
  writeFileSync(path, JSON.stringify(state));
  return { code: 0, stdout: '', stderr: '', ...answer };
}

const option = (args, name) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
const after = (args, name) => args[args.indexOf(name) + 1];

const PROGRAMS = {
  sbatch(state, plan, args) {
    const words = plan.refusals?.[state.calls.sbatch++];
    if (words) return { code: 1, stderr: `sbatch: error: ${words}\n` };
    const [, last] = /^0-(\d+)/.exec(option(args, 'array'));
    const count = Number(last) + 1;
    const inQueue = state.jobs.flatMap(({ tasks }) => tasks).filter(({ state: s }) => LIVING.includes(s)).length;
    if (count > plan.maxArraySize || count > (plan.mostTasks ?? Number.POSITIVE_INFINITY) - inQueue)
      return {
        code: 1,
        stderr:
          "sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)\n",
      };
    const id = String(state.next++);
    state.jobs.push({
      id,
      name: option(args, 'job-name'),
      comment: plan.comments === false ? '(null)' : option(args, 'comment'),
      output: option(args, 'output'),
      script: readFileSync(args.at(-1), 'utf8'),
      tasks: Array.from({ length: count }, (_, index) => ({ index, state: 'PENDING', exit: '0:0', node: '' })),
    });
    const lost = plan.lostAnswers?.includes(Number(id));
    return lost
      ? { code: 1, stderr: 'sbatch: error: Batch job submission failed: Socket timed out on send/recv operation\n' }
      : { stdout: `${id}\n` };
  },

  squeue(state, plan, args) {
    const call = state.calls.squeue++;
    if (plan.silent && call >= plan.silent[0] && call < plan.silent[1])
      return { code: 1, stderr: 'slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n' };
    advance(state, plan);
    const name = args.includes('-n') ? after(args, '-n') : undefined;
    const lines = [];
    for (const job of state.jobs) {
      if (name !== undefined && job.name !== name) continue;
      const waiting = job.tasks.filter((t) => t.state === 'PENDING' && !t.held).map((t) => t.index);
      const held = job.tasks.filter((t) => t.state === 'PENDING' && t.held).map((t) => t.index);
      if (held.length > 0)
        lines.push(`${job.id}_[${held.join(',')}]|PENDING|${job.comment}|launch failed requeued held`);
      if (waiting.length > 0)
        lines.push(`${job.id}_[${waiting.join(',')}]|PENDING|${job.comment}|${plan.pending ?? 'Resources'}`);
      for (const t of job.tasks)
        if (t.state === 'RUNNING') lines.push(`${job.id}_${t.index}|RUNNING|${job.comment}|None`);
    }
    return { stdout: lines.map((line) => `${line}\n`).join('') };
  },

  scancel(state, _, args) {
    for (const job of state.jobs)
      if (args.includes(job.id))
        for (const task of job.tasks)
          if (task.state === 'PENDING' || (task.state === 'RUNNING' && !args.includes('--state=PENDING')))
            task.state = 'CANCELLED';
  },

  sacct(state, plan, args) {
    if (!plan.accounting) return { code: 1, stderr: 'Slurm accounting storage is disabled\n' };
    const jobs = after(args, '-j').split(',');
    const of = state.jobs.filter(({ id }) => jobs.includes(id));
    return {
      stdout: of
        .flatMap(({ id, tasks }) => tasks.map((t) => `${id}_${t.index}|${t.state}|${t.exit}|${t.node}\n`))
        .join(''),
    };
  },

  scontrol(state, plan, args) {
    if (args[1] === 'config')
      return { stdout: `Configuration data\nMaxArraySize            = ${plan.maxArraySize + 0}\n` };
    if (plan.forgets) return { code: 1, stderr: 'slurm_load_jobs error: Invalid job id specified\n' };
    const job = state.jobs.find(({ id }) => id === args.at(-1));
    return {
      stdout: job.tasks
        .map(
          (t) =>
            `JobId=9 ArrayJobId=${job.id} ArrayTaskId=${t.index} JobName=x JobState=${t.state} ExitCode=${t.exit} NodeList=(null) BatchHost=${t.node}\n`,
        )
        .join(''),
    };
  },

  sinfo: (_, plan) => ({ stdout: `all*|up|0/${plan.processors}/0/${plan.processors}\n` }),
};

const LIVING = ['PENDING', 'RUNNING'];

/** Ends the tasks that run, and starts as many others. */
function advance(state, plan) {
  const each = (wanted) =>
    state.jobs.flatMap((job) => job.tasks.filter((t) => t.state === wanted && !t.held).map((task) => ({ job, task })));
  for (const { job, task } of each('RUNNING')) runTask(job, task, plan);
  if (plan.pending !== undefined) return;
  for (const { task } of each('PENDING').slice(0, plan.processors)) [task.state, task.node] = ['RUNNING', 'n1'];
}

function runTask(job, task, plan) {
  const fate = plan.fates?.[`${job.id}_${task.index}`];
  if (fate === 'HELD') {
    [task.state, task.held] = ['PENDING', true];
    return;
  }
  if (fate === 'REQUEUE') {
    delete plan.fates[`${job.id}_${task.index}`];
    task.restarts = (task.restarts ?? 0) + 1;
    if (task.restarts === 1) {
      task.state = 'PENDING';
      return;
    }
  } else if (fate !== undefined) {
    [task.state, task.exit] = [fate, '0:15'];
    return;
  }
  if (plan.blind) {
    [task.state, task.exit] = ['FAILED', '0:53'];
    return;
  }
  const env = { ...process.env, SLURM_ARRAY_TASK_ID: String(task.index), SLURM_ARRAY_JOB_ID: job.id };
  const shell = job.script.startsWith('#!/bin/bash') ? 'bash' : 'sh';
  const { status, signal, stdout, stderr } = spawnSync(shell, ['-c', job.script], { env, encoding: 'utf8' });
  appendFileSync(
    job.output.replace(/%(.)/g, (_, c) => ({ A: job.id, a: task.index, '%': '%' })[c]),
    stdout + stderr,
  );
  [task.state, task.exit] = [status === 0 ? 'COMPLETED' : 'FAILED', `${status ?? 0}:${signal ? 9 : 0}`];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [program, ...args] = process.argv.slice(2);
  const { code, stdout, stderr } = fakeSlurm(process.env.FAKE_SLURM, basename(program), args);
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = code;
}
