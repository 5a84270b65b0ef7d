/** Tables of `forget`: every cell read back and compared with the branches it was made from, computed here from the definitions. */
import { describe, expect, it } from 'vitest';
import type { Branch, SeedFacts } from '../src/experiments/forget/measured.js';
import { renderForget } from '../src/experiments/forget/page.js';
import {
  averageOf,
  chosenOf,
  forgettingOf,
  learningOf,
  ownOf,
  pairsOf,
  scratchOf,
  validationOf,
} from './support/forget-by-hand.js';
import { forgetStudy } from './support/forget-study.js';
import { expectMean } from './support/printed-estimates.js';
import { numberIn, pageFacts, pageTables, pageWords, readCsv } from './support/reading.js';

const input = forgetStudy();
const { tables, html } = renderForget(input);
const factsOf = (seed: number): SeedFacts => input.seeds.find((s) => s.seed === seed)!;

/** Methods that ran for all seeds in the order of reading, with the strength that validation chooses. */
const BEST = [
  { method: 'none', name: 'none', constraints: null, strength: '–', own: chosenOf(input, 'none', null) },
  { method: 'l2', name: 'L2 anchor', constraints: null, strength: '1', own: chosenOf(input, 'l2', null) },
  { method: 'ewc', name: 'EWC', constraints: null, strength: '10', own: chosenOf(input, 'ewc', null) },
  { method: 'ldc', name: 'LDC (1/F²)', constraints: 50, strength: '10', own: chosenOf(input, 'ldc', 50) },
  { method: 'variance', name: '1/σ²', constraints: 50, strength: '10', own: chosenOf(input, 'variance', 50) },
  { method: 'random', name: 'random axes', constraints: 50, strength: '100', own: chosenOf(input, 'random', 50) },
  { method: 'frozen', name: 'frozen layers', constraints: null, strength: '–', own: chosenOf(input, 'frozen', null) },
  {
    method: 'replay-100',
    name: 'replay (100)',
    constraints: null,
    strength: '–',
    own: chosenOf(input, 'replay-100', null),
  },
  { method: 'joint', name: 'joint', constraints: null, strength: '–', own: chosenOf(input, 'joint', null) },
];
const none = BEST[0].own;

/** The table of a section whose caption begins so. */
const tableOf = (section: string, caption: string) =>
  pageTables(html, `#${section}`).find((t) => t.caption.startsWith(caption))!;

describe('methods at their chosen strength', () => {
  const table = tableOf('methods', 'All outputs compete: test accuracies in %');

  it('has a row for each method that ran for all seeds, in the order of reading, with its axes and its strength', () => {
    expect(table.heads).toEqual([
      'method',
      'axes',
      'held',
      'old samples',
      'strength',
      'average',
      'task 1',
      'last task',
      'forgetting',
      'against fresh',
      'against none',
    ]);
    expect(table.column('method')).toEqual(BEST.map((b) => b.name));
    expect(table.column('axes')).toEqual(BEST.map((b) => b.constraints?.toString() ?? '–'));
    expect(table.column('strength')).toEqual(BEST.map((b) => b.strength));
    expect(table.column('held')).toEqual(['–', '690', '655', '86.5 ± 0.6', '99', '100', '392', '–', '–']);
    expect(table.column('old samples').map(numberIn)).toEqual([0, 246, 246, 246, 246, 246, 0, 100, 1234]);
  });

  it.each<[string, (b: Branch, facts: SeedFacts) => number]>([
    ['average', averageOf],
    ['task 1', (b) => b.test[2][0]],
    ['last task', (b) => b.test[2][2]],
    ['forgetting', forgettingOf],
    ['against fresh', (b, facts) => learningOf(b) - scratchOf(facts)],
  ])('%s is a hundred times the mean over seeds, with one standard error', (head, of) => {
    table.column(head).forEach((cell, k) => {
      expectMean(
        cell,
        BEST[k].own.map(({ branch, seed }) => of(branch, factsOf(seed))),
        100,
      );
    });
  });

  it('compares the later tasks with plain training seed by seed', () => {
    const cells = table.column('against none');
    expect(cells[0]).toBe('–');
    for (const [k, { own }] of BEST.slice(1).entries())
      expectMean(
        cells[k + 1],
        own.map(({ branch }, s) => learningOf(branch) - learningOf(none[s].branch)),
        100,
      );
  });

  it('is followed by what each method holds, its natural strength, what was left out, and who was refused', () => {
    const facts = pageFacts(html, '#methods');
    expect([...facts.keys()]).toEqual(BEST.map((b) => b.name));
    expect(facts.get('none')).toBe('nothing');
    expect(facts.get('LDC (1/F²)')).toBe(
      'principal directions by 1/F²; natural strength: 4(e−1)L0; left out: the loss falls on one side',
    );
    expect(facts.get('EWC')).toBe(
      'the Fisher information of each weight; natural strength: 1; left out: no information',
    );
    expect(pageWords(html, '#methods .missing')).toEqual([
      'vortex planes did not run: layer1 has no settled mode <in> its window.',
    ]);
  });
});

describe('all strengths and numbers of axes', () => {
  const table = tableOf('strength', 'All outputs compete. ‘Loss of task 1’');
  /** In the order in which the documents come, each setting once. */
  const settings = [
    ...new Map(
      input.groups
        .flatMap((g) => g.branches.map((b) => [g.method, g.constraints, b.multiple] as const))
        .map((key) => [key.join(), key]),
    ).values(),
  ].map((key) => ({ key, own: ownOf(input, ...key) }));

  it('has a row for each', () => {
    expect(table.heads).toEqual([
      'method',
      'axes',
      'strength',
      'validation',
      'average',
      'task 1',
      'last task',
      'loss of task 1',
      'predicted rise',
    ]);
    expect(settings).toHaveLength(1 + 4 + 2 + 3 + 3 + 1 + 1 + 3 + 3 + 2);
    const names = {
      l2: 'L2 anchor',
      ewc: 'EWC',
      ldc: 'LDC (1/F²)',
      random: 'random axes',
      variance: '1/σ²',
      hessian: 'Hessian',
      frozen: 'frozen layers',
      'replay-100': 'replay (100)',
    };
    expect(table.column('method')).toEqual(settings.map(({ key: [m] }) => names[m as 'l2'] ?? m));
    expect(table.column('axes')).toEqual(settings.map(({ key: [, n] }) => n?.toString() ?? '–'));
    expect(table.column('strength')).toEqual(settings.map(({ key: [, , x] }) => (Number.isNaN(x) ? '–' : `${x}`)));
  });

  it.each<[string, number, (b: Branch) => number]>([
    ['validation', 100, validationOf],
    ['average', 100, averageOf],
    ['task 1', 100, (b) => b.test[2][0]],
    ['last task', 100, (b) => b.test[2][2]],
    ['loss of task 1', 1, (b) => b.firstLoss],
    ['predicted rise', 1, (b) => b.predictedRise],
  ])('%s, times %d, without seeds that diverged', (head, scale, of) => {
    table.column(head).forEach((cell, k) => {
      expectMean(
        cell,
        settings[k].own.map(({ branch }) => of(branch)),
        scale,
      );
    });
  });

  it('tells the loss before in its caption', () => {
    expectMean(
      table.caption,
      input.seeds.map((s) => s.loss),
    );
  });
});

it('squared displacements: of all weights, and along the leading direction of each kind', () => {
  const table = tableOf('landscape', 'All outputs compete: squared displacement');
  expect(table.column('method')).toEqual(BEST.map((b) => b.name));
  const columns: [string, (b: Branch) => number | undefined][] = [
    ['all shared weights', (b) => b.distance],
    ['first principal direction', (b) => b.moved.principal!.perDirection[0]],
    ['stiffest Hessian mode', (b) => b.moved.hessian!.perDirection[0]],
    ['strongest vortex plane', (b) => b.moved.vortex?.perDirection[0]],
  ];
  expect(table.heads).toEqual(['method', ...columns.map(([head]) => head)]);
  for (const [head, of] of columns)
    table.column(head).forEach((cell, k) => {
      const values = BEST[k].own.map(({ branch }) => of(branch));
      if (values[0] === undefined) expect(cell).toBe('–');
      else expectMean(cell, values as number[]);
    });
  expect(table.column('strongest vortex plane')[8]).toBe('–');
});

describe('every pair of methods', () => {
  const rivals = BEST.filter((b) => b.method !== 'joint');
  const pairs = pairsOf(
    new Map(rivals.map((b) => [b.method, b.own])),
    rivals.flatMap((a, i) => rivals.slice(i + 1).map((b) => [a.method, b.method] as const)),
  );
  const nameOf = (method: string) => BEST.find((b) => b.method === method)!.name;

  it('are some better, some worse, one equal, one undecided', () => {
    expect(new Set(pairs.map((p) => p.outcome))).toEqual(new Set(['worse', 'better', 'undecided', 'equal']));
  });

  it('on the page: differences in points, chances before and after Holm’s correction', () => {
    const table = tableOf('pairs', 'All outputs compete: average test accuracy of the first minus');
    expect(table.heads).toEqual(['method', 'against', 'difference', 'p', 'p, Holm', 'outcome']);
    expect(table.column('method')).toEqual(pairs.map(({ a }) => nameOf(a)));
    expect(table.column('against')).toEqual(pairs.map(({ b }) => nameOf(b)));
    table.column('difference').forEach((cell, k) => {
      expectMean(cell, pairs[k].differences, 100);
    });
    table.column('p').forEach((cell, k) => {
      expect(numberIn(cell) / pairs[k].p, cell).toBeCloseTo(1, 1);
    });
    table.column('p, Holm').forEach((cell, k) => {
      expect(numberIn(cell) / pairs[k].holm, cell).toBeCloseTo(1, 1);
    });
    expect(table.column('outcome')).toEqual(pairs.map((p) => p.outcome));
  });

  it('as CSV at full precision', () => {
    const table = readCsv(tables['contests.csv']);
    expect(table.heads).toEqual([
      'method',
      'against',
      'difference',
      'standard_error',
      'seeds',
      'p',
      'p_holm',
      'outcome',
      'outputs',
    ]);
    expect(table.column('outputs')).toEqual(Array(28).fill('all outputs compete'));
    expect(table.column('method')).toEqual(pairs.map((p) => p.a));
    expect(table.column('against')).toEqual(pairs.map((p) => p.b));
    pairs.forEach((p, k) => {
      expect(table.numbers('difference')[k]).toBeCloseTo(p.mean, 12);
      expect(table.numbers('standard_error')[k] / p.error).toBeCloseTo(1, 10);
      expect(table.numbers('p')[k] / p.p).toBeCloseTo(1, 6);
      expect(table.numbers('p_holm')[k] / p.holm).toBeCloseTo(1, 6);
    });
    expect(table.column('seeds')).toEqual(Array(28).fill('4'));
    expect(table.column('outcome')).toEqual(pairs.map((p) => p.outcome));
  });
});

describe('CSV of what was measured', () => {
  it('branches: one row each, as the documents come', () => {
    const table = readCsv(tables['branches.csv']);
    const rows = input.groups.flatMap((g) => g.branches.map((b) => ({ g, b })));
    expect(rows).toHaveLength(4 * 22 + 2);
    const bare = (x: number | null | undefined) => (x === null || x === undefined || Number.isNaN(x) ? '' : `${x}`);
    const exact: Record<string, (r: (typeof rows)[number]) => string> = {
      seed: ({ g }) => `${g.seed}`,
      method: ({ g }) => g.method,
      outputs: () => 'all outputs compete',
      constraints: ({ g }) => bare(g.constraints),
      held: ({ g }) => bare(g.held?.constrained),
      left_out: ({ g }) => bare(g.held?.excluded),
      stored: ({ g }) => bare(g.stored),
      multiple: ({ b }) => bare(b.multiple),
      strength: ({ b }) => bare(b.strength),
      test_1: ({ b }) => bare(b.test[2][0]),
      test_2: ({ b }) => bare(b.test[2][1]),
      test_3: ({ b }) => bare(b.test[2][2]),
      validation_1: ({ b }) => bare(b.validation[0]),
      validation_2: ({ b }) => bare(b.validation[1]),
      validation_3: ({ b }) => bare(b.validation[2]),
      first_loss: ({ b }) => bare(b.firstLoss),
      predicted_rise: ({ b }) => bare(b.predictedRise),
      squared_distance: ({ b }) => bare(b.distance),
      diverged: ({ b }) => `${b.diverged}`,
    };
    const rounded: Record<string, (r: (typeof rows)[number]) => number> = {
      average: ({ b }) => averageOf(b),
      forgetting: ({ b }) => forgettingOf(b),
      learning: ({ b }) => learningOf(b),
      transfer: ({ b, g }) => learningOf(b) - scratchOf(factsOf(g.seed)),
    };
    expect(table.heads).toEqual([
      ...Object.keys(exact).slice(0, 9),
      ...Object.keys(rounded),
      ...Object.keys(exact).slice(9),
    ]);
    for (const [head, of] of Object.entries(exact)) expect(table.column(head), head).toEqual(rows.map(of));
    for (const [head, of] of Object.entries(rounded))
      table.numbers(head).forEach((x, k) => {
        if (rows[k].b.diverged) expect(x).toBeNaN();
        else expect(x, head).toBeCloseTo(of(rows[k]), 12);
      });
    expect(table.column('diverged').filter((d) => d === 'true')).toHaveLength(1);
  });

  it('curves: one row an epoch, tasks counted from 1, accuracies of tasks not yet met empty', () => {
    const table = readCsv(tables['curves.csv']);
    expect(table.heads).toEqual([
      'seed',
      'method',
      'constraints',
      'multiple',
      'epoch',
      'task',
      'outputs',
      'test_1',
      'test_2',
      'test_3',
    ]);
    const rows = input.groups.flatMap((g) =>
      g.branches.flatMap(({ curve: c, multiple }) =>
        c.epoch.map((e, k) => [
          g.seed,
          g.method,
          g.constraints,
          multiple,
          e,
          c.task[k] + 1,
          'all outputs compete',
          ...c.test[k],
        ]),
      ),
    );
    expect(rows).toHaveLength(90 * 7);
    const bare = (x: unknown) => (x === null || Number.isNaN(x) ? '' : String(x));
    expect(table.rows).toEqual(rows.map((r) => r.map(bare)));
    expect(table.rows[0].slice(7)).toEqual([expect.stringMatching(/^0\.\d+$/), '', '']);
  });
});
