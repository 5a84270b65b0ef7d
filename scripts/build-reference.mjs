/**
 * Writes what follows from the schemas of configs: schemas/KIND.json and docs/reference/config.md. Needs the build.
 *
 *   node scripts/build-reference.mjs
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { configPage } from './reference/config-page.mjs';

/**
 * The documents by their path in the package.
 * @param parts - modules of the program: config-schemas, the presets of run and forget, controlsConfig, MEASURES
 */
export function referenceDocuments({ schemas, PRESETS, FORGET_PRESETS, controlsConfig, MEASURES }) {
  const page = configPage({
    nodes: schemas.configNodes(),
    presets: { run: PRESETS, forget: FORGET_PRESETS },
    controls: { quick: controlsConfig('quick').base, standard: controlsConfig('standard').base },
    measures: MEASURES,
    optionsOf: ({ options }) => plain(z.toJSONSchema(options, { io: 'input' })),
  });
  const documents = { 'docs/reference/config.md': page };
  for (const [kind, schema] of Object.entries(schemas.configSchemas()))
    documents[`schemas/${kind}.json`] = `${JSON.stringify(schema, null, 2)}\n`;
  return documents;
}

/** Without the limits of whole numbers themselves. */
function plain(node) {
  if (Array.isArray(node)) return node.map(plain);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node)
      .filter(([, value]) => Math.abs(value) !== Number.MAX_SAFE_INTEGER)
      .map(([key, value]) => [key, plain(value)]),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const built = (path) => import(`../dist/${path}.js`);
  const documents = referenceDocuments({
    schemas: await built('experiments/config-schemas'),
    ...(await built('runs/presets')),
    ...(await built('experiments/forget/schema')),
    ...(await built('experiments/controls/config')),
    ...(await built('experiments/sweep/measures/registry')),
  });
  mkdirSync(new URL('../schemas/', import.meta.url), { recursive: true });
  for (const [path, text] of Object.entries(documents)) writeFileSync(new URL(`../${path}`, import.meta.url), text);
}
