/** The part of a run's config that describes a network of layers and its optimiser. */
import { z } from 'zod';
import { NETWORK_NAMES } from '../model/layered/named.js';
import { LAYER_SPEC_WANTS, type LayerSpec } from '../model/layered/spec.js';

const count = z.int().min(1);

const LOSS = z
  .enum(['cross-entropy', 'squared-error'])
  .default('cross-entropy')
  .describe(
    'The loss of one sample. squared-error is ½ Σ_outputs (z − y)², a mean over samples; labels become targets 0 and 1.',
  );

/** A layer; its keys are checked by `LAYER_KEYS`, its values by `resolveLayers`. */
const layer = z.unknown().superRefine((value, context) => {
  const fault = LAYER_SPEC_WANTS(value, 'a layer') ?? strangeKey(value as LayerSpec);
  if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
}) as unknown as z.ZodType<LayerSpec, LayerSpec>;

/** Keys that each kind of layer takes beside `type` and `name`. */
export const LAYER_KEYS: Readonly<Record<LayerSpec['type'], readonly string[]>> = {
  dense: ['outputs', 'bias'],
  conv: ['channels', 'kernel', 'stride', 'padding', 'bias'],
  'max-pool': ['kernel', 'stride'],
  'average-pool': ['kernel', 'stride'],
  'global-average-pool': [],
  relu: [],
  tanh: [],
  gelu: [],
  identity: [],
  'layer-norm': ['epsilon'],
  'batch-norm': ['mean', 'variance', 'epsilon'],
  dropout: ['rate'],
  residual: ['layers', 'shortcut'],
};

/** Says which key of a layer is none that its kind has, also in the layers of a residual. */
function strangeKey(layer: LayerSpec): string | undefined {
  const known = ['type', 'name', ...LAYER_KEYS[layer.type]];
  const other = Object.keys(layer).find((key) => !known.includes(key));
  if (other !== undefined)
    return `a layer of the kind '${layer.type}' has no key '${other}'; it takes ${known.slice(1).join(', ')}`;
  if (layer.type !== 'residual') return undefined;
  return [...layer.layers, ...(layer.shortcut ?? [])].map(strangeKey).find((fault) => fault !== undefined);
}

/** A network of layers in a config: its input follows from the data where it is not given. */
export const layeredNetwork = z
  .strictObject({
    input: z
      .union([count, z.tuple([count, count, count])])
      .optional()
      .describe('The number of inputs, or [channels, height, width]; it follows from the data where it is not given.'),
    layers: z.array(layer).min(1).describe('The layers from the inputs to the outputs.'),
    loss: LOSS,
  })
  .describe('A network of layers.');

/** A network by name: its input and outputs follow from the data. */
export const namedNetworkKey = z
  .strictObject({
    name: z.enum(NETWORK_NAMES).describe('The name of the network.'),
    loss: LOSS,
  })
  .describe('A network by name, whose inputs and outputs follow from the data.');
