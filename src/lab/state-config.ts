/** The state of the page as a config that `thermograd train` and `thermograd reproduce ivf2021` run. */
import { InputError } from '../numeric/errors.js';
import { TEACHER } from './engine/data.js';
import { networkWordsOf } from './engine/network.js';
import { settingsAt } from './engine/sliders.js';
import type { LabState, SessionFacts } from './protocol.js';

/** Epochs before the window where a state was not trained for longer. */
const LEAST_EPOCHS = 10;

/**
 * Writes a config in YAML. Training in it lasts as long as the page trained, the window being its last epochs, with the settings that
 * the sliders have now; comments say what a config cannot hold.
 * @param facts - of the session, whose inputs and classes a network of a dropped file has
 * @throws InputError for a dropped CSV file, which the command line does not read
 */
export function configYaml(state: LabState, facts?: Pick<SessionFacts, 'samples' | 'batchesPerEpoch'>): string {
  const { optimiser, batchSize } = settingsAt(state, state.at);
  const perEpoch = Math.max(1, Math.floor((facts?.samples.train ?? state.data.limit) / batchSize));
  const trained = Math.floor(state.at / perEpoch);
  const before = trained > state.window ? trained - state.window : LEAST_EPOCHS;
  const config = {
    seed: state.seed,
    data: dataOf(state),
    network: networkOf(state, facts),
    training: {
      batchSize,
      sampling: state.sampling,
      maxEpochs: before + state.window,
      stop: { rule: 'epochs', epochs: before },
    },
    // an optimiser of its own, so that the command line takes the same steps to the last bit
    optimiser,
    record: { layer: state.layer, windowEpochs: state.window },
  };
  return `${commentsOf(state).join('')}${yamlOf(config, '')}`;
}

function commentsOf({ data, changes, at }: LabState): string[] {
  const lines = ['thermograd reproduce ivf2021 --config THIS-FILE --out run'];
  if (data.kind === 'file') lines.push('run it in the folder of the IDX files, or name that folder in data.set');
  if (changes.length > 0)
    lines.push(
      `sliders were moved while it trained to step ${at}; these are the settings at the end:`,
      ...changes.map((c) => `  after step ${c.at}: ${c.key} ${c.value}`),
    );
  return lines.map((line) => `# ${line}\n`);
}

function dataOf({ data }: LabState) {
  if (data.kind === 'mnist') return { set: 'mnist', limit: data.limit };
  if (data.kind === 'teacher') {
    const { seed, network, test, labelNoise } = TEACHER;
    return { set: 'teacher', teacher: { network, train: data.limit, test, labelNoise, seed } };
  }
  if (/\.(csv|tsv|txt)$/i.test(data.name ?? ''))
    throw new InputError(
      'no-config',
      `the command line reads IDX files, and ${data.name} is a table; write it as IDX to train on it there.`,
    );
  return { set: 'idx:.', limit: data.limit };
}

function networkOf({ network, data }: LabState, facts: Pick<SessionFacts, 'samples'> | undefined) {
  const words = networkWordsOf(network);
  if ('name' in words) return { name: words.name };
  const { widths, activation, bias } = words;
  const teacher = TEACHER.network.widths;
  const ends = {
    mnist: [784, 10],
    teacher: [teacher[0], teacher[teacher.length - 1]],
    file: facts ? [facts.samples.inputs, facts.samples.classes] : [widths[0], widths[widths.length - 1]],
  }[data.kind];
  return { widths: [ends[0], ...widths.slice(1, -1), ends[1]], activation, bias, loss: 'cross-entropy' };
}

/** Writes nested objects as YAML; texts and lists as JSON, which is YAML too. */
function yamlOf(value: object, indent: string): string {
  return Object.entries(value)
    .filter(([, v]) => v !== undefined)
    .map(([key, v]) =>
      typeof v === 'object' && v !== null && !Array.isArray(v)
        ? `${indent}${key}:\n${yamlOf(v, `${indent}  `)}`
        : `${indent}${key}: ${JSON.stringify(v)}\n`,
    )
    .join('');
}
