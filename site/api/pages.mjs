/** The pages of the API reference, made from the declarations and docstrings of the package. */
import ts from 'typescript';
import { DOORS, fileOf, missingAt, openDoors, referencesOf } from './doors.mjs';

/** The pages: title, the files of door/ whose names they list, and what they say first. */
const PAGES = {
  nouns: [
    'Nouns',
    ['nouns', 'nouns-node'],
    'What a user measures with: `network(…).at(weights, samples)`, `pca`, `decompose`, `fit`, `train`, `plot`.',
  ],
  library: [
    'Beside the nouns',
    ['main'],
    'Data, models, files and errors that stand beside the nouns in `thermograd` and `thermograd/core`.',
  ],
  experiments: ['Experiments and runs', ['main-node'], 'Whole experiments, runs, data sets and files. They need Node.'],
};
const ROOMS = {
  analyse: 'Measurements',
  apply: 'Constraints and advice',
  data: 'Data',
  experiments: 'Results of experiments',
  kernels: 'Kernels',
  model: 'Models',
  node: 'With Node',
  numeric: 'Numbers',
  record: 'Files',
  report: 'Reports',
  runs: 'Parts of runs',
  surface: 'Surfaces',
  theory: 'Theory',
  train: 'Training',
};

const KINDS = [
  ['Functions', ({ flags }) => flags & ts.SymbolFlags.Function],
  ['Classes', ({ flags }) => flags & ts.SymbolFlags.Class],
  ['Constants', ({ flags }) => flags & ts.SymbolFlags.Variable],
  ['Types', () => true],
];

/** Plain text as Markdown: what looks like markup is none, `code` stays, and indented formulas are blocks. */
function prose(text, links) {
  return text
    .split('\n')
    .map((line) =>
      /^ {4}/.test(line)
        ? line
        : line
            .split(/(`[^`]*`)/)
            .map((part, k) =>
              k % 2
                ? part
                : part.replace(/[<*_|~]/g, '\\$&').replace(/\[([A-Z]\d{1,2})\]/g, (tag, id) => links.tag(id) ?? tag),
            )
            .join(''),
    )
    .join('\n');
}

const linked = (text) => text.replace(/\{@link\s+([^}\s|]+)[^}]*\}/g, '`$1`');

/** The text of a declaration without its own docstring, and without what is private. */
function declared(declaration) {
  const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  return node
    .getText()
    .replace(/^export /, '')
    .replace(/^(\s*)declare /, '$1')
    .split('\n')
    .filter((line) => !/^\s*(?:private\b|#private)/.test(line))
    .map((line) => line.replace(/^( +)/, (spaces) => ' '.repeat(spaces.length / 2)))
    .join('\n');
}

/** Longest declaration that is shown; longer ones are types of schemas, which the reference of configs describes. */
const LONGEST = 8000;

function entry({ name, symbol, door }, { checker, links }) {
  const out = [`### ${name}`, ''];
  const text = linked(ts.displayPartsToString(symbol.getDocumentationComment(checker))).trim();
  if (text) out.push(prose(text, links), '');
  const codes = (symbol.declarations ?? []).filter((d) => fileOf({ declarations: [d] }) !== undefined).map(declared);
  const code = codes.join('\n');
  if (code.length <= LONGEST) out.push('```ts', code, '```', '');
  else out.push(`The keys are those of the [reference of configs](${links.base}reference/config/).`, '');
  const tags = symbol.getJsDocTags(checker);
  const said = (tag) =>
    prose(
      linked(ts.displayPartsToString(tag.text)).replace(/^(\w+)\s+-?\s*/, tag.name === 'param' ? '`$1`: ' : '$&'),
      links,
    );
  for (const tag of tags.filter((t) => t.name === 'param')) out.push(`- ${said(tag)}`);
  for (const tag of tags.filter((t) => t.name === 'returns'))
    out.push('', `Returns ${said(tag)}.`.replace(/\.\.$/, '.'));
  for (const tag of tags.filter((t) => t.name === 'throws')) out.push('', `Throws ${said(tag)}.`.replace(/\.\.$/, '.'));
  const refers = [...referencesOf(checker, symbol)]
    .filter((s) => s !== symbol)
    .map((s) => links.name(s, door))
    .filter(Boolean);
  if (refers.length > 0) out.push('', `See ${[...new Set(refers)].sort().join(', ')}.`);
  return [...out, ''];
}

/**
 * The pages by their path below the folder of the API, and what is wrong: types that a door refers to without exporting them, and names
 * without a docstring.
 * @param tag - gives the link of a tag such as P4, or undefined
 * @param base - folder of the site on its host
 */
export function apiPages(tag, base) {
  const doors = openDoors();
  const faults = Object.entries(DOORS).flatMap(([door, file]) =>
    missingAt(doors, file).map(
      ({ name, file: from, by }) =>
        `${door} exports ${by}, which refers to ${name} of ${from}; export it at this door.`,
    ),
  );
  const front = doors.exportsOf('index');
  const parts = doors.exportsOf('parts');
  const pages = [
    ...Object.entries(PAGES).map(([path, [title, lists, text]]) => ({
      path: `thermograd/${path}`,
      title,
      text,
      door: 'thermograd',
      lists,
      names: front,
    })),
    ...Object.entries(ROOMS).map(([room, title]) => ({
      path: `parts/${room}`,
      title,
      text: room === 'node' ? 'Parts that need Node.' : `Parts of the room \`${room}\`, which need no module of Node.`,
      door: 'thermograd/parts',
      lists: [room],
      names: parts,
    })),
  ].map((page) => ({
    ...page,
    names: page.names.filter(({ list }) => page.lists.includes(list.replace('door/', ''))),
  }));
  const where = { thermograd: new Map(), 'thermograd/parts': new Map() };
  for (const { path, door, names } of pages)
    for (const { name, symbol } of names) where[door].set(symbol, { name, path });
  const links = {
    tag,
    base,
    name(symbol, door) {
      const found = where[door].get(symbol) ?? where['thermograd/parts'].get(symbol) ?? where.thermograd.get(symbol);
      return found && `[${found.name}](${links.base}api/${found.path}/#${found.name.toLowerCase()})`;
    },
  };
  for (const { door, names } of pages)
    for (const { name, symbol } of names)
      if (symbol.getDocumentationComment(doors.checker).length === 0)
        faults.push(`${name} of ${door} has no docstring.`);
  const files = pages.map(({ path, title, text, door, names }) => {
    const core = new Set(doors.exportsOf(door === 'thermograd' ? 'core' : 'parts-core').map(({ name }) => name));
    const inCore = names.length > 0 && names.every(({ name }) => core.has(name));
    const body = [];
    const rest = new Set(names);
    for (const [kind, has] of KINDS) {
      const own = [...rest].filter(({ symbol }) => has(symbol)).sort((a, b) => (a.name < b.name ? -1 : 1));
      for (const one of own) rest.delete(one);
      if (own.length === 0) continue;
      body.push(
        `## ${kind}`,
        '',
        ...own.flatMap(({ name, symbol }) => entry({ name, symbol, door }, { checker: doors.checker, links })),
      );
    }
    return {
      path,
      title,
      text: [
        `Import from \`${door}\`${inCore ? `, or in a browser from \`${door}/core\`` : ''}. ${text}`,
        '',
        ...body,
      ].join('\n'),
    };
  });
  return { files, faults, counts: { front: front.length, parts: parts.length } };
}
