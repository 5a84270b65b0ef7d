/** Writes the pages of the site from docs/, and those of the command line and of the API: src/content/docs/, which is not committed. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { apiPages } from './api/pages.mjs';
import { commandPages } from './commands.mjs';
import { base, root, source } from './place.mjs';

const content = join(root, 'site/src/content/docs');
const assets = join(root, 'site/public');

/** Pages of the project that lie outside docs/. */
const OTHERS = {
  'README.md': 'index',
  'CONTRIBUTING.md': 'project/contributing',
  'ARCHITECTURE.md': 'project/architecture',
  'CHANGELOG.md': 'project/changelog',
};

/** The place of a page on the site, from its path in the repository; undefined where the site has none. */
function slugOf(path) {
  if (OTHERS[path]) return OTHERS[path] === 'index' ? '' : `${OTHERS[path]}/`;
  if (!path.startsWith('docs/') || !path.endsWith('.md')) return undefined;
  const page = path.slice('docs/'.length, -'.md'.length).replace(/(^|\/)README$/, '$1');
  return page.endsWith('/') || page === '' ? page : `${page}/`.toLowerCase();
}

/** Rewrites a link of a page of the repository to one of the site. */
function target(href, from) {
  if (/^(?:[a-z]+:|#)/.test(href)) return href;
  const [file, anchor] = href.split('#');
  const path = posix.normalize(posix.join(posix.dirname(from), file)).replace(/\/$/, '');
  const hash = anchor ? `#${anchor}` : '';
  const folder = existsSync(join(root, path, 'README.md')) ? `${path}/README.md` : path;
  const slug = slugOf(folder);
  if (slug !== undefined && existsSync(join(root, folder))) return `${base}${slug}${hash}`;
  if (/^docs\/.*\.(?:svg|png|csv)$/.test(path)) return `${base}${path.slice('docs/'.length)}`;
  // a folder of pages without one of its own
  if (/^docs\/[\w-]+$/.test(path)) return `${base}${path.slice('docs/'.length)}/`;
  if (/^schemas\/\w+\.json$/.test(path)) return `${base}${path}`;
  return source(path) + hash;
}

/** A page with its links rewritten; code is left as it is. */
function rewritten(text, from) {
  return text
    .split(/(^```[\s\S]*?^```$|`[^`\n]*`)/m)
    .map((part, k) =>
      k % 2
        ? part
        : part
            .replace(
              /(\]\()([^)\s]+)((?:\s+"[^"]*")?\))/g,
              (_, open, href, close) => `${open}${target(href, from)}${close}`,
            )
            .replace(/^(\[[^\]\n]+\]: )(\S+)$/gm, (_, name, href) => name + target(href, from))
            .replace(/((?:href|src)=")([^"]+)"/g, (_, open, href) => `${open}${target(href, from)}"`),
    )
    .join('');
}

/** Writes a page with its front matter. */
function write(path, { title, text, label, order, description, edit }) {
  const file = join(content, `${path}.md`);
  mkdirSync(dirname(file), { recursive: true });
  const head = [
    `title: ${JSON.stringify(title)}`,
    ...(description ? [`description: ${JSON.stringify(description)}`] : []),
    ...(edit ? [`editUrl: ${JSON.stringify(edit)}`] : ['editUrl: false']),
    ...(label || order !== undefined
      ? [
          'sidebar:',
          ...(label ? [`  label: ${JSON.stringify(label)}`] : []),
          ...(order !== undefined ? [`  order: ${order}`] : []),
        ]
      : []),
  ];
  writeFileSync(file, `---\n${head.join('\n')}\n---\n\n${text.trim()}\n`);
}

const plain = (markup) =>
  markup
    .replace(/<[^>]*>/g, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[`*]/g, '')
    .trim();

/** Splits the first heading from the rest of a page. */
function page(path) {
  const text = readFileSync(join(root, path), 'utf8');
  const [line, heading] = /^# (.*)\n/m.exec(text) ?? [];
  if (!line) throw new Error(`${path} has no heading`);
  const anchor = /<a id="[^"]*"><\/a>/.exec(heading)?.[0] ?? '';
  return { title: plain(heading), text: anchor + text.replace(line, '') };
}

/** Pages of docs/, with what belongs to them. */
function docs() {
  const theory = [...readFileSync(join(root, 'docs/theory/README.md'), 'utf8').matchAll(/\]\((\w[\w-]*)\.md\)/g)].map(
    ([, name]) => name,
  );
  const files = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map(
    (f) => `docs/${f.replaceAll('\\', '/')}`,
  );
  for (const path of [...files.filter((f) => f.endsWith('.md')), ...Object.keys(OTHERS)]) {
    const { title, text } = page(path);
    const name = posix.basename(path, '.md');
    const order =
      name === 'README' ? 0 : path.startsWith('docs/theory/') ? 1 + [...new Set(theory)].indexOf(name) : undefined;
    const slug = slugOf(path);
    const place = slug === '' ? 'index' : slug.endsWith('/') && name === 'README' ? `${slug}index` : slug.slice(0, -1);
    write(place, {
      title,
      text: rewritten(text, path),
      edit: source(path),
      ...(name === 'README' && path.startsWith('docs/') ? { label: 'Overview' } : {}),
      ...(order !== undefined && order >= 0 ? { order } : {}),
    });
  }
  for (const path of files.filter((f) => /\.(?:svg|png|csv)$/.test(f)))
    cpSync(join(root, path), join(assets, path.slice('docs/'.length)));
}

/** What the pages of a folder without an overview of its own are for. */
const OVERVIEWS = {
  tutorials: ['Tutorials', 'Lessons that are followed from beginning to end.'],
  'how-to': ['How to', 'Each page shows how one thing is done, with commands and programs that run as they stand.'],
  concepts: ['Concepts', 'Each page explains one idea at leisure; the [theory](../theory/README.md) states it.'],
};

/** An overview of each folder that has none: its pages in the order of their titles. */
function overviews() {
  for (const [folder, [title, text]] of Object.entries(OVERVIEWS)) {
    const pages = readdirSync(join(root, 'docs', folder))
      .filter((f) => f.endsWith('.md'))
      .map((f) => ({ file: f, title: page(`docs/${folder}/${f}`).title }))
      .sort((a, b) => (a.title < b.title ? -1 : 1));
    const list = pages.map((one) => `- [${one.title}](${one.file})`).join('\n');
    write(`${folder}/index`, {
      title,
      text: rewritten(`${text}\n\n${list}`, `docs/${folder}/x.md`),
      label: 'Overview',
      order: 0,
    });
  }
}

/** Where each tag of the theory stands. */
function tags() {
  const found = new Map();
  for (const name of readdirSync(join(root, 'docs/theory')))
    for (const [, id] of readFileSync(join(root, 'docs/theory', name), 'utf8').matchAll(/<a id="([A-Z]\d+)"><\/a>/g))
      found.set(id, `${base}theory/${name.replace('.md', '')}/#${id}`);
  return (id) => (found.has(id) ? `[\\[${id}\\]](${found.get(id)})` : undefined);
}

/** Writes everything; returns what is wrong with the API. */
export async function writePages(reports) {
  rmSync(content, { recursive: true, force: true });
  docs();
  overviews();
  for (const one of await commandPages()) write(`cli/${one.path}`, one);
  const { files, faults, counts } = apiPages(tags(), base);
  for (const [order, { path, title, text }] of files.entries()) write(`api/${path}`, { title, text, order });
  cpSync(join(root, 'schemas'), join(assets, 'schemas'), { recursive: true });
  write('reports', {
    title: 'Reports',
    text: [
      'Each of these pages is the `report.html` of a short run that was made when this site was built. They show what a report looks like; numbers from full runs',
      `are in the [results](${base}results/), and [how to read a report](${base}how-to/read-a-report/) explains every part.`,
      '',
      '| report | made by |',
      '|---|---|',
      ...reports.map(
        ({ name, title, command }) => `| [${title}](${base}reports/${name}/report.html) | \`${command}\` |`,
      ),
    ].join('\n'),
  });
  return { faults, counts };
}
