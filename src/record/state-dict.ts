/** Reading of a network's weights from a safetensors file whose layers have arbitrary names. */
import { layersOf, type NetworkSpec, parameterCount } from '../model/network.js';
import { check, InputError } from '../numeric/errors.js';
import { readWhole } from './files.js';
import { readSafetensors, type Tensor } from './safetensors.js';

/** Natural order: fc2 before fc10. */
const natural = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true });

/**
 * Reads the flat weights (length P, PyTorch's order) from any state dict of linear layers: tensors whose names end in
 * `weight` and `bias`, in the natural order of their names, float32, with the shapes of the network. The names
 * `layer1.weight`, … of thermograd's own files are one case.
 * @throws InputError with the first tensor that does not fit
 */
export function readStateDict(path: string, spec: NetworkSpec): Float32Array {
  const bytes = readWhole(path);
  check(bytes !== undefined, 'no-weights', `there is no file of weights at ${path}.`);
  check(
    !(bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3), // PK: a zip, which torch.save makes
    'bad-weights',
    () =>
      `${path} is not a safetensors file but most likely one of torch.save; in Python, safetensors.torch.save_file(model.state_dict(), 'model.safetensors') makes one.`,
  );
  const { tensors } = readSafetensors(bytes, path);
  const named = (end: string) =>
    [...tensors.keys()]
      .filter((n) => n === end || n.endsWith(`.${end}`))
      .filter((n) => !n.startsWith('velocity.'))
      .sort(natural);
  const layers = layersOf(spec);
  const [weights, biases] = [named('weight'), named('bias')];
  const wanted = `the network ${spec.widths.join('-')} ${spec.bias ? 'with' : 'without'} biases`;
  check(
    weights.length === layers.length && biases.length === (spec.bias ? layers.length : 0),
    'bad-weights',
    () =>
      `${path} holds ${weights.length} weights and ${biases.length} biases (${[...tensors.keys()].slice(0, 8).join(', ')}); ${wanted} has ` +
      `${layers.length} and ${spec.bias ? layers.length : 0}: set network in the config to the one that was trained.`,
  );
  const flat = new Float32Array(parameterCount(spec));
  const put = (name: string, shape: readonly number[], offset: number) => {
    const tensor = tensors.get(name) as Tensor;
    if (!(tensor.data instanceof Float32Array) || tensor.shape.join() !== shape.join())
      throw new InputError(
        'bad-weights',
        `${path}: ${name} has the shape [${tensor.shape.join(', ')}]; ${wanted} needs float32 of [${shape.join(', ')}] there.`,
      );
    flat.set(tensor.data, offset);
  };
  layers.forEach((l, i) => {
    put(weights[i], [l.outputs, l.inputs], l.weightOffset);
    if (l.biasOffset >= 0) put(biases[i], [l.outputs], l.biasOffset);
  });
  return flat;
}
