/** The networks that the page offers for each kind of data, and the layer that is recorded first. */
import type { LabData } from '../../../protocol.js';

const IMAGES = ['784-50-50-10', '784-30-30-10', '784-100-10', 'lenet5', 'cnn-small', 'resnet8'];
const NUMBERS = ['20-50-50-4', '20-16-16-4', '20-50-4', '20-50-50-4:tanh'];

/** Networks to choose from; other widths can be typed. */
export const networksFor = ({ kind }: LabData): readonly string[] =>
  kind === 'mnist' ? IMAGES : kind === 'teacher' ? NUMBERS : [...IMAGES, ...NUMBERS];

/** Middle layers of the networks that have names, small enough to record every step. */
const MIDDLE: Readonly<Record<string, string>> = {
  mlp: 'layer2',
  lenet5: 'conv2',
  'cnn-small': 'conv2',
  resnet8: 'conv3',
};

/** Returns the layer that is recorded unless another one is chosen: the middle one of a perceptron, the first of two. */
export function middleLayer(network: string): string {
  const widths = network.split(':')[0].split('-').length;
  return MIDDLE[network] ?? `layer${Math.max(1, Math.ceil((widths - 1) / 2))}`;
}
