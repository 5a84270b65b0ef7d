/** The report as a document: what is printed is what was measured, nothing foreign gets in, nothing breaks it. */
import { Resvg } from '@resvg/resvg-js';
import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import type { Analysis } from '../src/analyse/trajectory/results.js';
import { type ReportInput, renderReport } from '../src/experiments/ivf2021/page.js';
import { estimate } from '../src/numeric/estimate.js';
import { parseJson, plainData } from '../src/numeric/json.js';
import type { Finding } from '../src/report/finding.js';
import { renderPng } from '../src/report/png.js';
import { syntheticAnalysis, syntheticFindings, syntheticReport } from './support/ivf2021-results.js';

const input = syntheticReport();
const report = renderReport(input);
const parse = (text: string): Document => (parseHTML(text) as unknown as { document: Document }).document;
const page = parse(report.html);
const svgs = Object.entries(report.figures);

/** Text a reader sees. */
function visible(root: Element | Document): string {
  const copy = root.cloneNode(true) as Element;
  for (const e of copy.querySelectorAll('style, title, head, template, script')) e.remove();
  const texts: string[] = [];
  const walk = (n: Node): void => {
    if (n.nodeType === 3) texts.push(n.textContent ?? '');
    for (const c of n.childNodes) walk(c);
  };
  walk(copy);
  return texts.join(' ');
}

describe('page', () => {
  test('every finding is printed with value, error, sample size, verdict, source and reason', () => {
    const printed = [
      '3.92 ± 0.11',
      '2.53 ± 0.04',
      '(4.360 ± 0.021) × 10⁻⁵',
      '\u22120.12 ± 0.20',
      '14.2 (not converged)',
    ];
    input.findings.forEach((f, k) => {
      const rows = page.getElementById(f.id);
      const text = rows?.textContent ?? '';
      expect(rows?.querySelector('.value')?.textContent).toBe(printed[k]);
      for (const part of [f.verdict, f.reason, f.measured.method, f.unit, f.stated.replaceAll('^', '')])
        expect(text).toContain(part);
      expect(text.replaceAll('\u202f', '')).toContain(String(f.measured.n));
    });
    expect(page.querySelectorAll('.badge').length).toBe(input.findings.length);
  });

  test('the summary counts the verdicts and names what differs', () => {
    const text = page.querySelector('.summary')?.textContent ?? '';
    expect(text).toContain(
      'Of 5 claims tested, 2 are reproduced, 1 reproduced with another exponent, 1 not reproduced and 1 not decidable',
    );
    expect(text).toContain('ψ = 3.92 ± 0.11');
    expect(text).toContain('The temperature <T>');
  });

  test('no number has more than six significant digits outside references, seeds and versions', () => {
    page.getElementById('references')?.remove();
    const text = `${visible(page.body)} ${svgs.map(([, s]) => visible(parse(s))).join(' ')}`;
    const fractions = text.match(/\d[\d\u202f]*\.\d+/g) ?? [];
    expect(fractions.length).toBeGreaterThan(500);
    for (const n of fractions) expect(n.replace(/[^\d]/g, '').replace(/^0+/, '').length, n).toBeLessThanOrEqual(6);
    expect(text.match(/.{0,40}(\bNaN\b|undefined|Infinity|\[object)/)).toBeNull();
  });

  test('loads nothing: one script of its own, no source, links only to papers, to the theory beside it, and into the page', () => {
    const p = parse(report.html);
    expect(p.querySelectorAll('img, iframe, object, embed, video, [src], [srcset]').length).toBe(0);
    const scripts = [...p.querySelectorAll('script')];
    expect(scripts).toHaveLength(1);
    expect(scripts[0].textContent).not.toMatch(/fetch|XMLHttp|import|https?:/);
    expect(Buffer.byteLength(scripts[0].textContent!)).toBeLessThan(8000);
    for (const l of p.querySelectorAll('link')) expect(l.getAttribute('href')).toBe('data:,');
    for (const s of p.querySelectorAll('style')) expect(s.textContent).not.toMatch(/@import|url\(/);
    for (const a of p.querySelectorAll('a')) {
      const href = a.getAttribute('href')!;
      if (href.startsWith('#')) expect(p.getElementById(href.slice(1)), href).toBeTruthy();
      else expect(href).toMatch(/^https:\/\/(doi\.org|arxiv\.org)\/|^theory\.html#[A-Z]\d+$/);
    }
  });

  test('identifiers are unique', () => {
    const ids = [...parse(report.html).querySelectorAll('[id]')].map((e) => e.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('text from outside stays text', () => {
    const evil = `</style></title><script>alert(1)</script><img src=x onerror="alert(2)">'"&^<b>`;
    const finding: Finding = {
      ...syntheticFindings()[0],
      id: `x"${evil}`,
      claim: evil,
      source: evil,
      stated: evil,
      predicted: evil,
      range: evil,
      reason: evil,
      unit: evil,
      measured: estimate(1, 0.1, 3, evil),
    };
    const analysis: Analysis = { ...input.analysis, layer: evil, curves: { ...input.analysis.curves, stopped: evil } };
    const r = renderReport({
      title: evil,
      analysis,
      findings: [finding],
      run: { config: { [evil]: evil }, [evil]: evil },
    });
    const p = parse(r.html);
    expect(p.querySelectorAll('img, [onerror]').length).toBe(0);
    expect(r.html.match(/<script|<img/g)).toEqual(['<script']); // that of the page
    expect(p.querySelector('script')!.textContent).not.toContain('alert');
    expect(p.querySelector('h1')?.textContent).toBe(evil);
    for (const svg of Object.values(r.figures)) expect(() => new Resvg(svg)).not.toThrow();
  });

  test('the same input gives the same bytes', () => {
    expect(renderReport(syntheticReport())).toEqual(report);
  });
});

describe('figures', () => {
  test('all are there, each with a title, a caption and labels with units', () => {
    const names = [
      'variance-flatness',
      'training-loss',
      'training-errors',
      'variances',
      'msd',
      'trajectory-1-2',
      'trajectory-49-50',
      'loss-profiles',
      'flatness',
      'curvature',
      'correlation-time',
      'loss-plane',
      'exponent-by-range',
      'cumulated-variance',
    ];
    expect(Object.keys(report.figures).sort()).toEqual(names.sort());
    for (const [name, svg] of svgs) {
      const doc = parse(svg);
      const label = (axis: string) => doc.querySelector(`[aria-label="${axis}-axis label"]`)?.textContent ?? '';
      // an exponent has no unit, and its rows have names
      if (name !== 'exponent-by-range') {
        expect(label('y'), name).toMatch(/\((weight|loss|steps|mean per sample|%)/);
        expect(label('x'), name).toMatch(/\((weight|steps|epochs)\)|rank i|number of directions/);
      }
      expect(doc.querySelector('svg')?.getAttribute('aria-label')).toBeTruthy();
      expect(page.querySelector(`#figure-${name} figcaption`)?.textContent?.length, name).toBeGreaterThan(60);
    }
  });

  test('are well-formed documents with their own namespace, styles and colours', () => {
    for (const [name, svg] of svgs) {
      expect(() => new Resvg(svg), name).not.toThrow(); // resvg refuses malformed XML
      expect(svg.startsWith('<svg')).toBe(true);
      expect(svg).toContain('xmlns="http://www.w3.org/2000/svg"');
      expect(svg).toContain('prefers-color-scheme:dark');
      expect(svg.match(/var\(/g), name).toBeNull(); // readers other than browsers know no variables
      expect(svg.match(/.{0,40}(NaN|undefined|Infinity)/), name).toBeNull();
    }
  });

  test('every colour has a counterpart for dark screens', () => {
    for (const [name, svg] of svgs) {
      const dark = svg.slice(svg.indexOf('@media'), svg.indexOf('</style>'));
      const used = new Set(svg.slice(svg.indexOf('</style>')).match(/(?:fill|stroke)="#[0-9a-f]{6}"/g));
      for (const c of used) expect(dark, `${name} ${c}`).toContain(`[${c}]`);
    }
  });

  test('the fit line has the fitted slope, read off the axes', () => {
    const doc = parse(report.figures['variance-flatness']);
    const [x, y] = [scale(doc, 'x'), scale(doc, 'y')];
    const lines = [...doc.querySelectorAll('[aria-label="line"] path')];
    const [a, b] = ends(lines[0].getAttribute('d')!);
    const { exponent, range, intercept } = input.analysis.scaling.varianceFlatness;
    expect((y(b[1]) - y(a[1])) / (x(b[0]) - x(a[0]))).toBeCloseTo(exponent.value, 2);
    expect(10 ** x(a[0])).toBeCloseTo(range[0], 2);
    expect(10 ** x(b[0])).toBeCloseTo(range[1], 1);
    expect(y(a[1])).toBeCloseTo(intercept.value + exponent.value * Math.log10(range[0]), 2);
    const closed = input.analysis.flatness.directions.filter((d) => d.flatness !== null).length;
    expect(doc.querySelectorAll('[aria-label="dot"] circle').length).toBe(closed);
  });

  test('the random walk falls with slope −2 from 6/π² of the total variance', () => {
    const doc = parse(report.figures.variances);
    const [x, y] = [scale(doc, 'x'), scale(doc, 'y')];
    const path = doc.querySelector(
      '[aria-label="line"] [stroke-dasharray] path, [aria-label="line"][stroke-dasharray] path',
    )!;
    const [a, b] = ends(path.getAttribute('d')!);
    expect((y(b[1]) - y(a[1])) / (x(b[0]) - x(a[0]))).toBeCloseTo(-2, 2);
    expect(10 ** y(a[1]) / (input.analysis.pca.totalVariance * 6)).toBeCloseTo(1 / Math.PI ** 2, 2);
  });

  test('open valleys carry their own marks', () => {
    const doc = parse(report.figures.flatness);
    const open = (...sides: (string | null)[]) =>
      input.analysis.flatness.directions.filter((d) => sides.includes(d.open)).length;
    expect(doc.querySelectorAll('[aria-label="dot"] circle').length).toBe(open(null));
    expect(doc.querySelectorAll('[aria-label="dot"] path').length).toBe(open('left', 'right', 'both'));
  });

  test('PNG comes in the asked width', async () => {
    const png = await renderPng(report.figures['variance-flatness'], 800);
    expect([...png.slice(1, 4)]).toEqual([...'PNG'].map((c) => c.charCodeAt(0)));
    expect(new DataView(png.buffer, png.byteOffset).getUint32(16)).toBe(800);
  });
});

/** log10 of the data value at a pixel, from the positions of two tick labels. */
function scale(doc: Document, axis: 'x' | 'y'): (pixel: number) => number {
  const ticks = [...doc.querySelectorAll(`[aria-label="${axis}-axis tick label"] text`)].map((t) => {
    const [px, py] = t
      .getAttribute('transform')!
      .match(/-?[\d.]+/g)!
      .map(Number);
    const spans = [...t.querySelectorAll('tspan')];
    const value =
      spans.length === 2 ? Number(spans[1].textContent!.replace('\u2212', '-')) : Math.log10(Number(t.textContent));
    return { pixel: axis === 'x' ? px : py, value };
  });
  const [a, b] = [ticks[0], ticks[ticks.length - 1]];
  return (pixel) => a.value + ((pixel - a.pixel) * (b.value - a.value)) / (b.pixel - a.pixel);
}

/** First and last point of a path of straight pieces. */
function ends(d: string): [number[], number[]] {
  const points = d
    .split(/[ML]/)
    .filter(Boolean)
    .map((p) => p.split(',').map(Number));
  return [points[0], points[points.length - 1]];
}

describe('numbers for machines', () => {
  test('JSON holds everything, what is not finite as words', () => {
    // biome-ignore lint/suspicious/noExplicitAny: a document of many parts
    const json = parseJson(report.json) as any;
    expect(json.analysis.pca.variances).toEqual(input.analysis.pca.variances);
    expect(json.findings.map((f: Finding) => f.measured.value)).toEqual(input.findings.map((f) => f.measured.value));
    expect(report.json).toContain('"standardError": "NaN"');
    expect(json.findings[4].measured.standardError).toBeNaN();
    expect(json.analysis).toEqual(plainData(input.analysis));
    expect(json.run).toEqual(input.run);
    expect(json.references.map((r: { key: string }) => r.key)).toEqual(['ivf2021', 'ao2022', 'antognini2018', 'mnist']);
    expect(json.bibtex.match(/^@\w+\{/gm)).toHaveLength(4);
  });

  test('CSV holds full precision and rectangular rows', () => {
    for (const [name, text] of Object.entries(report.tables)) {
      const rows = readCsv(text);
      expect(rows.length, name).toBeGreaterThan(1);
      for (const r of rows) expect(r.length, name).toBe(rows[0].length);
      for (const c of rows.flat()) expect(c, name).not.toMatch(/^(NaN|-?Infinity|undefined|null)$/);
    }
    const variances = readCsv(report.tables['variances.csv']).slice(1);
    expect(variances.map((r) => Number(r[1]))).toEqual(input.analysis.pca.variances);
    const flatness = readCsv(report.tables['flatness.csv']);
    const F = flatness[0].indexOf('flatness');
    expect(flatness.slice(1).map((r) => (r[F] === '' ? null : Number(r[F])))).toEqual(
      input.analysis.flatness.directions.map((d) => d.flatness),
    );
    const claims = readCsv(report.tables['findings.csv']).slice(1);
    expect(claims.map((r) => r[1])).toEqual(input.findings.map((f) => f.claim));
    expect(readCsv(report.tables['fit-ranges.csv']).length).toBe(1 + 1 + 4 + 1 + 2);
  });
});

/** RFC 4180, written out. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let [row, field, quoted] = [[] as string[], '', false];
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') field += c;
      else if (text[i + 1] === '"') field += text[++i];
      else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ',' || c === '\n') {
      row.push(field.replace(/\r$/, ''));
      field = '';
      if (c === '\n') rows.push(row);
      if (c === '\n') row = [];
    } else field += c;
  }
  return rows;
}

describe('thin analyses do not break a report', () => {
  const base = syntheticAnalysis();
  const nan = {
    ...base.scaling.rankLaw,
    exponent: estimate(NaN, NaN, 0, 'too few points'),
    intercept: estimate(NaN, NaN, 0, ''),
    range: [NaN, NaN] as const,
    points: 0,
    scatter: NaN,
    r2: NaN,
  };
  const gone = (n: number) => new Array<number>(n).fill(NaN);
  const cases: [string, Analysis, string[]][] = [
    [
      'every valley open',
      {
        ...base,
        flatness: {
          ...base.flatness,
          directions: base.flatness.directions.map((d) => ({
            ...d,
            left: null,
            right: null,
            flatness: null,
            open: 'both' as const,
            asymmetry: NaN,
            quadraticRatio: NaN,
          })),
        },
        scaling: { ...base.scaling, varianceFlatness: nan, varianceFlatnessRanges: [] },
      },
      ['variance-flatness', 'exponent-by-range', 'curvature'],
    ],
    ['no test set', { ...base, curves: { ...base.curves, testLoss: gone(400), testAccuracy: gone(400) } }, []],
    [
      'nothing evaluated',
      { ...base, curves: { ...base.curves, testLoss: [], testAccuracy: [], trainLoss: [], trainErrors: [] } },
      [],
    ],
    [
      'one weight',
      syntheticAnalysis({ P: 1, directions: 1, epochs: 1 }),
      ['trajectory', 'loss-profiles', 'loss-plane', 'exponent-by-range', 'cumulated-variance'],
    ],
    ['one epoch', syntheticAnalysis({ epochs: 1 }), []],
    [
      'nothing at all',
      {
        ...base,
        curves: {
          ...base.curves,
          epoch: [],
          runningLoss: [],
          runningAccuracy: [],
          trainLoss: [],
          trainErrors: [],
          testLoss: [],
          testAccuracy: [],
          weightNorm: [],
        },
        pca: { ...base.pca, variances: [], totalVariance: 0 },
        dynamics: [],
        paths: [],
        flatness: { ...base.flatness, directions: [], profiles: [], centreLoss: 0 },
        scaling: {
          varianceFlatness: nan,
          varianceFlatnessRanges: [],
          rankLaw: nan,
          rankLawRanges: [],
          explained: { index: [], fraction: [], randomWalk: [] },
        },
      },
      [
        'variance-flatness',
        'training-loss',
        'training-errors',
        'variances',
        'msd',
        'trajectory',
        'loss-profiles',
        'flatness',
        'curvature',
        'correlation-time',
        'exponent-by-range',
        'cumulated-variance',
      ],
    ],
    [
      'equal numbers everywhere',
      {
        ...base,
        pca: { ...base.pca, variances: gone(30).fill(1e-6), totalVariance: 3e-5 },
        flatness: {
          ...base.flatness,
          directions: base.flatness.directions
            .slice(0, 3)
            .map((d) => ({ ...d, variance: 1e-6, flatness: 2, left: -1, right: 1, open: null, curvature: 1e-4 })),
        },
      },
      [],
    ],
  ];
  test.each(cases)('%s', (_, analysis, missing) => {
    const thin: ReportInput = { ...input, analysis };
    const r = renderReport(thin);
    const p = parse(r.html);
    const text = visible(p.body);
    expect(text.match(/.{0,40}(\bNaN\b|undefined|Infinity|\[object)/)).toBeNull();
    for (const name of missing) {
      expect(r.figures[name]).toBeUndefined();
      expect(text).toContain(`Figure ${name} is not drawn: `);
    }
    expect(p.querySelectorAll('p.missing').length).toBe(missing.length);
    for (const [name, svg] of Object.entries(r.figures)) {
      expect(svg.match(/.{0,40}(NaN|undefined|Infinity)/), name).toBeNull();
      expect(() => new Resvg(svg), name).not.toThrow();
    }
  });

  test('no findings and no facts', () => {
    const r = renderReport({ ...input, findings: [], run: {} });
    expect(r.html).toContain('No claim was tested.');
    expect(r.html).toContain('No facts were recorded with this run.');
  });
});
