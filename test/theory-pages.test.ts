/** The pages of docs/theory against what cites them: every tag and chapter resolves, every anchor is unique, every link leads somewhere. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = new URL('..', import.meta.url).pathname;
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
].filter((f) => f !== new URL(import.meta.url).pathname);

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
    expect([...'PFDSRVCANO'].map((l) => `${l}${count(l)}`).join(' ')).toBe('P5 F5 D9 S11 R6 V7 C3 A3 N6 O3');
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
