/**
 * The page docs/reference/config.md, made from the schemas of configs: every key with its type, its default in each preset and its meaning.
 */

const escaped = (text) => text.replace(/\|/g, '\\|').replace(/\n/g, ' ').replace(/</g, '&lt;');
const code = (value) =>
  `\`${typeof value === 'string' ? value : JSON.stringify(value).replace(/,/g, ', ').replace(/":/g, '": ')}\``;

/** Mappings as YAML writes them in one line. */
const flow = (value) => {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null) return String(value);
  return `{ ${Object.entries(value)
    .map(([key, inner]) => `${key}: ${flow(inner)}`)
    .join(', ')} }`;
};
const shown = (value) => (value === '' ? "`''`" : `\`${flow(value)}\``);

const isObject = (node) => node.properties !== undefined;
const variantsOf = (node) => node.anyOf ?? node.oneOf;

/** Says in words what values a node takes. */
export function typeOf(node, refs) {
  if (node.$ref) return refs(node.$ref);
  if (node.const !== undefined) return code(node.const);
  if (node.enum) return node.enum.map(code).join(', ');
  const variants = variantsOf(node);
  if (variants) return [...new Set(variants.map((v) => (isObject(v) ? 'mapping' : typeOf(v, refs))))].join(' or ');
  const type = Array.isArray(node.type) ? node.type.find((t) => t !== 'null') : node.type;
  if (type === 'integer' || type === 'number') return numberWords(node, type === 'integer' ? 'whole number' : 'number');
  if (type === 'array') {
    if (node.prefixItems)
      return `list of ${node.prefixItems.length}: ${node.prefixItems.map((i) => typeOf(i, refs)).join('; ')}`;
    const few = [node.minItems > 1 && `at least ${node.minItems}`, node.maxItems && `at most ${node.maxItems}`].filter(
      Boolean,
    );
    const of = typeOf(node.items, refs).replace(/^(whole number|number|mapping|list)(?=s?\b)/, '$1s');
    return `list of ${of}${few.length > 0 ? `, ${few.join(', ')}` : ''}`;
  }
  if (type === 'string') return 'text';
  if (type === 'boolean') return '`true`, `false`';
  return 'mapping';
}

function numberWords({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }, word) {
  const limits = [
    minimum !== undefined && `≥ ${minimum}`,
    exclusiveMinimum !== undefined && `> ${exclusiveMinimum}`,
    maximum !== undefined && `≤ ${maximum}`,
    exclusiveMaximum !== undefined && `< ${exclusiveMaximum}`,
  ].filter(Boolean);
  return [word, limits.join(', ')].filter(Boolean).join(' ');
}

const at = (tree, path) => path.split('.').reduce((value, key) => value?.[key], tree);

/** The default of a key, of each preset where they differ. */
function defaultOf(node, key, presets, required) {
  const own = node.default;
  const names = Object.keys(presets ?? {});
  const values = names.map((name) => at(presets[name], key) ?? own);
  if (
    values.every((v) => JSON.stringify(v) === JSON.stringify(values[0])) &&
    (names.length === 0 || JSON.stringify(values[0]) === JSON.stringify(own))
  )
    return own === undefined ? (required ? 'required' : '–') : shown(own);
  const groups = new Map();
  names.forEach((name, k) => {
    const text = values[k] === undefined ? '–' : shown(values[k]);
    groups.set(text, [...(groups.get(text) ?? []), name]);
  });
  return groups.size === 1
    ? [...groups.keys()][0]
    : [...groups].map(([text, of]) => `${of.join(', ')}: ${text}`).join('<br>');
}

const meaning = ({ description = '', unit }) => escaped(`${description}${unit ? ` Unit: ${unit}.` : ''}`);

const HEAD = ['| key | values | default | meaning |', '|---|---|---|---|'];
const row = ({ key, id, type, fallback, text }) =>
  `| <a id="${id}"></a>\`${key}\` | ${escaped(type)} | ${fallback} | ${text} |`;

/** Every key below a node, depth first: rows of one table, and the tables of the variants of a key. */
function tables(node, { kind, refs, presets }, path = '') {
  const rows = [];
  const more = [];
  for (const [name, inner] of Object.entries(node.properties)) {
    const key = path ? `${path}.${name}` : name;
    const required = node.required?.includes(name) ?? false;
    const variants = variantsOf(inner)?.filter(isObject) ?? [];
    const mapping = isObject(inner);
    rows.push({
      key,
      id: `${kind}.${key}`,
      type: mapping ? 'mapping' : typeOf(inner, refs),
      fallback: mapping ? (required ? 'required' : '') : defaultOf(inner, key, presets, required),
      text: meaning(inner),
    });
    if (mapping) {
      const below = tables(inner, { kind, refs, presets }, key);
      rows.push(...below.rows);
      more.push(...below.more);
    }
    for (const variant of variants) {
      const below = tables(variant, { kind: `${kind}.${variantName(variant)}`, refs }, key);
      more.push({ key, name: variantName(variant), text: variant.description, rows: below.rows }, ...below.more);
    }
  }
  return { rows, more };
}

/** A variant is called by its constant, by the key that it must have, or by its first key. */
function variantName({ properties, required = [] }) {
  const [first] = Object.entries(properties);
  return first[1].const === undefined ? (required[0] ?? first[0]) : String(first[1].const);
}

/** One section of keys: the table of everything, then one for each form of a key that has several. */
function section(node, context) {
  const { rows, more } = tables(node, context);
  const groups = new Map();
  for (const r of rows) {
    const top = r.key.split('.')[0];
    groups.set(top, [...(groups.get(top) ?? []), r]);
  }
  const single = [...groups.values()].filter((g) => g.length === 1).flat();
  const out = ['', ...HEAD, ...single.map(row)];
  for (const [top, group] of groups) {
    if (group.length === 1) continue;
    out.push(
      '',
      `### ${context.kind}: ${top}`,
      '',
      meaning(node.properties[top]),
      '',
      ...HEAD,
      ...group.slice(1).map(row),
    );
  }
  for (const { key, name, text, rows: inner } of more)
    out.push(
      '',
      `### ${context.kind}: ${key} with ${name}`,
      '',
      ...(text ? [escaped(text), ''] : []),
      ...HEAD,
      ...inner.map(row),
    );
  return out;
}

/** A list of mappings that differ by their type. */
function kinds(node, context) {
  return variantsOf(node).flatMap((variant) => {
    const { type, ...properties } = variant.properties;
    return [
      '',
      `### ${context.kind}: ${type.const}`,
      '',
      meaning(type),
      '',
      ...HEAD,
      ...Object.entries(properties).map(([key, inner]) =>
        row({
          key,
          id: `${context.kind}.${type.const}.${key}`,
          type: key === 'schedule' ? 'one of the [schedules](#schedule)' : typeOf(inner, context.refs),
          fallback: defaultOf(inner, key, undefined, variant.required?.includes(key)),
          text: meaning(inner),
        }),
      ),
    ];
  });
}

function measureRows(measures, optionsOf) {
  return measures.flatMap((measure) => {
    const { properties = {} } = optionsOf(measure);
    const options = Object.entries(properties).map(
      ([key, inner]) =>
        `| \`${key}\` | ${escaped(typeOf(inner, () => 'mapping'))} | ${defaultOf(inner, key)} | ${meaning(inner)} |`,
    );
    return [
      '',
      `### sweep: measure ${measure.name}`,
      '',
      `${upper(escaped(measure.what)).replace(/\[([A-Z]\d+)\]/g, '\\[$1\\]')}.`,
      '',
      '| column | holds |',
      '|---|---|',
      ...Object.entries(measure.columns).map(([name, text]) => `| \`${name}\` | ${escaped(text)} |`),
      ...(options.length > 0 ? ['', '| option | values | default | meaning |', '|---|---|---|---|', ...options] : []),
    ];
  });
}
const upper = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/**
 * The page.
 * @param nodes - the schemas with units, `configNodes()` of src/experiments/config-schemas.ts
 * @param presets - the values of each preset of `run` and `forget`
 * @param controls - the base of each preset of `reproduce controls`
 * @param measures - the measures of a sweep, with a function that gives the schema of the options of one
 */
export function configPage({ nodes, presets, controls, measures, optionsOf }) {
  const REFS = {
    '#/$defs/layer': 'list of [layers](#layer)',
    '#/$defs/optimiser': 'one of the [optimisers](#optimiser)',
  };
  const refs = (ref) => (ref === '#/$defs/layer' ? '[layers](#layer)' : (REFS[ref] ?? 'mapping'));
  const { run, forget, simulate, sweep } = nodes;
  const own = ({ properties: { experiment: _, ...properties }, ...node }) => ({ ...node, properties });
  const schedule = variantsOf(run.$defs.optimiser)[0].properties.schedule;
  const lines = [
    '# Config files',
    '',
    '<!-- This page is written by scripts/build-reference.mjs from the schemas of configs. -->',
    '',
    'A config is a file in YAML or JSON. This page lists every key with the values that it takes, its default, and its meaning. Keys are',
    'joined by dots: `training.learningRate: 0.1` stands for',
    '',
    '```yaml',
    'training:',
    '  learningRate: 0.1',
    '```',
    '',
    'A dash in the column of defaults means that nothing is used where the key is not given. Where presets differ, each is named.',
    '',
    '| file | commands | example |',
    '|---|---|---|',
    '| [run](#run) | `train`, `reproduce ivf2021`, `reproduce ao2022`, `reproduce controls`, `advise`, `protect` with `--config` | [train.yaml](../../examples/config/train.yaml) |',
    '| [forget](#forget) | `forget --config` | [forget.yaml](../../examples/config/forget.yaml) |',
    '| [simulate](#simulate) | `simulate FILE` | [simulate.yaml](../../examples/config/simulate.yaml) |',
    '| [sweep](#sweep) | `sweep FILE` | [sweep.yaml](../../examples/config/sweep.yaml) |',
    '',
    'Values are taken from the preset, then from the file, then from flags; the last one counts. Mappings are merged, and lists,',
    '`training.stop`, `optimiser` and `data.teacher` are replaced whole. A key that does not exist is refused with the nearest one that does.',
    '`reproduce ceilings`, `reproduce generality` and `reproduce valley2023` take no file: their settings are flags and presets.',
    '',
    '## Completion and checks in an editor',
    '',
    'The package contains a JSON Schema (draft 2020-12) for each kind of file, in `schemas/`. In YAML, the language server of editors such',
    'as VS Code reads it from a comment in the first line:',
    '',
    '```yaml',
    '# yaml-language-server: $schema=./node_modules/thermograd/schemas/run.json',
    'training: { learningRate: 0.05 }',
    '```',
    '',
    'In JSON, and in YAML without a comment, a key `$schema` does the same. Commands accept and ignore it:',
    '',
    '```json',
    '{ "$schema": "./node_modules/thermograd/schemas/run.json", "training": { "learningRate": 0.05 } }',
    '```',
    '',
    'A schema accepts every file that a command accepts. What one key demands of another, such as a batch that is not larger than the data,',
    'is checked by the command alone, before it writes anything.',
    '',
    '## run',
    '',
    'The config of `train`, `reproduce`, `advise` and `protect`.',
    ...section(own(run), { kind: 'run', refs, presets: presets.run }),
    '',
    '### run: what `reproduce controls` changes',
    '',
    'The presets of `reproduce controls` begin with these values in place of the defaults; its seeds are chosen by `--seeds`.',
    '',
    '| key | quick | standard |',
    '|---|---|---|',
    ...differences(controls, run).map(([key, quick, standard]) => `| \`${key}\` | ${quick} | ${standard} |`),
    '',
    '## layer',
    '',
    'The entries of `network.layers`. Inputs of each layer follow from the layer before.',
    ...kinds(run.$defs.layer, { kind: 'layer', refs }),
    '',
    '## optimiser',
    '',
    'The key `optimiser` of a config. Defaults are those of PyTorch.',
    ...kinds(run.$defs.optimiser, { kind: 'optimiser', refs }),
    '',
    '## schedule',
    '',
    'The key `optimiser.schedule`: the learning rate as a function of the step.',
    ...kinds(schedule, { kind: 'schedule', refs }),
    '',
    '## forget',
    '',
    'The config of `forget`. Its keys `data` and `optimiser` are those of a [run](#run).',
    ...section(
      {
        ...own(forget),
        properties: Object.fromEntries(
          Object.entries(own(forget).properties).map(([key, node]) => [
            key,
            key === 'data' ? { description: node.description, type: 'object' } : node,
          ]),
        ),
      },
      { kind: 'forget', refs, presets: presets.forget },
    ),
    '',
    '## simulate',
    '',
    'The config of `simulate`. A formula is text with + − * / ^, exp, log, sqrt, sin, cos, tanh, abs, min, max, if(condition, a, b), pi, e, the',
    'coordinates and the names under `parameters`; see [how to simulate a landscape](../how-to/simulate-a-landscape.md). Times are counted in',
    'η·steps: a run of n steps lasts η·n.',
    ...section(simulate, { kind: 'simulate', refs }),
    '',
    '## sweep',
    '',
    'The file of `sweep`; see [how to sweep](../how-to/sweep.md).',
    ...section(sweep, { kind: 'sweep', refs }),
    '',
    '## Measures of a sweep',
    '',
    'The entries of `measure` for trainings: a name, or a mapping with `name` and options. Tags such as \\[P4\\] name statements of',
    '[the theory](../theory/README.md).',
    ...measureRows(measures, optionsOf),
    '',
  ];
  return lines.join('\n');
}

/** The keys whose values in one of the presets are not the defaults. */
function differences({ quick, standard }, run) {
  const leaves = (value, path = '') =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, path ? `${path}.${key}` : key))
      : [[path, value]];
  const base = (path) =>
    path
      .split('.')
      .reduce(
        (node, key) =>
          (node?.properties ?? variantsOf(node ?? {})?.find((v) => v.properties?.[key])?.properties)?.[key],
        run,
      )?.default;
  const all = new Map();
  for (const [k, tree] of [quick, standard].entries())
    for (const [path, value] of leaves(tree)) {
      if (['preset', 'seed', 'experiment'].includes(path)) continue;
      all.set(path, Object.assign(all.get(path) ?? [], { [k]: value }));
    }
  return [...all]
    .filter(([path, values]) =>
      [0, 1].some((k) => values[k] !== undefined && JSON.stringify(values[k]) !== JSON.stringify(base(path))),
    )
    .map(([path, values]) => [path, ...[0, 1].map((k) => (values[k] === undefined ? '–' : shown(values[k])))]);
}
