/** What the views Open and Compare work out, without a browser. */
import { describe, expect, it } from 'vitest';
import { fitted, scaledAbout } from '../../src/lab/page/views/open/zoom.js';
import { csv } from '../../src/report/csv.js';
import { compareNumbers, differenceOf, settingsThatDiffer, twoSided } from '../../src/results/compare.js';
import { filterRuns, sortRuns } from '../../src/results/filter.js';
import { idOf } from '../../src/results/folder.js';
import { findResults } from '../../src/results/kinds.js';
import { matchRows } from '../../src/results/match.js';
import { estimatesIn, findingsIn } from '../../src/results/numbers.js';
import { labelValue, scaleOf } from '../../src/results/scale.js';
import { type RunSummary, summarise } from '../../src/results/summary.js';
import { readTable } from '../../src/results/tables.js';
import { runFiles } from '../support/lab-folders.js';

const folderOf = (name: string, files: ReadonlyMap<string, string>) => ({
  name,
  files: async () => [...files.keys()],
  read: async (file: string) => {
    const text = files.get(file);
    return text === undefined ? undefined : new TextEncoder().encode(text);
  },
});
const RUN = { file: 'run.json', experiment: 'ivf2021', what: 'a run' };
const runs: RunSummary[] = await Promise.all(
  [
    { psi: 4, error: 0.3, seed: 1 },
    { psi: 2, error: 0.4, seed: 2 },
    { psi: 10, error: 0.5, seed: 10 },
  ].map((numbers) => summarise(folderOf(`runs/s${numbers.seed}`, runFiles(numbers)), RUN)),
);

describe('what lies in a folder', () => {
  it('runs, runs inside runs, and recordings that are in none', () => {
    const found = findResults([
      'a/run.json',
      'a/trajectory.zarr/zarr.json',
      'a/model.safetensors',
      'a/ao2022/ao2022.json',
      'b/seeds.json',
      'b/seed0/run.json',
      'w.npy',
      'w.txt',
      'z/zarr.json',
      'z/weights/zarr.json',
      'z/weights/c/0/0',
      'steps/step-1.safetensors',
      'steps/step-2.safetensors',
      'one/step-1.safetensors',
      'later/settings.json',
      'later/analysis.json',
      'other/settings.json',
    ]);
    expect(found.map(({ path, kind }) => `${path}: ${kind?.experiment ?? 'weights'}`).sort()).toEqual([
      'a/ao2022: ao2022',
      'a: ivf2021',
      'b/seed0: ivf2021',
      'b: ivf2021-seeds',
      'later: analyse',
      'one/step-1.safetensors: weights',
      'steps: weights',
      'w.npy: weights',
      'z: weights',
    ]);
    expect(findResults(['run.json', 'figures/a.svg'])).toMatchObject([{ path: '', kind: { experiment: 'ivf2021' } }]);
    expect(findResults(['photo.jpg', 'a/notes.txt'])).toEqual([]);
  });

  it('is said in a small document, and so is that it cannot be read', async () => {
    expect(runs[0]).toMatchObject({
      id: idOf('runs/s1'),
      state: 'complete',
      verdicts: { reproduced: 1, 'not decidable with this run': 1 },
      settings: { data: 'teacher', network: '16-12-10-4', learningRate: 0.1, seed: 1 },
    });
    expect(runs[1].digest).toBe(runs[0].digest);
    const files = runFiles({ psi: 1, error: 1, seed: 1 });
    const changed = new Map(files).set(
      'run.json',
      files.get('run.json')!.replace('"learningRate":0.1', '"learningRate":0.2'),
    );
    expect((await summarise(folderOf('x', changed), RUN)).digest).not.toBe(runs[0].digest);
    const damaged = await summarise(folderOf('x', new Map(files).set('findings.json', '[{"id"')), RUN);
    expect(damaged).toMatchObject({
      state: 'unreadable',
      numbers: [],
      problem: expect.stringContaining('findings.json in x is not JSON'),
    });
    const odd = await summarise(
      folderOf(
        'x',
        new Map([
          ['run.json', '[1, null, "a"]'],
          ['findings.json', '[null, 3, {"id": 1}, {"id": "a", "verdict": "sure"}]'],
        ]),
      ),
      RUN,
    );
    expect(odd).toMatchObject({ state: 'complete', numbers: [], settings: {} });
  });

  it('two names never share a name in links', () => {
    expect(idOf('a/b')).not.toBe(idOf('a-b'));
    expect(idOf('a/b')).toMatch(/^a-b-[0-9a-f]{8}$/);
    expect(idOf('…')).toMatch(/^-[0-9a-f]{8}$/);
  });
});

describe('numbers', () => {
  it('estimates are found wherever they are', () => {
    const document = {
      a: [{ b: { value: 1, standardError: 0.5, n: 3 } }],
      c: { value: 'no', standardError: 1 },
      d: { value: 2, standardError: null, n: 1, unit: 'nat' },
    };
    expect(estimatesIn(document)).toEqual([
      { id: 'a.0.b', value: 1, standardError: 0.5, n: 3, unit: '' },
      { id: 'd', value: 2, standardError: null, n: 1, unit: 'nat' },
    ]);
    expect(findingsIn('nothing')).toEqual([]);
  });

  it('differences are in units of both errors together', () => {
    const [a, b] = [runs[0].numbers[0], runs[1].numbers[0]];
    const d = differenceOf(a, b);
    expect(d.value).toBe(-2);
    expect(d.standardError).toBeCloseTo(0.5, 12); // 3-4-5
    expect(d.z).toBeCloseTo(-4, 12);
    expect(d.p).toBeCloseTo(6.334248366623973e-5, 15); // 2(1 - Φ(4)), Abramowitz and Stegun 26.2
    expect(differenceOf(a, { ...b, standardError: null })).toEqual({
      value: -2,
      standardError: null,
      z: null,
      p: null,
    });
    expect(differenceOf({ ...a, standardError: 0 }, { ...b, standardError: 0 }).z).toBeNull();
  });

  it.each([
    [0, 1],
    [1, 0.3173105078629141],
    [1.959963984540054, 0.05],
    [2.5, 0.012419330651552265],
    [3, 0.0026997960632601866],
    [6, 1.9731752900753e-9],
    [38, 5.7708e-316],
  ])('the two-sided probability of |z| = %s', (z, p) => {
    expect(Math.abs(twoSided(z) - p)).toBeLessThanOrEqual(1e-9 * p + 1e-318 + (z === 38 ? 1e-319 : 0));
    expect(twoSided(-z)).toBe(twoSided(z));
  });

  it('runs are compared number by number, and by the settings that differ', () => {
    const rows = compareNumbers([runs[0].numbers, runs[1].numbers, []]);
    expect(rows.map((r) => r.id)).toEqual(['ivf.psi', 'ivf.gamma']);
    expect(rows[0].differences.map((d) => d?.value)).toEqual([undefined, -2, undefined]);
    expect(settingsThatDiffer(runs)).toEqual([{ key: 'seed', values: [1, 2, 10] }]);
  });
});

describe('the index', () => {
  it.each([
    ['', 3],
    ['s1', 2],
    ['runs teacher', 3],
    ['psi>3', 2],
    ['psi>=10', 1],
    ['ivf.psi<3 seed=2', 1],
    ['eta=0.1', 3],
    ['eta!=0.1', 0],
    ['data=TEACHER', 3],
    ['data=mnist', 0],
    ['nothing>1', 0],
    ['state=complete', 3],
  ])('filter %j', (filter, count) => {
    expect(filterRuns(runs, filter)).toHaveLength(count);
  });

  it('is sorted by numbers as numbers, and by names as people do', () => {
    const names = (list: readonly RunSummary[]) => list.map((run) => run.settings.seed);
    expect(names(sortRuns(runs, 'seed', true))).toEqual([10, 2, 1]);
    expect(names(sortRuns(runs, 'name', false))).toEqual([1, 2, 10]); // s2 before s10
    expect(names(sortRuns(runs, 'ivf.psi', false))).toEqual([2, 1, 10]);
    const without = { ...runs[0], numbers: [], settings: { seed: 7 } };
    for (const descending of [false, true]) expect(names(sortRuns([without, ...runs], 'psi', descending))[3]).toBe(7);
  });

  it('of a thousand runs takes far less than a frame of work', () => {
    const many = Array.from({ length: 1000 }, (_, k) => ({ ...runs[k % 3], id: String(k), name: `runs/${k}` }));
    expect(sortRuns(filterRuns(many, 'psi>3 runs'), 'psi', true)).toHaveLength(667);
  });
});

describe('a drawn axis', () => {
  it.each([
    ['−0.5', '', -0.5],
    ['1 000', '', 1000],
    ['2k', '', 2000],
    ['10⁻⁴', '', 1e-4],
    ['10', '−4', 1e-4],
    ['3 × 10⁵', '', 3e5],
    ['words', '', Number.NaN],
    ['', '', Number.NaN],
  ])('says %s%s', (text, raised, value) => {
    expect(labelValue(text, raised)).toBe(value);
  });

  it('is linear or logarithmic by its ticks', () => {
    const linear = scaleOf([
      { at: 10, value: 0 },
      { at: 60, value: 1 },
      { at: 110, value: 2 },
    ])!;
    expect([linear.log, linear.to(1.5), linear.back(35)]).toEqual([false, 85, 0.5]);
    const log = scaleOf([
      { at: 10, value: 1 },
      { at: 60, value: 10 },
      { at: 110, value: 100 },
    ])!;
    expect(log.log).toBe(true);
    expect(log.to(Math.sqrt(10))).toBeCloseTo(35, 10);
    expect(log.back(85)).toBeCloseTo(10 ** 1.5, 10);
    expect(
      scaleOf([
        { at: 0, value: 0.01 },
        { at: 9, value: 0.1 },
      ])!.log,
    ).toBe(true); // powers of ten alone
    expect(
      scaleOf([
        { at: 0, value: 2 },
        { at: 9, value: 3 },
      ])!.log,
    ).toBe(false);
    expect(
      scaleOf([
        { at: 0, value: 1 },
        { at: 30, value: 2 },
        { at: 40, value: 3 },
      ]),
    ).toBeUndefined();
    expect(scaleOf([{ at: 0, value: 1 }])).toBeUndefined();
  });

  it('leads from marks to the rows that they show', () => {
    const x = scaleOf([
      { at: 0, value: 0 },
      { at: 100, value: 10 },
    ])!;
    const y = scaleOf([
      { at: 100, value: 1 },
      { at: 0, value: 100 },
      { at: 50, value: 10 },
    ])!;
    const rows = Array.from({ length: 9 }, (_, k) => [k, k + 0.5, 2 ** k, 3]);
    const decoy = readTable(
      'decoy.csv',
      csv(
        ['a', 'b'],
        rows.map(([k]) => [k, 5]),
      ),
    );
    const table = readTable('table.csv', csv(['index', 'x', 'y', 'n'], [...rows].reverse()));
    const points = rows.slice(1, 7).map(([, vx, vy]) => ({ x: x.to(vx) + 0.004, y: y.to(vy) - 0.004 }));
    const found = matchRows(points, x, y, [decoy, table])!;
    expect([found.table.name, found.x, found.y]).toEqual(['table.csv', 'x', 'y']);
    expect([...found.rows].map((r) => table.rows[r][0])).toEqual(['1', '2', '3', '4', '5', '6']);
    expect(
      matchRows(
        points.map((p) => ({ ...p, y: p.y + 3 })),
        x,
        y,
        [decoy, table],
      ),
    ).toBeUndefined();
  });
});

it('a part of a drawing keeps its proportions, stays inside, and keeps the point that it is scaled about', () => {
  const whole = { x: 0, y: 0, width: 400, height: 200 };
  expect(fitted(whole, { x: 100, y: 50, width: 20, height: 40 })).toEqual({ x: 70, y: 50, width: 80, height: 40 });
  expect(fitted(whole, { x: 390, y: 195, width: 10, height: 5 })).toEqual({ x: 390, y: 195, width: 10, height: 5 });
  expect(fitted(whole, { x: 399, y: 0, width: 1, height: 1 }).width).toBe(10); // forty times is enough
  expect(fitted(whole, { x: -50, y: -50, width: 900, height: 900 })).toEqual(whole);
  const near = scaledAbout(whole, whole, 0.5, 300, 150);
  expect(near).toEqual({ x: 150, y: 75, width: 200, height: 100 });
  expect((300 - near.x) / near.width).toBe(300 / 400);
  expect(scaledAbout(whole, near, 4, 300, 150)).toEqual(whole);
});

it('tables are read back as they were written', () => {
  const rows = [
    ['a, b', 'say "so"', 1e-7],
    ['two\nlines', '', 0.1],
  ];
  const table = readTable('t', csv(['x', 'y', 'z'], rows));
  expect(table.columns).toEqual(['x', 'y', 'z']);
  expect(table.rows).toEqual(rows.map((row) => row.map(String)));
});
