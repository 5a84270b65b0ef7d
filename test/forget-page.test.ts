/** Pictures of forget's report for one made-up study, and what its page says of the protocol. */
import { describe, expect, it } from 'vitest';
import type { ForgetInput } from '../src/experiments/forget/measured.js';
import { renderForget } from '../src/experiments/forget/page.js';
import { forgetStudy } from './support/forget-study.js';
import { matchesSnapshots, pageFacts, pageTables, pageWords } from './support/reading.js';

const input = forgetStudy();
const report = renderForget(input);
/** Draws next to nothing: what the page says of the protocol does not depend on the branches. */
const small: ForgetInput = { ...input, groups: input.groups.filter((g) => g.method === 'joint') };

it('figures, tables and text of the page are as committed', async () => {
  const first: ForgetInput = { ...input, groups: input.groups.filter((g) => g.seed === 0) };
  const { 'curves.csv': curves, ...tables } = report.tables;
  await matchesSnapshots('forget', { ...report, tables });
  await matchesSnapshots('forget', { tables: { 'curves.csv': renderForget(first).tables['curves.csv'] } });
  expect(curves.split('\r\n')[0]).toBe('seed,method,constraints,multiple,epoch,task,outputs,test_1,test_2,test_3');
});

describe('how this was measured', () => {
  const facts = (changed: Partial<ForgetInput>) => pageFacts(renderForget({ ...small, ...changed }).html, '#method');
  it('tells epochs of the first task seed by seed, and those of later ones', () => {
    const all = facts({});
    expect([...all.keys()]).toEqual([
      'First task',
      'Later tasks',
      'Outputs',
      'Strength',
      'Axes',
      'Trivial rivals',
      'More than two tasks',
      'Errors',
    ]);
    expect(all.get('First task')).toMatch(
      /^Trained to epoch 31, 32, 33, 34 \(the first seed: the last epoch was reached\)/,
    );
    expect(all.get('Later tasks')).toMatch(/^12 epochs each /);
    expect(all.get('Axes')).toMatch(/N_c = 50 in each layer/);
  });
  it('tells outputs and several tasks as the protocol has them', () => {
    expect(facts({}).get('Outputs')).toMatch(/^One output layer is used for all tasks/);
    expect(facts({ head: 'task-known' }).get('Outputs')).toMatch(/^Task-known: each task has its own output layer/);
    expect(facts({}).get('Trivial rivals')).toMatch(/chosen with 246 validation samples of task 1\.$/);
    expect(facts({}).get('Trivial rivals')).not.toContain('own task');
    expect(facts({ head: 'task-known' }).get('Trivial rivals')).toContain(
      'Each batch is scored with its own task’s outputs.',
    );
    expect(facts({}).get('More than two tasks')).toMatch(/^After every task all earlier constraints are moved/);
    expect(facts({ several: 'separate' }).get('More than two tasks')).toMatch(/^After every task its own constraint/);
    expect(facts({ tasks: ['a', 'b'] }).get('More than two tasks')).toBe('Not in this protocol.');
  });
  it('says in which units strengths are', () => {
    const caption = (absolute: boolean) => pageTables(renderForget({ ...small, absolute }).html, '#methods')[0].caption;
    expect(caption(false)).toMatch(/The strength, in units of each method’s natural one, was chosen/);
    expect(caption(true)).toMatch(/The strength was chosen/);
  });
});

it('a method without a title, and one seed', () => {
  const { html } = renderForget({
    ...input,
    methods: {},
    groups: input.groups.filter((g) => g.seed === 0),
    seeds: input.seeds.slice(0, 1),
  });
  expect(pageFacts(html, '#methods').get('L2 anchor')).toBe('–');
  expect(pageFacts(html, '#methods').get('LDC (1/F²)')).toBe('–; left out: the loss falls on one side');
  expect(pageWords(html, 'figcaption').filter((c) => /\b1 seed\b/.test(c))).toHaveLength(5);
});

it('strengths are printed to three digits', () => {
  const groups = input.groups
    .filter((g) => g.method === 'l2')
    .map((g) => ({ ...g, branches: g.branches.map((b) => ({ ...b, multiple: b.multiple / 3 })) }));
  const [table] = pageTables(renderForget({ ...input, groups }).html, '#strength');
  expect(table.column('strength')).toEqual(['0.0333', '0.333', '3.33']);
});

it('the run, as recorded', () => {
  expect(pageFacts(report.html, '#run')).toEqual(
    new Map([
      ['data.set', 'mnist'],
      ['seeds', '0, 1, 2, 3'],
    ]),
  );
});
