/** What a user writes after `--on slurm:` and `--prologue`, and what of it reaches sbatch and the script. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { longestIn, minutesFor, sbatchArguments } from '../src/jobs/slurm/arguments.js';
import { parseSlurmOptions, secondsOfLimit } from '../src/jobs/slurm/options.js';
import { parsePrologue, readPrologue } from '../src/jobs/slurm/prologue.js';
import { whereFor } from '../src/jobs/where.js';
import { whereAgain } from '../src/terminal/where.js';

describe('options', () => {
  it('are those of sbatch, but for two of our own', () => {
    expect(parseSlurmOptions('partition=all,time=2:00:00,exclusive,tasks=50,cells=3')).toEqual({
      sbatch: [{ name: 'partition', value: 'all' }, { name: 'time', value: '2:00:00' }, { name: 'exclusive' }],
      tasks: 50,
      cells: 3,
    });
    expect(parseSlurmOptions('')).toEqual({ sbatch: [] });
  });

  it('may have lists and formulas as values', () => {
    expect(parseSlurmOptions('exclude=n1,n2,constraint=[a|b]&c,nodelist=n[1,3-4],mem=4G').sbatch).toEqual([
      { name: 'exclude', value: 'n1,n2' },
      { name: 'constraint', value: '[a|b]&c' },
      { name: 'nodelist', value: 'n[1,3-4]' },
      { name: 'mem', value: '4G' },
    ]);
    expect(parseSlurmOptions('partition=a,b,time=5').sbatch[0]).toEqual({ name: 'partition', value: 'a,b' });
    expect(parseSlurmOptions('--partition = all').sbatch).toEqual([{ name: 'partition', value: 'all' }]);
  });

  it.each([
    ['array=0-9', /does not take array: the launcher chooses the tasks; limit those that run at a time with tasks=N/],
    ['partition=all,output=x', /does not take output: logs lie in the folder/],
    ['hold', /got 'hold'/],
    ['partition', /name=value.*got 'partition'/],
    ['partition=all,time', /name=value.*got 'time'/],
    ['partition=', /with a value.*got 'partition='/],
    ['p=all', /long names.*got 'p=all'/],
    ['mem=1G,mem=2G', /takes mem once/],
    ['tasks=0', /whole number above 0 for tasks; got '0'/],
    ['cells=1.5', /for cells; got '1.5'/],
    ['partition=a\nb', /one line/],
  ])('%j is refused', (text, sentence) => {
    expect(() => parseSlurmOptions(text)).toThrow(sentence);
  });

  it('are what was written, or one sentence says what is wrong', () => {
    const names = fc.constantFrom('partition', 'time', 'mem', 'account', 'gres', 'constraint', 'qos', 'nice');
    const value = fc.stringMatching(/^[\w:.+=|&*-]{1,9}(?:\[[\d,-]{1,5}\])?(?:,[A-Z0-9][\w.]{0,4}){0,2}$/);
    const options = fc.uniqueArray(fc.record({ name: names, value }), { selector: ({ name }) => name });
    fc.assert(
      fc.property(options, (given) => {
        const text = given.map((o) => `${o.name}=${o.value}`).join(',');
        expect(parseSlurmOptions(text).sbatch).toEqual(given);
      }),
      { seed: 1 },
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'partime=,[]- \nhold0') }), (text) => {
        try {
          for (const { name, value: v } of parseSlurmOptions(text).sbatch)
            expect(text.replace(/[ ,]+/g, '')).toContain((v ?? name).replace(/[ ,]+/g, ''));
        } catch (error) {
          expect((error as Error).message).toMatch(/^--on slurm: (?:takes|does not take) .*\.$/s);
        }
      }),
      { seed: 2, numRuns: 500 },
    );
  });

  it('have time limits as sbatch reads them', () => {
    const limits = ['90', '1:30', '2:00:00', '1-0', '1-2:03', '1-02:03:04', 'UNLIMITED', undefined];
    expect(limits.map(secondsOfLimit)).toEqual([5400, 90, 7200, 86400, 93780, 93784, undefined, undefined]);
  });
});

describe('arguments of sbatch', () => {
  const array = {
    tasks: 7,
    name: 'thermograd-x',
    comment: 'c',
    logs: '/a b/100%/logs',
    script: '/s.sh',
    memory: 1e9,
    seconds: 300,
  };
  const given = (text: string, more = {}) => sbatchArguments({ ...array, ...more }, parseSlurmOptions(text));

  it('hold our own estimates with a margin', () => {
    const args = given('');
    expect(args).toContain('--array=0-6');
    expect(args).toContain('--mem=1193M'); // 1.25e9 / 2^20, rounded up
    expect(args).toContain('--time=20');
    expect(args).toContain('--cpus-per-task=1');
    expect(args).toContain('--requeue');
    expect(args).toContain('--output=/a b/100%%/logs/%A_%a.log');
    expect(args.at(-1)).toBe('/s.sh');
    expect(given('', { seconds: undefined }).filter((arg) => arg.startsWith('--time'))).toEqual([]);
    expect([minutesFor(1), minutesFor(151)]).toEqual([10, 11]);
    expect(longestIn(7200)).toBe(1800);
  });

  it('let a user choose otherwise', () => {
    const args = given('tasks=3,mem-per-cpu=2G,time=1:00:00,exclusive,partition=a b');
    expect(args).toContain('--array=0-6%3');
    expect(args.filter((arg) => /^--(?:mem|time)/.test(arg))).toEqual(['--mem-per-cpu=2G', '--time=1:00:00']);
    expect(args).toContain('--exclusive');
    expect(args).toContain('--partition=a b');
  });
});

describe('a prologue', () => {
  it.each([
    ['module load node/20', ['module load node/20'], ''],
    ['apptainer exec --bind /data image.sif', [], 'apptainer exec --bind /data image.sif'],
    ['module load apptainer\napptainer exec image.sif\n\n', ['module load apptainer'], 'apptainer exec image.sif'],
    ['singularity --quiet run image.sif', [], 'singularity --quiet run image.sif'],
    ['export A=1\nmy-wrapper --deep \\', ['export A=1'], 'my-wrapper --deep'],
    ['apptainer exec \\\n  --nv \\\n  image.sif', [], 'apptainer exec \\\n  --nv \\\n  image.sif'],
    ['source env.sh', ['source env.sh'], ''],
    ['environment=1', ['environment=1'], ''],
    ['', [], ''],
  ])('%j', (text, lines, prefix) => {
    expect(parsePrologue(text)).toEqual({ lines, prefix });
  });

  it('is read from a file where there is one', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'prologue-')), 'lines of mine.sh');
    writeFileSync(path, 'module load node\r\nsrun\n');
    expect(readPrologue(path)).toEqual({ lines: ['module load node'], prefix: 'srun' });
    expect(readPrologue('module load node').lines).toEqual(['module load node']);
    expect(() => readPrologue('/nowhere/lines.sh')).toThrow('there is no file /nowhere/lines.sh');
    expect(() => parsePrologue('a\0b')).toThrow('zero byte');
    expect(() => readPrologue('a\0b')).toThrow('zero byte');
    // longer than the name of a file can be
    const long = `export NAMES=${'a'.repeat(300)}`;
    expect(readPrologue(long).lines).toEqual([long]);
  });
});

describe('the flags', () => {
  it('stand again in the command that continues the work', () => {
    expect(whereAgain({ on: 'slurm:constraint=a&b', prologue: "it's" })).toBe(
      " --on 'slurm:constraint=a&b' --prologue 'it'\\''s'",
    );
    expect(whereAgain({ prepare: true })).toBe('');
  });

  it('of a prologue need Slurm', async () => {
    const words = { who: 'the study', advice: '' };
    const memory = { base: 1, worker: 1 };
    await expect(whereFor({ prologue: 'module load node' }, memory, words)).rejects.toThrow(
      'give --on slurm, or leave --prologue out',
    );
    await expect(whereFor({ on: 'slurms' }, memory, words)).rejects.toThrow("got 'slurms'");
  });
});
