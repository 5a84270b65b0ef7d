/** A page as its reader sees it: text line by line, tables, lists of facts. Figures stand as their names. */
import { parseHTML } from 'linkedom';
import { readFigure } from './figure.js';

export interface PageTable {
  readonly caption: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Cells under a head. @throws Error where there is no such head */
  column(head: string): string[];
}

const document = (html: string): Document => (parseHTML(html) as unknown as { document: Document }).document;
const BLOCKS = new Set(
  'address article aside blockquote body caption dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol p pre section summary table tbody td tfoot th thead tr ul'.split(
    ' ',
  ),
);
const DROPPED = new Set(['style', 'script', 'template', 'head', 'title', 'link', 'meta']);
/** The end of a sentence: not behind a shortened word or an initial. */
const SENTENCE = /(?<=[^\s.]{2}[.!?])(?<!\b(?:Eq|eq|Fig|vol|no|al|vs|cf|resp))\s+(?=[\p{Lu}|σψγτθηλκε(])/u;
const CELLS: Record<string, string> = { td: '| ', th: '! ', dt: '- ', dd: '  = ', li: '- ' };

/** Text of an element, `<sup>` as `^…`, `<sub>` as `_…`, white space normalised (thin and hard spaces stay what they are). */
export function words(e: Element | null): string {
  if (!e) return '';
  const inner = (n: Node): string => {
    if (n.nodeType === 3) return n.textContent ?? '';
    const name = (n as Element).localName;
    if (n.nodeType !== 1 || DROPPED.has(name) || name === 'svg') return '';
    const text = [...n.childNodes].map(inner).join('');
    return name === 'sup' ? `^${text}` : name === 'sub' ? `_${text}` : name === 'br' ? ' ' : text;
  };
  return inner(e)
    .replace(/[ \t\r\n]+/g, ' ')
    .trim();
}

/** The page's text for people and diffs: one sentence, or one cell, a line. */
export function pageText(html: string): string {
  const page = document(html);
  const lines: string[] = [`title: ${words(page.querySelector('h1'))}`];
  let [run, head] = ['', ''];
  const flush = () => {
    const text = run.replace(/[ \t\r\n]+/g, ' ').trim();
    for (const [k, s] of text.split(SENTENCE).entries()) if (s) lines.push((k === 0 ? head : '  ') + s);
    run = '';
    head = '';
  };
  const walk = (n: Node): void => {
    if (n.nodeType === 3) run += n.textContent ?? '';
    if (n.nodeType !== 1) return;
    const e = n as Element;
    const name = e.localName;
    if (DROPPED.has(name)) return;
    if (name === 'svg') {
      flush();
      lines.push(`[figure: ${e.getAttribute('aria-label') ?? ''}]`);
    } else if (BLOCKS.has(name)) {
      flush();
      if (/^h[1-6]$/.test(name)) lines.push('');
      head = /^h[1-6]$/.test(name) ? `${'#'.repeat(Number(name[1]))} ` : (CELLS[name] ?? '');
      if (name === 'tr') lines.push('');
      for (const c of e.childNodes) walk(c);
      flush();
    } else if (name === 'br') run += ' ';
    else if (name === 'sup' || name === 'sub' || name === 'span' || name === 'b' || name === 'code' || name === 'a') {
      run += name === 'sup' ? '^' : name === 'sub' ? '_' : '';
      for (const c of e.childNodes) walk(c);
    } else for (const c of e.childNodes) walk(c);
  };
  walk(page.body);
  flush();
  return `${lines.join('\n').replace(/\n{3,}/g, '\n\n')}\n`;
}

/** All tables inside the elements a CSS selector names, in order; every body of a table gives its rows, but for the heads of groups. */
export function pageTables(html: string, within = 'body'): PageTable[] {
  return [...document(html).querySelectorAll(`${within} table`)].map((t) => {
    const heads = [...t.querySelectorAll('thead th, thead td')].map(words);
    const rows = [...t.querySelectorAll('tbody:not(.verdict) tr')].map((r) => [...r.children].map(words));
    return {
      caption: words(t.querySelector('caption')),
      heads,
      rows,
      column(head) {
        const k = heads.indexOf(head);
        if (k < 0) throw new Error(`no column ${head} among ${heads.join(', ')}`);
        return rows.map((r) => r[k]);
      },
    };
  });
}

/** Names and values of the lists of facts (`<dl>`) among and inside the elements a CSS selector names. */
export function pageFacts(html: string, within = 'body'): Map<string, string> {
  const facts = new Map<string, string>();
  for (const e of document(html).querySelectorAll(within))
    for (const dt of e.querySelectorAll('dt')) facts.set(words(dt), words(dt.nextElementSibling));
  return facts;
}

/** Text of the elements that a CSS selector names. */
export const pageWords = (html: string, selector: string): string[] =>
  [...document(html).querySelectorAll(selector)].map(words);

/** The figures of a page by name, read from where they stand in it. */
export function pageFigures(html: string): Map<string, { readonly caption: string; readonly svg: string }> {
  return new Map(
    [...document(html).querySelectorAll('figure')].map((f) => [
      f.id.replace(/^figure-/, ''),
      { caption: words(f.querySelector('figcaption')), svg: f.querySelector('svg')?.outerHTML ?? '' },
    ]),
  );
}

/** One figure of a page, read. */
export const readPageFigure = (html: string, name: string, axes: Parameters<typeof readFigure>[1] = {}) =>
  readFigure(pageFigures(html).get(name)?.svg ?? '', axes);
