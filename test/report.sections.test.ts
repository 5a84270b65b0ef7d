/** Parts of a page: findings, tables, facts, references, galleries, CSV, as a reader meets them. */
import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { estimate } from '../src/numeric/estimate.js';
import { CITATIONS, citationsUsed } from '../src/report/citations.js';
import { csv, findingsCsv } from '../src/report/csv.js';
import type { Finding, Verdict } from '../src/report/finding.js';
import type { RunFacts } from '../src/report/input.js';
import { html } from '../src/report/markup.js';
import { gallery, renderPage } from '../src/report/page.js';
import { findingsTable, verdictWords } from '../src/report/sections/findings.js';
import { bibtex, references } from '../src/report/sections/references.js';
import { runFacts } from '../src/report/sections/run.js';
import { STAR, starred, table } from '../src/report/sections/tables.js';
import { pageFacts, pageTables, pageWords, readCsv, words } from './support/reading.js';

const dom = (text: string) =>
  (parseHTML(`<!doctype html><html><body>${text}</body></html>`) as unknown as { document: Document }).document;
const body = (text: string) => `<!doctype html><html><body>${text}</body></html>`;

const finding = (verdict: Verdict, changes: Partial<Finding> = {}): Finding => ({
  id: 'made.up',
  claim: 'sigma_1² falls as F^−psi',
  source: 'ivf2021; mine2020',
  measured: estimate(3.918, 0.112, 12_345, 'a fit'),
  unit: 'per step',
  stated: '4 or so',
  predicted: 'theory: F^4',
  range: 'ranks 2 … 50',
  verdict,
  reason: 'the line is straight.',
  ...changes,
});
const FOUR: Verdict[] = [
  'reproduced',
  'reproduced with another exponent',
  'not reproduced',
  'not decidable with this run',
];

describe('findings', () => {
  test('are counted in words, in the order of their weight', () => {
    const of = (...verdicts: number[]) => verdictWords(verdicts.map((v) => finding(FOUR[v])));
    expect(of()).toBe('No claim was tested.');
    expect(of(0)).toBe('Of 1 claim tested, 1 is reproduced.');
    expect(of(3, 3)).toBe('Of 2 claims tested, 2 are not decidable with this run.');
    expect(of(2, 0)).toBe('Of 2 claims tested, 1 is reproduced and 1 not reproduced.');
    expect(of(3, 2, 1, 0, 0)).toBe(
      'Of 5 claims tested, 2 are reproduced, 1 reproduced with another exponent, 1 not reproduced and 1 not decidable with this run.',
    );
  });

  test('have a badge for each verdict', () => {
    const badges = FOUR.map((v) => dom(findingsTable([finding(v)]).text).querySelector('.badge')!);
    expect(badges.map((b) => b.textContent)).toEqual(FOUR.map((v, k) => `${'✓≈✗?'[k]}\u00a0${v}`));
    expect(badges.map((b) => b.className)).toEqual(['badge reproduced', 'badge near', 'badge not', 'badge undecided']);
  });

  test('stand in a table with everything that is known of them', () => {
    const [t] = pageTables(body(findingsTable([finding('reproduced')]).text));
    expect(t.heads).toEqual(['Claim', 'Measured', 'n', 'Stated in the source', 'Predicted or null model', 'Verdict']);
    expect(t.rows[0]).toEqual([
      'σ_1² falls as F^−ψ',
      '3.92 ± 0.11 per step',
      '12\u202f345',
      '4 or so',
      'theory: F^4',
      '✓\u00a0reproduced',
    ]);
    expect(t.rows[1]).toEqual([
      'the line is straight. Method and source Range ranks 2 … 50 · Method a fit · Source ivf2021; mine2020 · made.up',
    ]);
  });

  test('say where an estimate did not converge, and leave out what is not there', () => {
    const { predicted: _, range: __, ...bare } = finding('reproduced');
    const [t] = pageTables(body(findingsTable([{ ...bare, measured: estimate(1, 0.1, 3, 'a fit', false) }]).text));
    expect(t.rows[0][1]).toBe('1.00 ± 0.10 (not converged) per step');
    expect(t.rows[0][4]).toBe('–');
    expect(t.rows[1][0]).toBe(
      'the line is straight. Method and source Method a fit · Source ivf2021; mine2020 · made.up',
    );
    const gone = { ...bare, measured: estimate(Number.NaN, Number.NaN, 0, 'nothing', false) };
    expect(pageTables(body(findingsTable([gone]).text))[0].rows[0][1]).toBe('– per step');
    expect(pageWords(body(findingsTable([]).text), 'p')).toEqual(['This run has no findings.']);
  });

  test('link the works that are listed, and no other', () => {
    const links = [...dom(findingsTable([finding('reproduced')]).text).querySelectorAll('a')];
    expect(links.map((a) => [a.textContent, a.getAttribute('href')])).toEqual([['ivf2021', '#ref-ivf2021']]);
  });

  test('as CSV: one row, every column', () => {
    const { predicted: _, range: __, ...bare } = finding('not reproduced', { claim: 'a "b", c' });
    const t = readCsv(findingsCsv([finding('reproduced'), bare]));
    expect(t.heads).toEqual([
      'id',
      'claim',
      'source',
      'measured',
      'standard_error',
      'n',
      'converged',
      'unit',
      'stated',
      'predicted',
      'range',
      'verdict',
      'reason',
      'method',
    ]);
    expect(t.rows[0]).toEqual([
      ...['made.up', 'sigma_1² falls as F^−psi', 'ivf2021; mine2020', '3.918', '0.112', '12345', 'true', 'per step'],
      ...['4 or so', 'theory: F^4', 'ranks 2 … 50', 'reproduced', 'the line is straight.', 'a fit'],
    ]);
    expect(t.rows[1].slice(9, 12)).toEqual(['', '', 'not reproduced']);
    expect(t.rows[1][1]).toBe('a "b", c');
  });
});

test('CSV quotes what needs it; what is not a number is empty; rows have the length of the head', () => {
  expect(
    csv(
      ['a', 'b', 'c'],
      [
        ['x,y', 'say "no"', 'two\nlines'],
        ['\r', null, undefined],
        [Number.NaN, Infinity, -1.5e-7],
        [true],
        [0, '', 'p q', 'more'],
      ],
    ),
  ).toBe('a,b,c\r\n"x,y","say ""no""","two\nlines"\r\n"\r",,\r\n,,-1.5e-7\r\ntrue,,\r\n0,,p q\r\n');
  expect(csv(['a'], [])).toBe('a\r\n');
});

describe('tables', () => {
  const columns = (n: number) =>
    Array.from({ length: n }, (_, k) => ({ head: `h${k}`, cell: (r: string) => r, ...(k === 0 && { words: true }) }));
  const drawn = (caption: string, n: number, ...rows: string[]) =>
    dom(table(caption, columns(n), rows).text).querySelector('table')!;
  test('put words to the left and numbers to the right', () => {
    const t = drawn('', 2, 'x');
    expect([...t.querySelectorAll('th, td')].map((c) => c.className)).toEqual(['', 'n', '', 'n']);
    expect([...t.querySelectorAll('td')].map((c) => c.getAttribute('data-label'))).toEqual(['h0', 'h1']);
  });
  test('of more than four columns are stacked on narrow screens; a caption is there if it has words', () => {
    expect([drawn('', 4, 'x').className, drawn('', 5, 'x').className]).toEqual(['', 'stack']);
    expect(drawn('', 1).querySelector('caption')).toBeNull();
    expect(words(drawn('of sigma', 1).querySelector('caption'))).toBe('of σ');
  });
  test('keep an estimate or a power of ten on one line', () => {
    const spans = (s: string) => drawn('', 1, s).querySelectorAll('td .whole').length;
    expect([spans('1 ± 2'), spans('1 × 10⁵'), spans('12'), spans('a b')]).toEqual([1, 1, 0, 0]);
  });
  test('star what did not converge', () => {
    expect(starred(estimate(1, 0.1, 3, ''))).toBe('1.00 ± 0.10');
    expect(starred(estimate(1, 0.1, 3, '', false))).toBe('1.00 ± 0.10\u202f*');
    expect(starred(estimate(Number.NaN, 0.1, 3, '', false))).toBe('–');
    expect(STAR).toMatch(/did not converge/);
  });
});

describe('facts of a run', () => {
  const facts = (run: RunFacts) => pageFacts(body(runFacts(run).text));
  const heads = (run: RunFacts) => pageWords(body(runFacts(run).text), 'h3');
  test('stand under titles in a set order, further ones behind as they come', () => {
    expect(
      heads({
        peakMemory: 1,
        other_thing: 2,
        timings: { a: 1 },
        machine: 'm',
        kernel: 'simd',
        seeds: [1],
        versions: {},
        linearAlgebra: 'x',
        config: { a: 1 },
      }),
    ).toEqual([
      'Configuration',
      'Seeds',
      'Versions',
      'Kernel build',
      'Linear algebra',
      'Machine',
      'Time per stage',
      'Peak memory',
      'Other thing',
    ]);
  });
  test('are flattened to dotted names; lists of plain values stay on one line', () => {
    expect([
      ...facts({
        config: { a: { b: 1, c: [1, 20_000.5, true, null, ''], d: [{ e: 1 }, { e: 'x' }] }, f: [], g: undefined },
      }),
    ]).toEqual([
      ['a.b', '1'],
      ['a.c', '1, 20\u202f000.5, yes, –, –'],
      ['a.d[1].e', '1'],
      ['a.d[2].e', 'x'],
      ['f', '–'],
    ]);
  });
  test('print whole numbers with all digits, others to six, times as seconds', () => {
    expect([...facts({ seeds: 9007199254740991 })]).toEqual([
      ['seeds', '9\u202f007\u202f199\u202f254\u202f740\u202f991'],
    ]);
    expect([...facts({ x: { a: 1 / 3, b: false, c: true, d: 2 ** 60 } })].map(([, v]) => v)).toEqual([
      '0.333333',
      'no',
      'yes',
      '1.15292 × 10¹⁸',
    ]);
    expect([...facts({ timings: { train: 75, note: 'x' } })].map(([, v]) => v)).toEqual(['1 min 15 s', 'x']);
    expect([...facts({ machine: 75 })]).toEqual([['machine', '75']]);
  });
  test('say so where there are none', () => {
    const none = 'No facts were recorded with this run.';
    expect(pageWords(body(runFacts({}).text), 'p')).toEqual([none]);
    expect(pageWords(body(runFacts({ config: null, seeds: null }).text), 'p')).toEqual([none]);
    expect(heads({ config: null, kernel: 'k' })).toEqual(['Kernel build']);
  });
});

describe('references', () => {
  const keys = (texts: readonly string[], config?: string) => citationsUsed(texts, config).map((c) => c.key);
  test('are the protocol, the null model, what is named, and the data', () => {
    expect(keys([])).toEqual(['ivf2021', 'antognini2018']);
    expect(keys(['a', 'see valley2023 and ao2022'])).toEqual(['ivf2021', 'ao2022', 'valley2023', 'antognini2018']);
    expect(keys([], '{"set":"mnist"}')).toEqual(['ivf2021', 'antognini2018', 'mnist']);
    expect(keys([], '{"set":"Fashion-MNIST"}')).toEqual(['ivf2021', 'antognini2018', 'fashionmnist']);
    expect(keys([], '{"set":"teacher"}')).toEqual(['ivf2021', 'antognini2018']);
    expect(keys(['kirkpatrick2017'])).toContain('kirkpatrick2017');
  });
  test('stand in a list with a lasting address where there is one, and as BibTeX', () => {
    const [ivf, , , , , mnist] = CITATIONS;
    const list = dom(references([ivf, mnist]).text);
    expect([...list.querySelectorAll('li')].map((l) => l.id)).toEqual(['ref-ivf2021', 'ref-mnist']);
    expect(words(list.querySelector('#ref-ivf2021'))).toBe(
      'ivf2021 Yu Feng, Yuhai Tu, The inverse variance–flatness relation in stochastic gradient descent is critical for finding flat minima, ' +
        'Proceedings of the National Academy of Sciences 118(9), e2015617118 (2021), doi.org/10.1073/pnas.2015617118',
    );
    expect([...list.querySelectorAll('a')].map((a) => a.getAttribute('href'))).toEqual([
      'https://doi.org/10.1073/pnas.2015617118',
    ]);
    expect(bibtex([ivf, mnist])).toBe(`${ivf.bibtex}\n\n${mnist.bibtex}\n`);
    expect(mnist.bibtex).toBe(
      '@misc{mnist,\n  author = {LeCun, Yann and Cortes, Corinna and Burges, Christopher J. C.},\n' +
        '  title = {The {MNIST} database of handwritten digits},\n  year = {1998},\n  howpublished = {http://yann.lecun.com/exdb/mnist/}\n}',
    );
  });
  test('agree with their BibTeX: key, year, authors, doi', () => {
    for (const c of CITATIONS) {
      const field = (name: string) => new RegExp(`^  ${name} = \\{(.*)\\},?$`, 'm').exec(c.bibtex)?.[1];
      expect(c.bibtex.startsWith(`@`) && c.bibtex.includes(`{${c.key},\n`), c.key).toBe(true);
      expect(field('year'), c.key).toBe(String(c.year));
      expect(c.key.endsWith(String(c.year)) || /mnist/.test(c.key)).toBe(true);
      const first = field('author')!.split(',')[0];
      expect(c.authors.split(',')[0].endsWith(first), c.key).toBe(true);
      if (field('doi')) expect(c.url).toBe(`https://doi.org/${field('doi')}`);
      if (field('eprint') && !field('doi')) expect(c.url).toBe(`https://arxiv.org/abs/${field('eprint')}`);
      const bare = (s: string) => s.replace(/[{}]/g, '').replace('--', '–');
      expect(bare(field('title')!), c.key).toBe(c.title);
    }
  });
});

describe('the page', () => {
  const page = renderPage({
    title: 'A <title>',
    head: html`<p class="x">head</p>`,
    sections: [
      ['one', 'First & foremost', html`<p>1</p>`],
      ['two', 'Second', html`<p>2</p>`],
    ],
  });
  const d = (parseHTML(page) as unknown as { document: Document }).document;
  test('has a title, a head, a contents list and named sections', () => {
    expect(page.startsWith('<!doctype html>\n<html lang="en">')).toBe(true);
    expect([d.querySelector('title')!.textContent, d.querySelector('h1')!.textContent]).toEqual([
      'A <title>',
      'A <title>',
    ]);
    expect(d.querySelector('header .x')!.textContent).toBe('head');
    expect([...d.querySelectorAll('nav a')].map((a) => [a.getAttribute('href'), a.textContent])).toEqual([
      ['#one', 'First & foremost'],
      ['#two', 'Second'],
    ]);
    expect(
      [...d.querySelectorAll('main section')].map((s) => [s.id, s.getAttribute('aria-labelledby'), words(s)]),
    ).toEqual([
      ['one', 'one-heading', 'First & foremost 1'],
      ['two', 'two-heading', 'Second 2'],
    ]);
    expect([...d.querySelectorAll('h2')].map((h) => h.id)).toEqual(['one-heading', 'two-heading']);
    const styles = d.querySelector('style')!.textContent!;
    expect(styles).toContain('.tg-figure{');
    expect(styles).toContain('.badge{');
    expect(d.querySelector('meta[name="viewport"]')!.getAttribute('content')).toBe(
      'width=device-width, initial-scale=1',
    );
  });
  test('ends with where the numbers lie, or what is given', () => {
    expect(words(d.querySelector('footer'))).toMatch(/^Made by thermograd\. .*SVG.*JSON and CSV\.$/);
    expect(renderPage({ title: '', head: html``, sections: [], footer: 'mine' })).toContain('<footer>mine</footer>');
  });
  test('shows figures as they are for a page, and names those that are missing', () => {
    const [svg, onPage] = ['<svg/>', '<svg><rect fill="red" /></svg>'];
    const g = dom(
      gallery(
        [
          { name: 'gone', missing: 'there is <nothing>.' },
          { name: 'here', title: 'Here', caption: 'of sigma_1', svg, narrow: svg, data: '', onPage },
        ],
        'wide',
      ).text,
    );
    expect(g.querySelector('.figures')!.className).toBe('figures wide');
    expect(g.querySelector('#figure-here svg')!.innerHTML).toBe('<rect fill="red" />');
    expect(words(g.querySelector('figcaption'))).toBe('Here. of σ_1');
    expect(words(g.querySelector('p.missing'))).toBe('Figure gone is not drawn: there is <nothing>.');
    expect(dom(gallery([]).text).querySelector('.figures')!.className.trim()).toBe('figures');
  });
});
