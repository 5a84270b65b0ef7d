/** The page of ivf2021: its sentences and key numbers read back, and snapshots of everything the report shows. */
import { describe, expect, it } from 'vitest';
import type { Analysis } from '../src/analyse/trajectory/results.js';
import { ivf2021Findings } from '../src/experiments/ivf2021/findings.js';
import { ivf2021Page, renderReport } from '../src/experiments/ivf2021/page.js';
import { estimate } from '../src/numeric/estimate.js';
import { randomKey } from '../src/numeric/random.js';
import type { Finding } from '../src/report/finding.js';
import { renderPage } from '../src/report/page.js';
import { findingLines } from '../src/terminal/findings.js';
import { byVerdict } from './support/by-verdict.js';
import { syntheticAnalysis, syntheticFindings, syntheticReport } from './support/ivf2021-results.js';
import {
  matchesSnapshots,
  numbersIn,
  pageFacts,
  pageFigures,
  pageTables,
  pageWords,
  prints,
  printsEstimate,
} from './support/reading.js';

const analysis = syntheticAnalysis({ epochs: 40, directions: 30, P: 120, steps: 40 });
const findings = ivf2021Findings({ ...analysis, key: randomKey(3) });
const input = { ...syntheticReport(), analysis, findings };
const report = renderReport(input);
const { html } = report;
/** The page of a changed analysis, without its figures. */
const rendered = (change: Partial<Analysis>, found: readonly Finding[] = findings) =>
  renderPage(
    ivf2021Page(
      { ...input, analysis: { ...analysis, ...change }, findings: found },
      { relation: [], training: [], fluctuations: [], landscape: [] },
    ),
  );

it('figures, tables and page are those of the snapshots', async () => {
  await matchesSnapshots('ivf2021', report);
});

describe('the head of the page', () => {
  const [summary] = pageWords(html, '.summary');
  const closed = analysis.flatness.directions.filter((d) => d.flatness !== null).length;

  it('states window, layer, loss, directions and exponent', () => {
    expect(summary).toContain(
      'at every step of epochs 31 to 40 (12\u202f000 steps) in layer hidden 2 (50 × 50), 120 weights',
    );
    expect(summary).toContain('at a full training loss of 4.83 × 10⁻⁵.');
    expect(summary).toContain(`measured along ${analysis.flatness.directions.length} of them.`);
    const { points } = analysis.scaling.varianceFlatness;
    expect(points).toBeLessThan(closed);
    expect(summary).toContain(
      `Fitted over ${points} of the ${closed} closed directions, with widths F from 0.9 to 12, σ² ∝ F^−ψ gives ψ = 3.92 ± 0.11 (misfit and choice of range together).`,
    );
  });

  it('counts the verdicts, and names the claims that came out otherwise', () => {
    const all = syntheticFindings();
    const [text] = pageWords(rendered({}, all), '.summary');
    expect(text).toContain(
      'Of 5 claims tested, 2 are reproduced, 1 reproduced with another exponent, 1 not reproduced and 1 not decidable',
    );
    expect(text).toContain('With another exponent: “The ranked variances fall as a power of the rank beyond i ≈ 20”.');
    expect(text).toContain('Not reproduced: “The temperature <T> & the noise "C" are isotropic”.');
    const good = pageWords(rendered({}, all.slice(0, 1)), '.summary')[0];
    expect(good).toContain('Of 1 claim tested, 1 is reproduced.');
    expect(good).not.toMatch(/With another exponent|Not reproduced/);
    const two = pageWords(rendered({}, [all[4], all[4]]), '.summary')[0];
    expect(two.match(/isotropic”/g)).toHaveLength(2);
  });

  it('a window of one epoch, and a run without a fit', () => {
    const none = { ...analysis.scaling.varianceFlatness, exponent: estimate(Number.NaN, Number.NaN, 0, 'none') };
    const text = pageWords(
      rendered({
        curves: { ...analysis.curves, window: [7, 7] },
        scaling: { ...analysis.scaling, varianceFlatness: none },
      }),
      '.summary',
    )[0];
    expect(text).toContain('at every step of epoch 7 (');
    expect(text).toContain('Too few valleys are closed to fit');
    expect(text).not.toContain('ψ');
  });

  it('five key numbers', () => {
    const facts = pageFacts(html, '.key');
    expect([...facts.keys()]).toEqual([
      'exponent ψ of σ² ∝ F^−ψ',
      'exponent γ of σᵢ² ∝ i^−γ',
      'loss at the centre, L₀',
      'share of direction 1',
      'valleys closed / open',
    ]);
    const [psi, gamma, loss, share, valleys] = [...facts.values()];
    expect(printsEstimate(psi, { value: 3.918, standardError: 0.112 })).toBe(true);
    expect(printsEstimate(gamma, { value: 2.531, standardError: 0.043 })).toBe(true);
    expect(prints(loss, 4.83e-5)).toBe(true);
    const { variances } = analysis.pca;
    expect(share).toMatch(/ %$/);
    expect(prints(share.replace(' %', ''), (100 * variances[0]) / variances.reduce((a, b) => a + b))).toBe(true);
    expect(valleys).toBe(`${closed} / ${analysis.flatness.directions.length - closed}`);
    expect(closed).toBeLessThan(analysis.flatness.directions.length);
  });
});

describe('sections', () => {
  it('in order, and figures where they belong, with their captions', () => {
    expect(pageWords(html, 'main h2')).toEqual([
      'Findings',
      'Variance and flatness',
      'Training',
      'Fluctuations',
      'Loss landscape',
      'How this was measured',
      'The run',
      'Symbols',
      'References',
    ]);
    expect(pageWords(html, 'nav li')).toEqual(pageWords(html, 'main h2'));
    const inside = (id: string) => pageWords(html, `#${id} figcaption b`);
    expect(inside('relation')).toEqual(['Variance against flatness.', 'The exponent by fit range.']);
    expect(inside('training')).toEqual(['Training loss.', 'Errors.']);
    expect(inside('fluctuations')).toEqual([
      'Variances by rank.',
      'Cumulated variance.',
      'Mean squared displacement.',
      'Trajectory in (θ₁, θ₂).',
      'Trajectory in (θ₄₉, θ₅₀).',
    ]);
    expect(inside('landscape')).toEqual([
      'Loss in the plane (θ₁, θ₂).',
      'Loss along principal directions.',
      'Flatness by rank.',
      'Curvature against flatness.',
      'Correlation time.',
    ]);
    expect([...pageFigures(html).keys()].sort()).toEqual(Object.keys(report.figures).sort());
  });

  it('every finding: claim, estimate, n, verdict, reason', () => {
    const [table] = pageTables(html, '#findings');
    expect(table.heads).toEqual([
      'Claim',
      'Measured',
      'n',
      'Stated in the source',
      'Predicted or null model',
      'Verdict',
    ]);
    const rows = table.rows.filter((r) => r.length === 6);
    expect(rows.length).toBe(findings.length);
    const listed = byVerdict(findings);
    listed.forEach((f, k) => {
      const { value, standardError, n } = f.measured;
      const mark = ' (not converged)';
      const marked = rows[k][1].endsWith(mark);
      expect(marked).toBe(Number.isFinite(value) && !f.measured.converged);
      const cell = marked ? rows[k][1].slice(0, -mark.length) : rows[k][1];
      if (!Number.isFinite(value)) expect(cell).toBe('–');
      else if (!Number.isFinite(standardError)) expect(prints(cell, value), cell).toBe(true);
      else expect(printsEstimate(cell, f.measured), cell).toBe(true);
      expect(numbersIn(rows[k][2])).toEqual([n]);
      expect(rows[k][5]).toContain(f.verdict);
    });
    const why = table.rows.filter((r) => r.length === 1).map((r) => r[0]);
    listed.forEach((f, k) => {
      expect(why[k]).toContain(f.id);
    });
  });

  it('how it was measured: counts and settings', () => {
    const facts = pageFacts(html, '#method');
    const { directions } = analysis.flatness;
    const count = (open: string) => directions.filter((d) => d.open === open).length;
    expect(numbersIn(facts.get('Window')!).slice(0, 4)).toEqual([31, 40, 12_000, 1200]);
    expect(facts.get('Window')).toContain(`Training stopped: ${analysis.curves.stopped}`);
    expect(facts.get('Principal directions')).toMatch(
      /^The covariance matrix.* 120 directions of 120 weights; residual of the eigenvectors 3.1 × 10⁻¹⁵/,
    );
    expect(facts.get('Resolution')).toBe(
      'Variances under 6 × 10⁻¹¹ weight² are within the rounding of the single-precision recording: 0 of 120 directions.',
    );
    expect(facts.get('Centre')).toMatch(/^The mean weights/);
    expect(facts.get('Loss')).toContain('over 60\u202f000 samples, L₀ = 4.83 × 10⁻⁵ at the centre');
    const evaluations = directions.map((d) => d.evaluations).reduce((a, b) => a + b);
    expect(facts.get('Width')).toContain('reaches e·L₀');
    expect(numbersIn(facts.get('Width')!).slice(-3)).toEqual([1e-4, evaluations, directions.length]);
    expect(numbersIn(facts.get('Open sides')!)).toEqual(['left', 'right', 'both'].map(count));
    expect(count('left') + count('right')).toBeGreaterThan(1);
    expect(numbersIn(facts.get('Fit of the relation')!).slice(-3)).toEqual([
      0.9,
      12,
      analysis.scaling.varianceFlatness.points,
    ]);
    expect(numbersIn(facts.get('Fit of the rank law')!).slice(-3)).toEqual([50, 900, analysis.scaling.rankLaw.points]);
    expect(facts.get('Errors')).toContain('one standard error');
  });

  it('the other centre, the other decomposition, rounding among the variances', () => {
    const resolution = (analysis.pca.variances[99] + analysis.pca.variances[100]) / 2;
    const facts = pageFacts(
      rendered({
        pca: { ...analysis.pca, via: 'gram', resolution },
        flatness: { ...analysis.flatness, centre: 'last', factor: 3 },
      }),
      '#method',
    );
    expect(facts.get('Principal directions')).toMatch(/^The Gram matrix of the steps/);
    expect(facts.get('Resolution')).toMatch(/: 20 of 120 directions\.$/);
    expect(facts.get('Centre')).toMatch(/^The last weights/);
    expect(facts.get('Width')).toContain('reaches 3·L₀');
  });

  it('the facts of the run, with times for people', () => {
    const facts = pageFacts(html, '#run');
    expect(facts.get('training.learningRate')).toBe('0.1');
    expect(facts.get('network.widths')).toBe('784, 50, 50, 10');
    expect(facts.get('root')).toBe('9\u202f007\u202f199\u202f254\u202f740\u202f991');
    expect([facts.get('train'), facts.get('pca'), facts.get('flatness')]).toEqual([
      '2 min 43 s',
      '31.2 s',
      '1 min 15 s',
    ]);
  });

  it('symbols and references', () => {
    const symbols = pageFacts(html, '#symbols');
    expect(symbols.size).toBe(14);
    expect(symbols.get('Fᵢ')).toMatch(/width of the valley along pᵢ .*\(weight\)/);
    expect(pageWords(html, '.references b')).toEqual(['ivf2021', 'antognini2018', 'mnist']);
  });
});

it('the document for machines holds all of it', () => {
  // what is not finite stands there by its name
  const json = JSON.parse(report.json, (_, v) => (v === 'NaN' ? Number.NaN : v));
  expect(json).toMatchObject({ format: 'thermograd-report', version: 1, title: input.title, run: input.run });
  expect(json.analysis).toEqual(analysis);
  expect(json.findings).toEqual(findings);
});

it('the findings on the terminal are a table', () => {
  const lines = findingLines(syntheticFindings(), { columns: 80, bold: false });
  const row = lines.find((line) => line.startsWith('  ivf.psi '))!;
  expect(row).toMatch(/^ {2}ivf\.psi +3\.92 ± 0\.11 +ψ ≈ 4 for MNIST$/);
  expect(lines.join('\n')).toContain('(4.360 ± 0.021) ×');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
});
