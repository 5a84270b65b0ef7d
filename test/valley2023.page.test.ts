/** The page of the valley model: every cell of its tables and every number at its head is the made-up one that stands there. */
import { describe, expect, it } from 'vitest';
import { renderValley2023 } from '../src/experiments/valley2023/page.js';
import { percent, shows, tableIs, to } from './support/cells.js';
import { matchesSnapshots, numbersIn, pageFacts, pageTables, pageText, pageWords } from './support/reading.js';
import { unlikeValley } from './support/valley-unlike.js';

const model = unlikeValley();
const run = {
  seeds: { ensembles: [0, 1, 2] },
  timings: { potential: 1.5, densities: 75, phase: 7380 },
  kernel: 'simd',
};
const report = renderValley2023({ title: 'A valley with no two numbers alike', model, run });
/** The page without its figures, which are read elsewhere. */
const html = report.html.replace(/<svg[\s\S]*?<\/svg>/g, '');
const tables = (section: string) => pageTables(html, `#${section}`);

describe('tables', () => {
  it('slopes of −ln P, beside the laws of eq. 7 and of the marginal', () => {
    const rows = model.potential.cases.flatMap((c) => c.slopes.map((s) => ({ c, s })));
    tableIs(tables('potential')[0], [
      ['Dₓ', rows.map(({ c }) => to(c.diffusion))],
      ['κ', rows.map(({ c }) => to(c.anisotropy))],
      [/separation/, rows.map(({ c }) => to(c.separation, 2))],
      [/method/, rows.map(({ s }) => (s.method === 'langevin' ? 'Langevin' : 'Fokker-Planck'))],
      [/floor/, rows.map(({ s }) => s.floor)],
      ['1 − κ', rows.map(({ c }) => to(1 - c.anisotropy))],
      [/marginal/, rows.map(({ s }) => s.marginal)],
      ['−κ', rows.map(({ c }) => to(-c.anisotropy))],
    ]);
    expect(pageWords(html, '#potential p')[0]).toMatch(/falling from 11 to 1\.3 /);
  });

  it('finite steps', () => {
    const { steps } = model.densities;
    tableIs(tables('densities')[0], [
      ['η', steps.map((s) => to(s.learningRate))],
      [/^ηλ/, steps.map((s) => to(s.sharpest))],
      [/^⟨y²⟩/, steps.map((s) => s.varianceRatio)],
      ['2/(2 − ηλ)', steps.map((s) => to(s.predictedRatio))],
      ['⟨x⟩', steps.map((s) => s.meanX)],
      [/continuous/, steps.map((s) => to(s.continuousX))],
      [/finite/, steps.map((s) => to(s.finiteStepX))],
      [/TV.*continuous/, steps.map((s) => s.toContinuous)],
      [/TV.*finite/, steps.map((s) => s.toFiniteStep)],
      [/counting/, steps.map((s) => to(s.counting, 2))],
    ]);
  });

  it('the way to the flat end, with shares in percent', () => {
    const { rows } = model.convergence;
    const names = { constant: /additive/, hessian: /Hessian/, location: /minimum/, curvature: /curvature/ };
    const [table] = tables('convergence');
    tableIs(table, [
      [/noise/, rows.map((r) => names[r.noise])],
      ['C or s', rows.map((r) => to(r.strength))],
      [/steps/, rows.map((r) => r.steps)],
      [/drift/, rows.map((r) => to(r.driftSteps))],
      [/passage/, rows.map((r) => to(r.passageSteps))],
      [/arrived/, rows.map((r) => percent(r.arrived))],
      [/diverge/, rows.map((r) => percent(r.diverged.value))],
      ['E(1 − ηλ)²', rows.map((r) => to(r.growth))],
    ]);
    expect(table.caption).toContain('η = 0.02');
  });

  it('freezing', () => {
    const { rows } = model.freezing;
    tableIs(tables('freezing')[0], [
      [/noise/, rows.map((r) => r.noise)],
      ['D', rows.map((r) => to(r.diffusion))],
      [/freezing/, rows.map((r) => r.freezingTime)],
      [/two states/, rows.map((r) => to(r.predictedTime))],
      [/end/, rows.map((r) => r.final)],
      [/two states/, rows.map((r) => to(r.predictedFinal))],
      [/Fokker-Planck/, rows.map((r) => to(r.fokkerPlanckFinal))],
    ]);
  });

  it('escape times', () => {
    const { escapes } = model.freezing;
    tableIs(tables('freezing')[1], [
      [/barrier.*D/, escapes.map((e) => to(e.barrier))],
      [/walkers/, escapes.map((e) => e.walkers)],
      [/exact/, escapes.map((e) => to(e.exact, 4))],
      [/Fokker-Planck/, escapes.map((e) => to(e.fokkerPlanck, 4))],
      [/Kramers/, escapes.map((e) => to(e.kramers, 4))],
    ]);
  });
});

describe('findings on the page', () => {
  const SECTIONS: Record<string, readonly string[]> = {
    potential: ['floor', 'histogram', 'marginal', 'isotropic', 'walkers', 'strong', 'eq11'],
    densities: ['methods', 'variance', 'finite-step'],
    convergence: ['shorter', 'critical', 'drift', 'passage', 'temperature'],
    phase: [
      'line-sharp-mean-square',
      'line-sharp-almost-sure',
      'line-flat-mean-square',
      'line-flat-almost-sure',
      'first',
      'flatter',
    ],
    freezing: ['rates', 'kramers', 'delay', 'delay-theory', 'ends-flatter'],
    circulation: ['circulation', 'current'],
  };

  it('stand in one table by their verdicts, each with its measured number, its n and its verdict', () => {
    const of = (what: string) => pageWords(html, `main > section:first-child .findings ${what}`);
    const [ids, values, n, verdicts] = [of('.why code'), of('.value'), of('td.n'), of('.badge')];
    expect([...ids].sort()).toEqual(Object.values(SECTIONS).flatMap((own) => own.map((id) => `valley.${id}`)).sort()); // biome-ignore format: one line
    const found = ids.map((id) => report.findings.find((f) => f.id === id)!);
    shows(
      values,
      found.map((f) => f.measured),
    );
    shows(
      n,
      found.map((f) => to(f.measured.n)),
    );
    const given = verdicts.map((v) => v.replace(/^. ?/, '').trim());
    expect(given).toEqual(found.map((f) => f.verdict));
    const heads = [...new Set(given)].map((v) => `${given.filter((g) => g === v).length} of 28 ${v}`);
    expect(of('.verdict').map((t) => t.slice(2))).toEqual(heads);
    expect(given).toEqual([...new Set(given)].flatMap((v) => given.filter((g) => g === v)));
  });

  it('are linked from the section that they are about', () => {
    for (const [section, own] of Object.entries(SECTIONS)) {
      const links = [...html.matchAll(new RegExp(`<section id="${section}"[\\s\\S]*?</section>`, 'g'))][0][0];
      expect([...links.matchAll(/<li>.*?<a href="#valley\.([\w-]+)"/g)].map((m) => m[1])).toEqual(own);
    }
  });

  it('are all there, and counted at the head', () => {
    expect(Object.values(SECTIONS).flat().length).toBe(report.findings.length);
    const count = (verdict: string) => report.findings.filter((f) => f.verdict === verdict).length;
    const counted = [count('reproduced'), count('not reproduced'), count('not decidable with this run')].filter((n) => n > 0); // biome-ignore format: one line
    const [summary] = pageWords(html, 'header .summary');
    expect(numbersIn(summary)).toEqual([28, ...counted]);
  });
});

describe('the head', () => {
  it('has the numbers that a reader looks for', () => {
    const measured = (id: string) => report.findings.find((f) => f.id === `valley.${id}`)!.measured;
    shows(
      [...pageFacts(html, 'header').values()],
      [
        measured('shorter'),
        measured('line-sharp-mean-square'),
        measured('line-sharp-almost-sure'),
        measured('ends-flatter'),
        to(30),
      ],
    );
  });

  it('and the facts of the run at the end', () => {
    const facts = pageFacts(html, '#run');
    expect([...facts]).toEqual([
      ['ensembles', '0, 1, 2'],
      ['kernel build', 'simd'],
      ['potential', '1.5 s'],
      ['densities', '1 min 15 s'],
      ['phase', '2 h 3 min'],
    ]);
  });
});

describe('the report', () => {
  it('is as committed', async () => {
    await matchesSnapshots('valley2023', report);
  });

  it('has its numbers in JSON, and nothing of networks that were not there', () => {
    const document = JSON.parse(report.json);
    expect(document.model.phase.noise).toEqual(model.phase.noise);
    expect(document.findings).toHaveLength(28);
    expect(document.run).toEqual(run);
    expect(document.network).toBeUndefined();
    expect(pageText(html)).not.toMatch(/Real networks|undefined|NaN|Infinity/);
    expect(pageWords(html, 'nav a')).toHaveLength(10);
    expect(Object.keys(report.tables)).toHaveLength(12);
    expect(Object.keys(report.figures)).toHaveLength(14);
  });
});
