/** A report put together from made-up parts, and written into a folder. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { factsOf, reportFiles, writeReport } from '../src/jobs/report-folder.js';
import { estimate } from '../src/numeric/estimate.js';
import { composeReport, type ReportParts } from '../src/report/compose.js';
import type { Finding } from '../src/report/finding.js';
import { html } from '../src/report/markup.js';

const folder = mkdtempSync(join(tmpdir(), 'thermograd-compose-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const finding: Finding = {
  id: 'made.claim',
  claim: 'Apples fall',
  source: 'valley2023; theory [V1]',
  measured: estimate(1, 0.1, 5, 'counted'),
  unit: '',
  stated: '1',
  verdict: 'reproduced',
  reason: 'They fell.',
};
const parts: ReportParts = {
  title: 'Apples',
  head: html`<p>About apples.</p>`,
  sections: [['first', 'The first', html`<p>text</p>`]],
  symbols: [['g', 'acceleration']],
  figures: [
    { name: 'drawn', title: 'Drawn', svg: '<svg/>', narrow: '<svg/>', data: 'x,y\r\n', onPage: '<svg/>', caption: '' },
    { name: 'absent', missing: 'no numbers' },
  ],
  tables: { 'apples.csv': 'x\r\n' },
  findings: [finding],
  format: 'made',
  version: 3,
  document: { apples: [1, Number.NaN] },
  run: { config: { data: 'mnist' } },
};

describe('a composed report', () => {
  const report = composeReport(parts);

  it('begins with the findings and ends with the run, the symbols and the references', () => {
    expect([...report.html.matchAll(/<section id="([^"]+)"/g)].map((m) => m[1])).toEqual([
      'findings',
      'first',
      'run',
      'symbols',
      'references',
    ]);
    expect(composeReport({ ...parts, symbols: undefined as never }).html).not.toContain('id="symbols"');
  });

  it('names the works that findings and the data set name', () => {
    const keys = (some: Partial<ReportParts>) =>
      JSON.parse(composeReport({ ...parts, ...some }).json).references.map((r: { key: string }) => r.key);
    expect(keys({})).toEqual(['ivf2021', 'valley2023', 'antognini2018', 'mnist']);
    expect(keys({ run: {}, findings: [] })).toEqual(['ivf2021', 'antognini2018']);
    expect(keys({ citations: [] })).toEqual([]);
  });

  it('has the drawn figures, the findings before the other tables, and a document with all of it', () => {
    expect(report.figures).toEqual({ drawn: '<svg/>' });
    expect(report.figureData).toEqual({ drawn: 'x,y\r\n' });
    expect(Object.keys(report.tables)).toEqual(['findings.csv', 'apples.csv']);
    const { findings: _, ...untested } = parts;
    expect(Object.keys(composeReport(untested).tables)).toEqual(['apples.csv']);
    const document = JSON.parse(report.json);
    expect(Object.keys(document)).toEqual(['format', 'version', 'title', 'apples', 'run', 'references', 'bibtex']);
    expect(document).toMatchObject({ format: 'made', version: 3, title: 'Apples', apples: [1, 'NaN'], run: parts.run });
    expect('references' in JSON.parse(composeReport({ ...parts, listed: false }).json)).toBe(false);
  });

  it('lies in a folder with the theory beside it, and the page is written last', () => {
    expect([...reportFiles(report).keys()].at(-1)).toBe('report.html');
    expect([...reportFiles(report, 'advice.json').keys()]).toContain('advice.json');
    writeReport(folder, { ...report, findings: [finding] });
    expect(readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()).toEqual([
      'figures',
      'figures/drawn.csv',
      'figures/drawn.svg',
      'findings.json',
      'report.html',
      'report.json',
      'tables',
      'tables/apples.csv',
      'tables/findings.csv',
      'theory.html',
    ]);
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toBe(report.html);
    expect(JSON.parse(readFileSync(join(folder, 'findings.json'), 'utf8'))).toEqual([finding]);
  });
});

it('facts of a run are plain data: what was asked, the program and the machine, then the rest', () => {
  const record = {
    versions: { thermograd: '1' },
    kernelBuild: 'fma',
    linearAlgebra: null,
    machine: { cpu: 'any' },
  } as unknown as Parameters<typeof factsOf>[0];
  const facts = factsOf(record, { config: { a: undefined, b: 1 }, seeds: [1] }, { data: { n: Number.NaN } });
  expect(facts).toEqual({
    config: { b: 1 },
    seeds: [1],
    versions: { thermograd: '1' },
    kernel: 'fma',
    machine: { cpu: 'any' },
    data: { n: Number.NaN },
  });
  expect(Object.keys(facts)).toEqual(['config', 'seeds', 'versions', 'kernel', 'machine', 'data']);
  expect(factsOf({ ...record, linearAlgebra: 'embedded' }, {}).linearAlgebra).toBe('embedded');
});
