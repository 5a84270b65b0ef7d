/** What the programs of Slurm print, and what is read from it. The texts are those of Slurm 22.05, but for names. */
import { describe, expect, it } from 'vitest';
import { divide, sample } from '../src/jobs/slurm/chunks.js';
import { pollPause } from '../src/jobs/slurm/clock.js';
import { parseJobs, parseSacct } from '../src/jobs/slurm/ends.js';
import { lineAbout, parseLog } from '../src/jobs/slurm/logs.js';
import { numbersOf, parseQueue } from '../src/jobs/slurm/queue.js';
import { waitingFor } from '../src/jobs/slurm/reasons.js';
import { refusalOf, wordsOf } from '../src/jobs/slurm/refusals.js';
import { parseProcessors, parseSite } from '../src/jobs/slurm/site.js';

it('the queue names tasks one by one or as a list', () => {
  const text = [
    '1_[3-5,9%3]|PENDING|thermograd:abc:1|JobArrayTaskLimit',
    '1_0|RUNNING|thermograd:abc:1|None',
    '7|PENDING|(null)|Nodes required for job are DOWN, DRAINED or reserved for jobs in higher priority partitions',
    '8_2|COMPLETED|thermograd:abc:2|None',
    '9_[1,3,5,...]|PENDING||Priority',
    'a line of a site that greets its users',
  ].join('\n');
  expect(parseQueue(text)).toEqual([
    { job: '1', tasks: [3, 4, 5, 9], state: 'PENDING', comment: 'thermograd:abc:1', reason: 'JobArrayTaskLimit' },
    { job: '1', tasks: [0], state: 'RUNNING', comment: 'thermograd:abc:1', reason: 'None' },
    {
      job: '7',
      tasks: undefined,
      state: 'PENDING',
      comment: '(null)',
      reason: 'Nodes required for job are DOWN, DRAINED or reserved for jobs in higher priority partitions',
    },
    { job: '9', tasks: undefined, state: 'PENDING', comment: '', reason: 'Priority' },
  ]);
  expect(numbersOf('0-8:4,20')).toEqual([0, 4, 8, 20]);
});

it('ends of tasks come from accounting, or from what the controller still knows', () => {
  const sacct =
    '12_0|COMPLETED|0:0|n1\n12_1|CANCELLED by 1000|0:15|n2\n12_2|TIMEOUT|0:0|None assigned\n12_[5-9]|PENDING|0:0|None assigned\n';
  expect([...parseSacct(sacct)]).toEqual([
    ['12_0', { state: 'COMPLETED', exit: '0:0', node: 'n1' }],
    ['12_1', { state: 'CANCELLED', exit: '0:15', node: 'n2' }],
    ['12_2', { state: 'TIMEOUT', exit: '0:0', node: '' }],
  ]);
  const jobs =
    'JobId=4 ArrayJobId=1 ArrayTaskId=2 ArrayTaskThrottle=3 JobName=x JobState=FAILED Reason=NonZeroExitCode Restarts=0 ExitCode=3:0 ReqNodeList=(null) NodeList=n3 BatchHost=n3 NumNodes=1\n' +
    'JobId=1 ArrayJobId=1 ArrayTaskId=6-9%3 JobName=x JobState=PENDING ExitCode=0:0 NodeList=(null)\n' +
    'JobId=5 JobName=other JobState=COMPLETED ExitCode=0:0 NodeList=n1\n';
  expect([...parseJobs(jobs)]).toEqual([['1_2', { state: 'FAILED', exit: '3:0', node: 'n3' }]]);
});

it('limits of the site', () => {
  expect(parseSite('MaxArraySize            = 10001\nMaxJobCount             = 20000\n')).toEqual({ arraySize: 10001 });
  expect(parseSite('MaxArraySize = 1001\nSchedulerParameters     = bf_interval=2,max_array_tasks=200\n')).toEqual({
    arraySize: 200,
  });
  expect(parseSite('')).toEqual({ arraySize: 1001 });
  const sinfo = 'all*|up|1/3/0/4\nall*|up|0/8/4/12\nlong|up|2/0/0/2\nold|down|0/64/0/64\n';
  expect(parseProcessors(sinfo)).toBe(12);
  expect(parseProcessors(sinfo, 'long,all')).toBe(14);
  expect(parseProcessors(sinfo, 'old')).toBeUndefined();
});

it.each([
  ['Resources', 'usual'],
  ['None', 'usual'],
  ['BeginTime', 'usual'],
  ['PartitionNodeLimit', 'never'],
  ['BadConstraints', 'never'],
  ['PartitionTimeLimit', 'never'],
  ['launch failed requeued held', 'lost'],
  ['JobHoldMaxRequeue', 'lost'],
  ['JobHeldUser', 'held'],
  ['PartitionDown', 'held'],
  ['AssocGrpCPUMinutesLimit', 'held'],
  ['AssocGrpCpuLimit', 'held'],
  ['QOSMaxJobsPerUserLimit', 'held'],
  ['ReqNodeNotAvail, UnavailableNodes:n[1-3]', 'held'],
])('a job that waits for %s: %s', (reason, kind) => {
  expect(waitingFor(reason).kind).toBe(kind);
});

it.each([
  [
    "Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
    'full',
  ],
  ['QOSMaxSubmitJobPerUserLimit; Batch job submission failed: Job violates accounting/QOS policy', 'full'],
  ['AssocMaxSubmitJobLimit', 'full'],
  ['QOSMaxWallDurationPerJobLimit; Batch job submission failed: Job violates accounting/QOS policy', 'refused'],
  ['Batch job submission failed: Invalid job array specification', 'full'],
  ['Batch job submission failed: Unable to contact slurm controller (connect failure)', 'away'],
  ['Batch job submission failed: Socket timed out on send/recv operation', 'away'],
  ['Slurm temporarily unable to accept job, sleeping and retrying', 'away'],
  ['invalid partition specified: none', 'refused'],
  [
    'Memory specification can not be satisfied; Batch job submission failed: Requested node configuration is not available',
    'refused',
  ],
  ["unrecognized option '--partion=gpu'", 'refused'],
])('sbatch says: %s → %s', (words, kind) => {
  expect(refusalOf(words)).toBe(kind);
});

it('words of a program are one line without codes of a terminal', () => {
  const text =
    'sbatch: error: invalid partition specified: no\u001b[31mne\nsbatch: error: Batch job submission failed: Invalid partition name specified\n';
  expect(wordsOf(text)).toBe(
    'invalid partition specified: no [31mne; Batch job submission failed: Invalid partition name specified',
  );
  expect(wordsOf('sbatch: unrecognized option \'--x\'\nTry "sbatch --help" for more information\n')).toBe(
    "unrecognized option '--x'",
  );
});

describe('logs', () => {
  const begin = (n: number) => `thermograd: task 4 begins at ${n} on n2, restart 0`;
  it('of the last attempt count', () => {
    const log = parseLog(
      [begin(100), 'old words', begin(200), 'new words', '', 'thermograd: task 4 ends at 207 with exit code 1'].join(
        '\n',
      ),
    );
    expect(log).toEqual({ said: ['new words'], host: 'n2', seconds: 7, exitCode: 1 });
  });
  it('without an end are those of killed tasks', () => {
    expect(parseLog(`${begin(100)}\nhalf`)).toEqual({ said: ['half'], host: 'n2' });
  });
  it('tell what happened to a cell', () => {
    const about = (file: string, ...said: string[]) => lineAbout({ said }, file);
    const all = [
      'thermograd: cells/1.json: no memory',
      'thermograd: cells/2.json: bad',
      'thermograd: 2 of 3 cells failed: cells/1.json, cells/2.json.',
    ];
    expect(about('cells/1.json', ...all)).toBe(all[0]);
    expect(about('cells/1.json', 'a', 'thermograd: one sentence.', 'What was recorded stays.')).toBe(
      'thermograd: one sentence.',
    );
    expect(about('cells/1.json', 'node: not found', 'bye')).toBe('node: not found');
    expect(about('cells/1.json')).toBeUndefined();
  });
});

describe('tasks', () => {
  const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
  it('hold every cell once, and shrink towards the end', () => {
    const seconds = Array.from({ length: 200 }, () => 5);
    const tasks = divide(seconds, { slots: 2 });
    expect(tasks.flat().sort((a, b) => a - b)).toEqual(seconds.map((_, i) => i));
    const sizes = tasks.map((task) => task.length);
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(sizes[0]).toBe(33); // a third of 1000 s for each of two processors, in cells of 5 s
    expect(sizes.at(-1)! * 5).toBeLessThanOrEqual(0.05 * sum(seconds));
    expect(sizes.length).toBeLessThan(30);
  });
  it('keep their lengths between 20 s and a quarter of an hour, or below a limit', () => {
    const long = divide(Array(10_000).fill(2), { slots: 4 });
    expect(Math.max(...long.map((task) => task.length))).toBe(450);
    expect(long.slice(0, -1).every((task) => task.length >= 10)).toBe(true);
    expect(Math.max(...divide(Array(1000).fill(2), { slots: 1, longest: 30 }).map((t) => t.length))).toBe(15);
  });
  it('hold long cells alone, the longest first', () => {
    expect(divide([10, 2000, 10, 3000], { slots: 2 })).toEqual([[3], [1], [0, 2]]);
  });
  it('hold one cell where nobody knows how long it takes, and as many as a user says', () => {
    expect(divide([undefined, 1], { slots: 2 })).toEqual([[0], [1]]);
    expect(divide([1, undefined, 1], { slots: 2, cells: 2 })).toEqual([[0, 1], [2]]);
    expect(divide([], { slots: 2 })).toEqual([]);
  });
  it('of a sample are spread over the list', () => {
    expect(sample(100, 4)).toEqual([12, 37, 62, 87]);
    expect(sample(2, 8)).toEqual([0, 1]);
  });
});

it('the queue is asked less often as time goes by', () => {
  expect([0, 100_000, 1_000_000, 1e9].map(pollPause)).toEqual([2000, 2000, 10_000, 30_000]);
});
