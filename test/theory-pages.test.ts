/** The pages of docs/theory against what cites them: every tag and chapter resolves, every anchor is unique, every link leads somewhere. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { theoryPage } from '../src/jobs/theory-page.js';
import { html, Markup, prose } from '../src/report/markup.js';
import { type Page, renderPage } from '../src/report/page.js';
import { findingsTable } from '../src/report/sections/findings.js';
import { linkTags, THEORY_FILE } from '../src/report/theory.js';
import { theoryIndex } from '../src/report/theory-index.js';
import { CHAPTERS, STATEMENTS } from '../src/report/theory-statements.js';
import { syntheticFindings } from './support/ivf2021-results.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const theory = join(root, 'docs/theory');
const read = (path: string): string => readFileSync(path, 'utf8');
const named = (path: string): string => relative(root, path);

/** Files below a folder, sorted, by the end of their names; generated ones are left out. */
const files = (folder: string, ends: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((f) => ends.test(f) && !/generated|node_modules/.test(f))
    .map((f) => join(root, folder, f))
    .filter((f) => statSync(f).isFile())
    .sort();

const pages = files('docs/theory', /\.md$/);
const citing = [
  ...['src', 'kernels', 'test', 'examples', 'bench', 'scripts'].flatMap((f) =>
    files(f, /\.(?:ts|mjs|py|yaml|json|md)$/),
  ),
  ...files('docs', /\.md$/),
  ...['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md'].map((f) => join(root, f)),
].filter((f) => f !== fileURLToPath(import.meta.url));

const ANCHOR = /<a id="([^"]*)"><\/a>/g;
const TAG = /\[([A-Z]\d{1,2})\](?!\d)/g;
const CHAPTER = /\btheory (§\d+b?(?:[–-]§?\d+b?)?)/g;

/** Where each anchor is defined. */
const anchors = new Map<string, string[]>();
for (const page of pages)
  for (const [, id] of read(page).matchAll(ANCHOR)) anchors.set(id, [...(anchors.get(id) ?? []), named(page)]);

/** Every match of a pattern's first group in a file, with the file's name. */
const matches = (path: string, pattern: RegExp): (readonly [string, string])[] =>
  [...read(path).matchAll(pattern)].map((m) => [m[1], named(path)] as const);

describe('anchors of docs/theory', () => {
  it('are there for all statements', () => {
    const count = (letter: string) => [...anchors.keys()].filter((a) => RegExp(`^${letter}\\d+$`).test(a)).length;
    expect([...'PFDSRVCANO'].map((l) => `${l}${count(l)}`).join(' ')).toBe('P5 F5 D9 S11 R6 V7 C3 A3 N7 O3');
    expect([...anchors.keys()].filter((a) => a.startsWith('section-'))).toHaveLength(11);
  });

  it('are defined once', () => {
    expect([...anchors].filter(([, where]) => where.length > 1)).toEqual([]);
  });

  it('stand in the heading of what they name, with a mark of provenance below', () => {
    let headings = 0;
    for (const page of pages)
      for (const heading of read(page).matchAll(/^## (.*)\n\n(.*)/gm)) {
        const tag = /^<a id="([A-Z]\d+)"><\/a>\[([A-Z]\d+)\] \S/.exec(heading[1]);
        if (!tag) continue;
        headings++;
        expect(tag[1], named(page)).toBe(tag[2]);
        expect(heading[2], `${named(page)} [${tag[1]}]`).toMatch(/^\*.*/);
        expect(heading[2], `${named(page)} [${tag[1]}]`).toMatch(
          /paper|derived|checked|secondary source|procedure|abstract|\(\d{4}\)/i,
        );
      }
    expect(headings).toBe([...anchors.keys()].filter((a) => /^[A-Z]\d+$/.test(a)).length);
  });
});

describe('what cites docs/theory', () => {
  it('is read', () => {
    const cited = citing.flatMap((f) => matches(f, TAG));
    expect(cited.length).toBeGreaterThan(400);
    expect(cited.filter(([, f]) => f.startsWith('kernels/')).length).toBeGreaterThan(0);
    expect(citing.flatMap((f) => matches(f, CHAPTER)).length).toBeGreaterThan(10);
  });

  it('cites tags that exist', () => {
    const missing = citing.flatMap((f) => matches(f, TAG)).filter(([tag]) => !anchors.has(tag));
    expect(missing).toEqual([]);
  });

  it('cites chapters that exist', () => {
    const missing = citing
      .flatMap((f) => matches(f, CHAPTER))
      .flatMap(([chapters, f]) => [...chapters.matchAll(/\d+b?/g)].map((n) => [`section-${n[0]}`, f] as const))
      .filter(([id]) => !anchors.has(id));
    expect(missing).toEqual([]);
  });

  it('never says from memory or second-hand, and never names a page outside the repository', () => {
    const said = [...citing, ...pages].flatMap((f) => matches(f, /(science\.md|second-hand|from memory\b)/gi));
    expect(said).toEqual([]);
  });
});

it('links of docs/theory, and links into it, lead somewhere', () => {
  const broken = [...pages, ...citing.filter((f) => f.endsWith('.md'))].flatMap((page) =>
    matches(page, /\]\(([^)\s]+)\)/g)
      .filter(([to]) => !/^https?:/.test(to))
      .filter(([to]) => {
        const [file, anchor] = to.split('#');
        const target = file ? resolve(dirname(page), file) : page;
        const inTheory = target.startsWith(theory) || page.startsWith(theory);
        if (!inTheory) return false;
        if (!existsSync(target)) return true;
        if (!anchor || !target.startsWith(theory)) return false;
        return !anchors.get(anchor)?.includes(named(target));
      })
      .map(([to]) => `${named(page)}: ${to}`),
  );
  expect(broken).toEqual([]);
});

const { theoryHtml } = (await import(new URL('../scripts/build-theory.mjs', import.meta.url).href)) as {
  theoryHtml(kit: { renderPage(page: Page): string; Markup: typeof Markup }): string;
};
const parse = (text: string): Document => (parseHTML(text) as unknown as { document: Document }).document;
const rendered = theoryHtml({ renderPage, Markup });
const page = parse(rendered);
/** Anchors that reports link to. */
const cited = [...Object.keys(STATEMENTS), ...Object.keys(CHAPTERS).map((n) => `section-${n}`)];

it('the titles that reports print are those of the pages', () => {
  const titles: Record<string, string> = {};
  const chapters: Record<string, string> = {};
  for (const text of pages.map(read)) {
    for (const [, tag, title] of text.matchAll(/^## <a id="([A-Z]\d+)"><\/a>\[[A-Z]\d+\] (.*)$/gm)) titles[tag] = title;
    for (const [, n, title] of text.matchAll(/^# <a id="section-(\w+)"><\/a>§\w+ (.*)$/gm)) chapters[n] = title;
  }
  expect(STATEMENTS).toEqual(titles);
  expect(CHAPTERS).toEqual(chapters);
  for (const title of Object.values({ ...titles, ...chapters })) expect(title).not.toMatch(/[<>&"]/);
});

describe('the rendered page', () => {
  it('has the anchor of every tag and chapter, each once', () => {
    const ids = [...page.querySelectorAll('[id]')].map((e) => e.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(cited.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('heads each statement with its tag and title, and keeps its formulas', () => {
    for (const [tag, title] of Object.entries(STATEMENTS))
      expect(page.getElementById(tag)?.textContent).toBe(`[${tag}] ${title}`);
    for (const [n, title] of Object.entries(CHAPTERS))
      expect(page.querySelector(`#section-${n} h2`)?.textContent).toBe(`§${n} ${title}`);
    const formulas = [...page.querySelectorAll('pre')].map((e) => e.textContent);
    expect(formulas.join('\n')).toContain('σ_i² = ε D_ii/F_ii');
    const blocks = pages
      .filter((f) => !f.endsWith('README.md'))
      .flatMap((f) => read(f).split(/\n\n/))
      .filter((block) => /^ {4}/.test(block));
    expect(formulas.length).toBe(blocks.length);
  });

  it('links into itself and to papers, and loads nothing', () => {
    expect(page.querySelectorAll('script, img, iframe, [src]').length).toBe(0);
    const hrefs = [...page.querySelectorAll('a')].map((a) => a.getAttribute('href') ?? '');
    expect(hrefs.filter((h) => h.startsWith('#')).length).toBeGreaterThan(40);
    const lost = hrefs.filter((h) =>
      h.startsWith('#') ? !page.getElementById(h.slice(1)) : !h.startsWith('https://'),
    );
    expect(lost).toEqual([]);
    expect(page.querySelectorAll('a a').length).toBe(0);
    expect(page.body.textContent).not.toMatch(/<a id|\]\(|\*\*/);
  });

  it('is what lies beside a report; without a build its titles do, and say so', () => {
    const index = parse(theoryIndex());
    expect(cited.filter((id) => !index.getElementById(id))).toEqual([]);
    expect(index.body.textContent).toContain('npm run build');
    const given = parse(theoryPage());
    expect(cited.filter((id) => !given.getElementById(id))).toEqual([]);
  });
});

describe('links of a report', () => {
  const text = (markup: string) => parse(`<p>${markup}</p>`).querySelector('p')?.textContent;
  const links = (markup: string) =>
    [...parse(`<p>${markup}</p>`).querySelectorAll('a')].map((a) => a.getAttribute('href'));

  it.each([
    ['ivf2021; theory [P4]', 'ivf2021 [P4]', ['P4']],
    ['theory [S2], [S3]', '[S2], [S3]', ['S2', 'S3']],
    ['derived: theory [V1]', 'derived: [V1]', ['V1']],
    ['linear theory [S6] says', 'linear theory [S6] says', ['S6']],
    ['theory §6, derived', '§6, derived', ['section-6']],
    ['valley2023; theory §8b.', 'valley2023 §8b.', ['section-8b']],
    ['as theory §6 has it', 'as theory §6 has it', ['section-6']],
    ['from [S2]–[S4]', 'from [S2]–[S4]', ['S2', 'S4']],
    ['Sokal, §3; theory §60; theory [Z9]; a[S1]', 'Sokal, §3; theory §60; theory [Z9]; a[S1]', ['S1']],
  ])('%s', (given, shown, anchors) => {
    expect(text(linkTags(given))).toBe(shown);
    expect(links(linkTags(given))).toEqual(anchors.map((a) => `${THEORY_FILE}#${a}`));
  });

  it('stand in prose and beside findings, and lead to anchors of the rendered page', () => {
    const report = parse(
      renderPage({
        title: 'made up',
        head: html`<p>${prose('sigma² = epsilon D/F [D5] & more')}</p>`,
        sections: [['findings', 'Findings', findingsTable(syntheticFindings())]],
      }),
    );
    const found = [...report.querySelectorAll(`a[href^="${THEORY_FILE}#"]`)];
    expect(found.map((a) => a.textContent)).toEqual(['[D5]', '[P4]', '[P5]', '[P4]', '[S5]', '[D9]', '[R4]']);
    for (const a of found) {
      const target = page.getElementById(a.getAttribute('href')!.split('#')[1]);
      expect(target?.textContent).toContain(a.getAttribute('title')!.replace('Theory: ', ''));
    }
    expect(report.body.textContent).toContain('ivf2021, Fig. 3 [P4]');
    expect(report.body.textContent).not.toContain('theory [');
  });
});
