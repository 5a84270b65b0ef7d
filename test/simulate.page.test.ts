/** Tables and page of `thermograd simulate`: moments, distances and how it was computed, from made-up results. */
import { describe, expect, it } from 'vitest';
import { compare, momentText } from '../src/experiments/simulate/compare.js';
import type { Method, MethodResult, SimulationInput } from '../src/experiments/simulate/measured.js';
import { renderSimulation } from '../src/experiments/simulate/page.js';
import { estimate } from '../src/numeric/estimate.js';
import { type Shown, shows, tableIs, to } from './support/cells.js';
import { matchesSnapshots, pageFacts, pageTables, pageText, pageWords, readCsv } from './support/reading.js';
import { bell, LABELS, line, PLANE, plane, planeInTime } from './support/simulate-results.js';

const METHODS: readonly Method[] = ['adiabatic', 'fokker-planck', 'sgd', 'langevin'];
const bare = (html: string) => html.replace(/<svg[\s\S]*?<\/svg>/g, '');
const of = (input: SimulationInput, method: Method) => input.methods.find((m) => m.summary.method === method)!;

describe('moments', () => {
  const input = plane();
  const { html, tables } = renderSimulation(input);
  const moments = METHODS.map((m) => of(input, m).summary.moments);
  const ROWS = [
    ['mean of x', moments.map((m) => m.mean[0])],
    ['mean of y', moments.map((m) => m.mean[1])],
    ['variance of x', moments.map((m) => m.covariance[0])],
    ['covariance of x, y', moments.map((m) => m.covariance[1])],
    ['variance of y', moments.map((m) => m.covariance[2])],
    ['mean loss', moments.map((m) => m.loss!)],
  ] as const;

  it('on the page: a row each, sampled ones with their error, computed ones to four digits', () => {
    const cell = (row: (typeof ROWS)[number][1], k: number): Shown => (k < 2 ? to(row[k].value, 4) : row[k]);
    tableIs(pageTables(bare(html), '#moments')[0], [
      [/quantity/, ROWS.map(([name]) => name)],
      ...METHODS.map((m, k) => [LABELS[m], ROWS.map(([, row]) => cell(row, k))] as const),
    ]);
    expect(pageText(bare(html))).not.toMatch(/not converged/);
  });

  it('in full as CSV', () => {
    const { heads, rows } = readCsv(tables['moments.csv']);
    expect(heads).toEqual(['quantity', 'method', 'value', 'standard_error', 'n', 'converged']);
    expect(rows).toEqual(
      ROWS.flatMap(([name, row]) =>
        METHODS.map((m, k) => [name, m, String(row[k].value), String(row[k].standardError), '300', 'true']),
      ),
    );
  });

  it('of one coordinate, with survival and the time until absorption; what is missing is a dash, what did not converge a star', () => {
    const moving = line();
    const page = bare(renderSimulation(moving).html);
    const [closed, fp, sgd, langevin] = METHODS.map((m) => of(moving, m).summary);
    const computed = (v: number) => to(v, 4);
    const [table] = pageTables(page, '#moments');
    tableIs(table, [
      [/quantity/, ['mean of x', 'variance of x', 'mean loss', 'survival at the end', 'mean time until absorption']],
      ['closed form', ['–', '–', '–', '–', computed(5.678)]],
      [
        'Fokker-Planck',
        [
          computed(fp.moments.mean[0].value),
          computed(fp.moments.covariance[0].value),
          computed(fp.moments.loss!.value),
          computed(0.3456),
          computed(5.4321),
        ],
      ],
      ['SGD', [sgd.moments.mean[0], sgd.moments.covariance[0], sgd.moments.loss!, sgd.survival!, sgd.passage!]],
      [
        'Langevin',
        [
          langevin.moments.mean[0],
          langevin.moments.covariance[0],
          langevin.moments.loss!,
          langevin.survival!,
          /\u202f\*$/,
        ],
      ],
    ]);
    shows([table.rows[4][4].replace('\u202f*', '')], [langevin.passage!]);
    expect(closed.survival).toBeUndefined();
    expect(pageWords(page, '#moments p').join()).toMatch(/not converged/);
  });

  it('a computed zero is 0, whatever rounding left of it; an error above a millionth is shown', () => {
    const e = (value: number, error: number) => momentText(estimate(value, error, 1, ''));
    expect(e(9.9e-12, 0)).toBe('0');
    expect(e(1e-11, 0)).toMatch(/^1\.000 × 10/);
    expect(e(-1.1e-11, 0)).toMatch(/^−1\.100 × 10/);
    expect(e(1.23456, 1.2e-6)).toBe('1.235');
    expect(e(1.23456, 1.3e-6)).toMatch(/±/);
    expect(e(-2, 0.1)).toBe('−2.00 ± 0.10');
  });
});

/** ½∫|P − Q|; probability that one has lost is a place of its own. */
function apart(p: readonly number[], q: readonly number[], cell: number): number {
  const [a, b] = [p, q].map((d) => d.reduce((s, v) => s + v * cell, 0));
  return (p.reduce((s, v, k) => s + Math.abs(v - q[k]) * cell, 0) + Math.abs(a - b)) / 2;
}

describe('how far the methods lie apart', () => {
  const input = plane();
  const { html, tables, comparison } = renderSimulation(input);
  const [x, y] = input.facts.centres.map((c) => [...c]);
  const marginal = (m: Method) => x.map((a) => bell(a, PLANE[m][0], PLANE[m][1]));
  const across = (m: Method) => y.map((b) => bell(b, PLANE[m][2], PLANE[m][3]));
  const both = (m: Method) => across(m).flatMap((b) => marginal(m).map((a) => a * b));
  const floor = (m: Method) => x.map((a) => bell(a, PLANE[m][0] + 0.1, PLANE[m][1] / 2));
  const noise = (m: Method, density: string): number => {
    const { noiseFloor } = of(input, m).summary;
    return Object.keys(noiseFloor).length === 0 ? 0 : (noiseFloor[density] ?? Number.NaN);
  };
  const PAIRS = METHODS.flatMap((a, k) => METHODS.slice(k + 1).map((b) => [a, b] as const));
  const DENSITIES = [
    ['marginal_x', marginal, 0.03, METHODS],
    ['marginal_y', across, 0.05, METHODS],
    ['floor', floor, 0.03, ['adiabatic', 'sgd']],
    ['density', both, 0.0015, ['adiabatic', 'fokker-planck', 'sgd']],
  ] as const;
  const wanted = DENSITIES.flatMap(([density, values, cell, known]) =>
    PAIRS.filter((pair) => pair.every((m) => (known as readonly Method[]).includes(m))).map(([a, b]) => ({
      density,
      a,
      b,
      totalVariation: apart(values(a), values(b), cell),
      // a line through a histogram is noisier than it says of itself
      noise: density === 'floor' ? Number.NaN : Math.sqrt(noise(a, density) ** 2 + noise(b, density) ** 2),
    })),
  );

  it('total variation of each density that both have, and what counting makes of it', () => {
    expect(wanted).toHaveLength(6 + 6 + 1 + 3);
    expect(comparison.distances.map((d) => [d.density, d.a, d.b])).toEqual(wanted.map((d) => [d.density, d.a, d.b]));
    comparison.distances.forEach((d, k) => {
      expect(d.totalVariation, `${d.density} ${d.a} ${d.b}`).toBeCloseTo(wanted[k].totalVariation, 12);
      if (Number.isNaN(wanted[k].noise)) expect(d.noise).toBeNaN();
      else expect(d.noise).toBeCloseTo(wanted[k].noise, 12);
    });
  });

  it('of equal densities is 0, of those with nothing in common 1, and what is absorbed counts', () => {
    const one = (data: readonly number[], method: Method): MethodResult => ({
      ...of(line(), method),
      arrays: { marginal_x: { shape: [4], data: Float64Array.from(data) } },
    });
    const distance = (p: readonly number[], q: readonly number[]) =>
      compare({
        facts: { ...line().facts, centres: [Float64Array.of(0.25, 0.75, 1.25, 1.75)] },
        methods: [one(p, 'fokker-planck'), one(q, 'sgd')],
      }).distances[0].totalVariation;
    expect(distance([0.5, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5])).toBe(0);
    expect(distance([1, 1, 0, 0], [0, 0, 1, 1])).toBeCloseTo(1, 12);
    expect(distance([1, 1, 0, 0], [0, 0, 0, 0])).toBeCloseTo(1, 12);
    expect(distance([0.5, 0.5, 0.5, 0.5], [0.25, 0.25, 0.25, 0.25])).toBeCloseTo(0.5, 12);
  });

  it('of a line is that of x alone', () => {
    expect(compare(line()).distances.map((d) => [d.density, d.a, d.b])).toEqual([
      ['marginal_x', 'fokker-planck', 'sgd'],
      ['marginal_x', 'fokker-planck', 'langevin'],
      ['marginal_x', 'sgd', 'langevin'],
    ]);
  });

  it('on the page: a row for each pair, counting noise in parentheses', () => {
    const cell = (a: Method, b: Method, density: string): RegExp | string => {
      const d = wanted.find((w) => w.a === a && w.b === b && w.density === density);
      if (!d) return '–';
      return Number.isNaN(d.noise) ? /^0\.\d+ \(\?\)$/ : d.noise > 0 ? /^0\.\d+ \(0\.\d+\)$/ : /^0\.\d+$/;
    };
    const [table] = pageTables(bare(html), '#densities');
    tableIs(table, [
      [/between/, PAIRS.map(([a, b]) => `${LABELS[a]} and ${LABELS[b]}`)],
      [/marginal of x/, PAIRS.map(([a, b]) => cell(a, b, 'marginal_x'))],
      [/marginal of y/, PAIRS.map(([a, b]) => cell(a, b, 'marginal_y'))],
      [/floor/, PAIRS.map(([a, b]) => cell(a, b, 'floor'))],
      [/both/, PAIRS.map(([a, b]) => cell(a, b, 'density'))],
    ]);
    for (const d of wanted) {
      const row = PAIRS.findIndex(([a, b]) => a === d.a && b === d.b);
      const text = table.rows[row][1 + DENSITIES.findIndex(([name]) => name === d.density)];
      shows([text.split(' ')[0]], [to(d.totalVariation, 2)]);
      if (d.noise > 0) shows([text.split(' ')[1].slice(1, -1)], [to(d.noise, 2)]);
    }
  });

  it('in full as CSV', () => {
    const { heads, rows } = readCsv(tables['distances.csv']);
    expect(heads).toEqual(['density', 'a', 'b', 'total_variation', 'counting_noise']);
    expect(rows).toEqual(
      comparison.distances.map((d) => [
        d.density,
        d.a,
        d.b,
        String(d.totalVariation),
        Number.isNaN(d.noise) ? '' : String(d.noise),
      ]),
    );
  });

  it('is not told of one method', () => {
    const alone = renderSimulation({ ...input, methods: input.methods.slice(0, 1) });
    expect(pageTables(bare(alone.html), '#densities')).toHaveLength(0);
    expect(readCsv(alone.tables['distances.csv']).rows).toHaveLength(0);
  });
});

describe('densities as CSV', () => {
  it('centre by centre, a column for each method that has them', () => {
    const input = plane();
    const { tables } = renderSimulation(input);
    const [x, y] = input.facts.centres.map((c) => [...c]);
    for (const [name, axis, centres, methods] of [
      ['marginal_x', 'x', x, METHODS],
      ['marginal_y', 'y', y, METHODS],
      ['floor', 'x', x, ['adiabatic', 'sgd']],
    ] as const) {
      const { heads, rows } = readCsv(tables[`${name.replace('_', '-')}.csv`]);
      expect(heads).toEqual([axis, ...methods]);
      expect(rows).toEqual(
        centres.map((c, k) => [c, ...methods.map((m) => of(input, m).arrays[name].data[k])].map(String)),
      );
    }
    expect(Object.keys(renderSimulation(line()).tables).sort()).toEqual([
      'distances.csv',
      'marginal-x.csv',
      'moments.csv',
    ]);
    expect(Object.keys(tables).sort()).toEqual([
      'distances.csv',
      'floor.csv',
      'marginal-x.csv',
      'marginal-y.csv',
      'moments.csv',
    ]);
  });
});

describe('the page', () => {
  const stationary = bare(renderSimulation(plane()).html);
  const moving = bare(renderSimulation(line()).html);

  it('states the problem, its methods and warnings', () => {
    expect([...pageFacts(stationary, 'header')]).toEqual([
      ['L', 'x^2 + y^2'],
      ['learning rate', '0.01'],
    ]);
    expect(pageWords(stationary, 'header .summary')[0]).toMatch(
      /stationary.* by adiabatic theory, Fokker-Planck, SGD, Langevin\.$/,
    );
    expect(pageWords(stationary, 'header li')).toEqual(['Fokker-Planck: the grid is coarse.']);
    expect(pageWords(moving, 'header .summary')[0]).toMatch(/time/);
    expect(pageWords(moving, 'header li')).toEqual([
      'the grid adds 7 % to the diffusion.',
      'SGD: 2 % of the walkers diverged; moments are of the others.',
    ]);
    expect(pageWords(bare(renderSimulation(planeInTime()).html), 'header li')).toEqual([]);
    expect(pageWords(bare(renderSimulation(planeInTime()).html), 'header h2')).toEqual([]);
  });

  it('says the units of a dimensionless run', () => {
    expect(pageFacts(moving, 'header').get('units')).toMatch(
      /length 0\.25, time 12\.5 (?:η|eta)·steps, loss 3\.5217: .*\(0\.1\)/,
    );
    expect(pageFacts(stationary, 'header').has('units')).toBe(false);
  });

  it('says how each method computed, without what its sentence has already', () => {
    const facts = pageFacts(stationary, '#method');
    expect(facts.get('adiabatic theory')).toBe('what adiabatic does; separation 0.012.');
    expect(facts.get('Fokker-Planck')).toMatch(/^what fokker-planck does; residual 3\.2 × 10/);
    expect(facts.get('SGD')).toBe('what sgd does.');
    expect([...pageFacts(stationary, '#run')]).toEqual([['seed', '3']]);
  });

  it('has the sections that it has figures for', () => {
    const sections = (html: string) => [...html.matchAll(/<section id="([^"]*)"/g)].map((m) => m[1]);
    expect(sections(stationary)).toEqual(['moments', 'densities', 'maps', 'time', 'method', 'run', 'references']);
    expect(sections(moving)).toEqual(['moments', 'densities', 'time', 'method', 'run', 'references']);
    const alone = renderSimulation({ ...plane(), methods: plane().methods.slice(0, 1) });
    expect(sections(alone.html)).not.toContain('time');
    expect(stationary).not.toMatch(/is not drawn/);
    expect(pageWords(stationary, '#references li').join()).toMatch(/valley2023/);
  });

  it('shows its figures in order', () => {
    const figures = (input: SimulationInput) => Object.keys(renderSimulation(input).figures);
    expect(figures(plane())).toEqual([
      'marginal-x',
      'floor',
      'marginal-y',
      'density-adiabatic',
      'density-fokker-planck',
      'density-sgd',
      'paths',
    ]);
    expect(figures(line())).toEqual(['marginal-x', 'means', 'snapshots', 'survival']);
    expect([...stationary.matchAll(/<figure id="figure-([^"]*)"/g)].map((m) => m[1])).toEqual(figures(plane()));
  });

  it('is as committed', async () => {
    await matchesSnapshots('simulate/plane', renderSimulation(plane(33, 20)));
    await matchesSnapshots('simulate/line', renderSimulation(line()));
  });

  it('has its numbers in JSON', () => {
    const document = JSON.parse(renderSimulation(line()).json);
    expect(document.methods.map((m: { method: Method }) => m.method)).toEqual(METHODS);
    expect(document.comparison.moments).toHaveLength(5);
    expect(document.scales.time).toBe(12.5);
    expect(document.references.map((r: { key: string }) => r.key)).toEqual(['valley2023']);
  });
});
