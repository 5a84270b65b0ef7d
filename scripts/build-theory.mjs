/**
 * Renders docs/theory into one page that reports link to: dist/report/theory.html, with an anchor for each tag and each chapter.
 * Runs after the TypeScript build, whose page and style it uses.
 *
 *   node scripts/build-theory.mjs
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Marked } from 'marked';

const FOLDER = new URL('../docs/theory/', import.meta.url);
const CHAPTERS = [
  'protocol',
  'flatness',
  'decomposition',
  'sgd',
  'random-landscape',
  'valley',
  'forgetting',
  'advice',
  'nulls-and-optimisers',
  'slips-in-ao2022',
  'findings',
];
const TAG = /^\[([A-Z]\d{1,2})\](?![([])/;

const read = (name) => readFileSync(new URL(`${name}.md`, FOLDER), 'utf8');

/** `[D3]` in running text becomes a link, except inside one. */
const tags = (known) => ({
  name: 'tag',
  level: 'inline',
  start: (text) => text.match(/\[[A-Z]\d/)?.index,
  tokenizer(text) {
    const found = TAG.exec(text);
    if (!found || !known.has(found[1]) || this.lexer.state.inLink) return undefined;
    return { type: 'tag', raw: found[0], tag: found[1] };
  },
  renderer: ({ tag }) => `<a href="#${tag}">[${tag}]</a>`,
});

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text) => text.replace(/[&<>"']/g, (c) => ENTITIES[c]);
/** An index or a power after a letter, a bracket or a prime: `p_i`, `w_{k+1}`, `s_θ,i`, `L^μ`, `i^−γ`, `h^(−1/2)`. */
const RAISED_OR_LOWERED =
  /(?<=[\p{L}\d)'’])([_^])(?:\{([^}]*)\}|\(([^)]*)\)|([\u2212+]?[\p{Ll}\p{Lu}\d½]+(?:,[ij](?!\p{L}))?))/gu;

/** Text with its indices and powers set as such. */
const formula = (text) =>
  text
    .split(RAISED_OR_LOWERED)
    .map((part, k, all) => {
      if (k % 5 === 0) return escaped(part);
      if (k % 5 !== 1) return '';
      const name = part === '_' ? 'sub' : 'sup';
      return `<${name}>${escaped(all[k + 1] ?? all[k + 2] ?? all[k + 3])}</${name}>`;
    })
    .join('');

/** Markdown to markup: headings one level down with their anchor as id, links within docs/theory as links within the page. */
function renderer(known, sections) {
  return {
    heading({ tokens, depth }) {
      const inner = this.parser.parseInline(tokens.filter((t) => t.type !== 'html'));
      const anchor = /id="([^"]*)"/.exec(tokens.find((t) => t.type === 'html')?.raw ?? '')?.[1];
      return `<h${depth + 1}${anchor ? ` id="${anchor}"` : ''}>${inner.replace(/<\/?a\b[^>]*>/g, '')}</h${depth + 1}>\n`;
    },
    text(token) {
      return token.tokens ? this.parser.parseInline(token.tokens) : formula(token.text);
    },
    code({ text }) {
      return `<pre class="formula">${escaped(text)}</pre>\n`;
    },
    link({ href, tokens }) {
      const inner = this.parser.parseInline(tokens);
      if (/^https:/.test(href)) return `<a href="${href}">${inner}</a>`;
      const [file, anchor] = href.split('#');
      const target = anchor ?? sections.get(file);
      if (target === undefined || file.startsWith('../')) return inner; // a page of the repository, which does not lie beside a report
      if (anchor && !known.has(anchor) && ![...sections.values()].includes(anchor))
        throw new Error(`docs/theory links to ${href}, which is not there`);
      return `<a href="#${target}">${inner}</a>`;
    },
    table(token) {
      const cells = (row, tag) =>
        `<tr>${row.map((c) => `<${tag}>${this.parser.parseInline(c.tokens)}</${tag}>`).join('')}</tr>`;
      const body = token.rows.map((row) => cells(row, 'td')).join('\n');
      return `<div class="scroll" tabindex="0"><table><thead>${cells(token.header, 'th')}</thead>\n<tbody>${body}</tbody></table></div>\n`;
    },
  };
}

/** @returns the page as renderPage of src/report/page.ts takes it, with markup as text: {title, head, sections: [id, name, body]} */
export function theorySections() {
  const texts = CHAPTERS.map(read);
  const known = new Set(texts.flatMap((t) => [...t.matchAll(/<a id="([A-Z]\d+)"><\/a>/g)].map((m) => m[1])));
  const named = texts.map((text, k) => {
    const [, id, name] = /^# <a id="(section-\w+)"><\/a>(.*)\n/.exec(text) ?? [];
    if (!id) throw new Error(`docs/theory/${CHAPTERS[k]}.md does not begin with "# <a id=…></a>§… title"`);
    return { id, name, text: text.slice(text.indexOf('\n')) };
  });
  const sections = new Map(named.map(({ id }, k) => [`${CHAPTERS[k]}.md`, id]));
  const marked = new Marked({ renderer: renderer(known, sections), extensions: [] });
  marked.use({ extensions: [tags(known)] });
  const markup = (text) => marked.parse(text);

  const [first, ...rest] = read('README').split(/^## /m);
  const parts = rest.map((part) => {
    const name = part.slice(0, part.indexOf('\n'));
    return [name.toLowerCase(), name, markup(part.slice(name.length))];
  });
  return {
    title: 'Theory',
    head: markup(first.replace(/^# .*\n/, '')),
    sections: [
      ...parts.filter(([id]) => id === 'marks' || id === 'symbols'),
      ...named.map(({ id, name, text }) => [id, name, markup(text)]),
      ...parts.filter(([id]) => id === 'sources'),
    ],
  };
}

/** The whole page, by the kit of src/report: {renderPage, Markup}. */
export function theoryHtml({ renderPage, Markup }) {
  const { title, head, sections } = theorySections();
  return renderPage({
    title,
    head: new Markup(head),
    sections: sections.map(([id, name, body]) => [id, name, new Markup(body)]),
    footer: 'Made from docs/theory of thermograd.',
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { renderPage } = await import('../dist/report/page.js');
  const { Markup } = await import('../dist/report/markup.js');
  writeFileSync(new URL('../dist/report/theory.html', import.meta.url), theoryHtml({ renderPage, Markup }));
}
