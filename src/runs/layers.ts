/**
 * The recorded layers of a run. The files of the first one lie in the run folder, where every command looks for them; those of each
 * further one under the same names in `layers/<name>`.
 */
import { join } from 'node:path';
import { isTree, type Tree } from '../jobs/config-keys.js';
import { check } from '../numeric/errors.js';
import type { AnyConfig } from './schema.js';

/** Folder of the files of all recorded layers but the first. */
export const LAYERS = 'layers';

type Recorded = Pick<AnyConfig, 'record'>;

/** Lists the recorded layers of a config in their order. */
export const layersIn = ({ record }: Recorded): readonly string[] => record.layers ?? [record.layer];

/** Says whether several layers are recorded. */
export const hasSeveral = (config: Recorded): boolean => layersIn(config).length > 1;

/** Returns the folder of the files of the layer that a config names, within a folder of results. */
export const placeOf = (config: Recorded, out: string): string =>
  config.record.layer === layersIn(config)[0] ? out : join(out, LAYERS, config.record.layer);

/** Returns the config with each recorded layer in turn as the one that is measured. */
export const eachLayer = <T extends Recorded>(config: T): T[] =>
  layersIn(config).map((layer) => ({ ...config, record: { ...config.record, layer } }));

/** Returns the context of each recorded layer. */
export const contextsOf = <T extends { readonly config: Recorded }>(context: T): T[] =>
  eachLayer(context.config).map((config) => ({ ...context, config }));

/** Returns the path of a file of the layer that the context measures. */
export const windowFile = (
  { folder, config }: { readonly folder: { readonly path: string }; readonly config: Recorded },
  name: string,
): string => join(placeOf(config, folder.path), name);

/** Leaves out of a lower layer of a config what a higher one states in the other way: one layer, or several. */
export function oneStatement(under: Tree, { record: over }: Tree): Tree {
  const { record } = under;
  if (!isTree(record) || !isTree(over)) return under;
  const { layer, layers, ...rest } = record;
  const [one, several] = [over.layer !== undefined, over.layers !== undefined];
  if (one === several) return under;
  return {
    ...under,
    record: { ...rest, ...(one ? layer !== undefined && { layer } : layers !== undefined && { layers }) },
  };
}

/**
 * Makes the first of several layers the one that `record.layer` names.
 * @throws InputError for a layer that is named twice, and where `record.layer` names another one
 */
export function withFirst({ record }: Tree): void {
  if (!isTree(record) || !Array.isArray(record.layers) || record.layers.length === 0) return;
  const { layers, layer = layers[0] } = record as { readonly layers: readonly unknown[]; readonly layer?: unknown };
  const twice = layers.find((name, k) => layers.indexOf(name) !== k);
  check(
    twice === undefined,
    'bad-config',
    () => `record.layers names '${twice}' twice; every layer is recorded once: name each of them once.`,
  );
  check(
    layer === layers[0],
    'bad-config',
    () =>
      `the config states record.layer '${layer}' and record.layers ${JSON.stringify(layers)}; leave record.layer out, which is the first of them.`,
  );
  record.layer = layer;
}
