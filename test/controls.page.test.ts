/** The page of the controls and its tables read back and compared with the made-up cells; snapshots of everything the report shows. */
import { describe, expect, it } from 'vitest';
import { controlsFindings } from '../src/experiments/controls/findings.js';
import type { Basis, Comparison, ControlsInput } from '../src/experiments/controls/measured.js';
import { controlsPage, renderControls } from '../src/experiments/controls/page.js';
import { renderPage } from '../src/report/page.js';
import { FIXED, GROUPS, RATIOS, SHIFT, syntheticCells, syntheticControls, TRUTH } from './support/controls-results.js';
import {
  matchesSnapshots,
  numbersIn,
  pageFacts,
  pageTables,
  pageWords,
  prints,
  printsEstimate,
} from './support/reading.js';

const input = syntheticControls();
const report = renderControls(input);
const { html } = report;
/** The page of a changed input, without figures. */
function page(change: Partial<ControlsInput>, cause: readonly string[] = []): string {
  const all = { ...input, ...change };
  const none = (name: string) => ({ name, missing: 'left out' });
  const figures = {
    exponents: none('a'),
    windows: none('b'),
    scatter: none('c'),
    noise: none('d'),
    closure: none('e'),
    seeds: none('f'),
  };
  return renderPage(controlsPage(all, controlsFindings(all), cause, figures));
}
/** Mean over the three seeds, whose spread is −s, 0, s, with its standard error. */
const over = (value: number, spread: number) => ({ value, standardError: spread / Math.sqrt(3) });

it('figures, tables and page are those of the snapshots', async () => {
  await matchesSnapshots('controls', report);
});

describe('the page', () => {
  it('sections in order, figures where they belong', () => {
    expect(pageWords(html, 'main h2')).toEqual([
      'Findings',
      'Regimes',
      'One layer alone: where the theory is complete',
      'How this was measured',
      'The run',
      'Symbols',
      'References',
    ]);
    const inside = (id: string) => pageWords(html, `#${id} figcaption b`);
    expect(inside('regimes')).toEqual([
      'The exponent by regime.',
      'The same landscape, four choices of directions.',
      'The exponent by seed and fit range.',
      'The exponent against the length of the window.',
      'The noise against the curvature.',
    ]);
    expect(inside('frozen')).toEqual(['Predicted over measured variance, other layers frozen.']);
    expect(Object.keys(report.figures)).toEqual([
      'controls-exponents',
      'controls-windows',
      'controls-variance-flatness',
      'controls-noise',
      'controls-closure',
      'controls-seeds',
    ]);
    expect(pageFacts(html, '#symbols').size).toBe(9);
  });

  it('the head: networks, losses, verdicts, the cause', () => {
    const words = pageWords(html, '.summary');
    expect(words[0]).toMatch(/^3 networks were trained as in ivf2021 \(training loss 0.001 … 0.003\)/);
    expect(words[0]).toMatch(/Of 16 claims tested, /);
    expect(words.slice(1)).toEqual(report.cause);
    expect(pageWords(page({ bases: input.bases.slice(0, 1) }), '.summary')[0]).toMatch(/^1 network was trained/);
  });

  it('key numbers', () => {
    const facts = pageFacts(html, '.key');
    expect([...facts.keys()]).toEqual([
      'ψ, PCA of the same window',
      'ψ, variances of the other half',
      'ψ, Hessian eigenvectors, drift removed',
      'γ of C ∝ H^γ (Hessian eigenvectors)',
    ]);
    const [own, other, replicas, gamma] = [...facts.values()];
    expect(printsEstimate(own, over(4.05, 0.02))).toBe(true);
    expect(printsEstimate(other, over(2.15, 0.02))).toBe(true);
    expect(printsEstimate(replicas, over(2.79, 0.02))).toBe(true);
    expect(printsEstimate(gamma, over(1.47, 0.005))).toBe(true);
    expect([...pageFacts(page({ cells: [] }), '.key').values()]).toEqual(['–', '–', '–', '–']);
  });

  it('the table of regimes, one row each', () => {
    const [t] = pageTables(html, '#regimes');
    expect(t.heads).toEqual([
      'batches',
      'directions',
      'epochs',
      'ψ',
      'misfit',
      'range',
      'ψ of theory',
      'γ',
      '2γ or 2(γ−1)',
      'slow',
      'rank law',
    ]);
    expect(t.rows.length).toBe(9 + 9 + 7);
    const row = (batches: string, directions: string, epochs: number) =>
      t.rows.find((r) => r[0] === batches && r[1] === directions && r[2] === String(epochs))!;
    const bases: [Basis, string, number][] = [
      ['same-window', 'PCA of the same window', 6],
      ['surrogate', 'surrogate, PCA of the same window', 6],
      ['random-walk', 'walks with H = 0, same window', 6],
      ['other-window', 'PCA of the other half', 3],
      ['surrogate-other', 'surrogate, PCA of the other half', 3],
      ['hessian', 'Hessian eigenvectors', 6],
      ['replicas', 'Hessian eigenvectors, drift removed', 6],
    ];
    const check = (r: string[], basis: Basis, shift: number) => {
      const truth = TRUTH[basis];
      expect(printsEstimate(r[3], over(truth.psi + shift, 0.02)), `${basis} ${r[3]}`).toBe(true);
      // all fits have the same misfit; of three ranges two vote, 0.24 + k/50 apart
      expect(r[4]).toBe('0.11');
      const apart = 0.24 + Object.keys(TRUTH).indexOf(basis) / 50;
      expect(prints(r[5], apart / Math.SQRT2), `${basis} ${r[5]}`).toBe(true);
      expect(printsEstimate(r[6], over(truth.theory + shift / 10, 0.01)), `${basis} ${r[6]}`).toBe(true);
      const gamma = truth.gamma + shift / 20;
      expect(printsEstimate(r[7], over(gamma, 0.005))).toBe(true);
      const [slow, relaxed] = numbersIn(r[8]);
      expect(slow).toBeCloseTo(2 * gamma, 1);
      expect(relaxed).toBeCloseTo(2 * (gamma - 1), 1);
      expect(r[9]).toMatch(/\u00a0%$/);
      expect(numbersIn(r[9])[0]).toBeCloseTo(100 * truth.flat, 0);
      if (truth.rank === undefined) expect(r[10]).toBe('–');
      else expect(printsEstimate(r[10], over(truth.rank, 0.03))).toBe(true);
    };
    for (const [basis, name, epochs] of bases) {
      check([...row('shuffled', name, epochs)], basis, 0);
      check([...row('replaced', name, epochs)], basis, SHIFT.replaced);
      check([...row('shuffled, μ = 0.9', name, epochs)], basis, SHIFT.momentum);
    }
    check([...row('shuffled', 'PCA of the same window', 2)], 'same-window', SHIFT.short);
    check([...row('shuffled', 'PCA of the same window', 12)], 'same-window', SHIFT.long);
    // without momentum first, shuffled before replaced, choices by the window before those that know nothing of it, short windows first
    expect(t.rows.slice(0, 9).map((r) => `${r[1]} ${r[2]}`)).toEqual([
      'PCA of the same window 2',
      'PCA of the same window 6',
      'PCA of the same window 12',
      ...bases.slice(1).map(([, name, epochs]) => `${name} ${epochs}`),
    ]);
    expect(t.column('batches')).toEqual([
      ...new Array<string>(9).fill('shuffled'),
      ...new Array<string>(9).fill('replaced'),
      ...new Array<string>(7).fill('shuffled, μ = 0.9'),
    ]);
  });

  const places = (['replaced', 'shuffled', 'small'] as const).flatMap((kind) =>
    [0, 1, 2].map((g) => ({
      kind,
      g,
      name: `${kind === 'replaced' ? 'replaced' : 'shuffled'},\u00a0${kind === 'small' ? 0.02 : 0.1}`,
    })),
  );

  it('ratios of the frozen layer by groups, large steps first, replaced before shuffled', () => {
    const [t] = pageTables(html, '#frozen');
    expect(t.heads).toEqual([
      'batches, η',
      'modes',
      'H, C / whole',
      '+ descent / whole',
      'H, C / replicas',
      '⟨C⟩ / replicas',
      '⟨H⟩, ⟨C⟩ / replicas',
      'fixed noise',
    ]);
    expect(t.column('batches, η')).toEqual(places.map((p) => p.name));
    expect(t.column('modes').map((m) => m.replace(/\u2060/g, ''))).toEqual(
      places.map(({ g }) => `${GROUPS[g][0]}–${GROUPS[g][1]}`),
    );
    places.forEach(({ kind, g }, k) => {
      const r = RATIOS[kind];
      const modes = (c: Comparison) => over(r[c][g], 0.02 * r[c][g]);
      const expected = [
        modes('raw'),
        over(1.1 * r.drift[g], 0.03 * r.drift[g]),
        modes('replicas'),
        modes('noise-averaged'),
        modes('both-averaged'),
      ];
      expected.forEach((e, j) => {
        expect(printsEstimate(t.rows[k][2 + j], e), `${kind} ${g} ${t.heads[2 + j]} ${t.rows[k][2 + j]}`).toBe(true);
      });
      if (kind === 'shuffled') expect(printsEstimate(t.rows[k][7], over(FIXED[g], 0.02 * FIXED[g]))).toBe(true);
      else expect(t.rows[k][7]).toBe('–');
    });
  });

  it('how constant the constants are', () => {
    const [, t] = pageTables(html, '#frozen');
    expect(t.heads).toEqual([
      'batches, η',
      'modes',
      'C along / at the mean',
      'H along / at the mean',
      'C start / end',
      'H start / end',
      'variance, first / second half',
    ]);
    expect(t.rows.length).toBe(9);
    places.forEach(({ g }, k) => {
      const expected = [
        over(1.03 + g / 50, 0.01),
        over(1.01 + g / 60, 0.01),
        over(1.31 + g / 20, 0.02),
        over(1.11 + g / 30, 0.02),
        over(1.21 + g / 10, 0.02),
      ];
      expected.forEach((e, j) => {
        expect(printsEstimate(t.rows[k][2 + j], e), `${g} ${t.heads[2 + j]} ${t.rows[k][2 + j]}`).toBe(true);
      });
    });
  });

  it('the words on the frozen cells: epochs, losses, the stiffest mode, of the large steps', () => {
    const [text] = pageWords(html, '#frozen > p');
    expect(text).toContain('8 epochs to settle, 12 recorded.');
    // six cells of deviations −s, 0, s twice: standard error s·√(4/5/6)
    const six = (value: number, s: number) => ({ value, standardError: s * Math.sqrt(4 / 30) });
    const behind = (words: string) => text.split(words)[1];
    expect(printsEstimate(behind('the loss falls from '), six(2e-3, 1e-4))).toBe(true);
    expect(printsEstimate(behind('at its start to '), six(1e-3, 1e-4))).toBe(true);
    expect(printsEstimate(behind('at the mean weights it is '), six(1.4e-3, 1e-4))).toBe(true);
    expect(printsEstimate(behind('η·h = '), six(0.2, 0.01))).toBe(true);
    expect(pageWords(page({ cells: syntheticCells().filter((c) => c.kind !== 'frozen') }), '#frozen > p')[0]).toBe(
      'There are no cells with frozen layers.',
    );
  });

  it('how it was measured', () => {
    const facts = pageFacts(html, '#method');
    expect(facts.get('Base networks')).toBe(
      'Seeds 4, 7, 9; trained until epoch 60, 61, 62 (the first one: epoch 60 was asked for).',
    );
    expect(facts.get('Branches')).toBe(
      '12 epochs from the base weights, each window ending with the last of them; η = 0.1 with momentum 0; η = 0.01 with momentum 0.9; η = 0.02 with momentum 0: the same η/(1−μ). Velocity starts at zero.',
    );
    const odd = page({ cells: input.cells.map((c) => ({ ...c, learningRate: 0.1234, momentum: 0.95 })) });
    expect(pageFacts(odd, '#method').get('Branches')).toContain('; η = 0.12 with momentum 0.95: the same');
    for (const t of pageTables(odd, '#frozen')) expect(t.column('batches, η')[0]).toBe('replaced,\u00a00.12');
    expect(facts.get('H and C')).toContain('the window of 6 epochs');
    expect(facts.get('Fits')).toMatch(/^40 log-spaced directions/);
    expect(facts.get('Surrogate')).toContain('5 epochs before a window');
    expect(facts.get('Errors')).toContain('one standard error over seeds');
  });
});
