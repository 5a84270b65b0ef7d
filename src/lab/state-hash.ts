/**
 * The state as the part of a link after #, short and readable:
 *
 *     #train?v=1&data=mnist:10000&net=784-50-50-10&opt=sgd&lr=0.1&B=50&moves=200:lr:0.3&at=400
 *
 * What is the default of version 1 is left out but for the settings above. A view's own values carry its name: valley.kappa=2.
 */
import { check, InputError } from '../numeric/errors.js';
import { nearest } from '../numeric/spelling.js';
import type { OptimiserSpec } from '../train/optimisers/spec.js';
import type { LabChange, LabState, LabView, SliderKey, ViewState } from './protocol.js';
import { checkState, DEFAULT_STATE, LAB_VIEWS } from './state.js';

/** Short names of the settings of an optimiser. */
const OPTIMISER_KEYS: Readonly<Record<string, keyof OptimiserSpec>> = {
  opt: 'type',
  lr: 'learningRate',
  mu: 'momentum',
  wd: 'weightDecay',
  nesterov: 'nesterov',
  dampening: 'dampening',
  decoupled: 'decoupled',
  beta1: 'beta1',
  beta2: 'beta2',
  alpha: 'alpha',
  eps: 'epsilon',
  clip: 'clipNorm',
  schedule: 'schedule',
};

/** Short names of sliders. */
const SLIDERS: Readonly<Record<string, SliderKey>> = {
  lr: 'learningRate',
  mu: 'momentum',
  wd: 'weightDecay',
  B: 'batchSize',
};

const OWN_KEYS = ['v', 'data', 'name', 'net', 'B', 'draw', 'seed', 'layer', 'window', 'moves', 'at'];
const VIEW_KEYS = ['valley', 'landscape', 'controls', 'runs'] as const;
const KNOWN = [...OWN_KEYS, ...Object.keys(OPTIMISER_KEYS)];

/** Longest link that is read. */
const LONGEST = 20_000;

/** Writes a state as the part of a link after #, that character included. */
export function hashOf(state: LabState): string {
  const { view, data, network, optimiser, batchSize, sampling, seed, layer, window, changes, at } = state;
  const parts: [string, string][] = [
    ['v', '1'],
    ['data', `${data.kind}:${data.limit}`],
    ...(data.name !== undefined ? [['name', data.name] as [string, string]] : []),
    ['net', network],
  ];
  for (const [short, key] of Object.entries(OPTIMISER_KEYS))
    if (optimiser[key] !== undefined) parts.push([short, written(optimiser[key])]);
  parts.push(['B', String(batchSize)]);
  const add = (key: string, value: string | number, usual: string | number) => {
    if (value !== usual) parts.push([key, String(value)]);
  };
  add('draw', sampling, DEFAULT_STATE.sampling);
  add('seed', seed, DEFAULT_STATE.seed);
  parts.push(['layer', layer]);
  add('window', window, DEFAULT_STATE.window);
  const shortOf = (key: SliderKey) => Object.keys(SLIDERS).find((short) => SLIDERS[short] === key)!;
  add('moves', changes.map((c) => `${c.at}:${shortOf(c.key)}:${c.value}`).join(';'), '');
  add('at', at, 0);
  for (const name of VIEW_KEYS)
    for (const [key, value] of Object.entries(state[name] ?? {})) parts.push([`${name}.${key}`, written(value)]);
  return `#${view}?${parts.map(([key, value]) => `${key}=${encoded(value)}`).join('&')}`;
}

/** Percent-encodes what ends a value, and leaves what a person reads. */
const encoded = (text: string) =>
  encodeURIComponent(text).replace(/%(?:2C|3A|3B|2F|5B|5D|7B|7D|22)/g, (code) =>
    code === '%22' ? code : decodeURIComponent(code),
  );

/** Writes a value: words as they are where nothing else reads so, all else as JSON. */
function written(value: unknown): string {
  return typeof value === 'string' && !isJson(value) ? value : JSON.stringify(value);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const readValue = (text: string): unknown => (isJson(text) ? JSON.parse(text) : text);

/**
 * Reads a state from the part of a link after #, with or without that character; an empty one is the state that the page begins with.
 * @throws InputError with one sentence for what cannot be read, has another version, or is no state
 */
export function stateFromHash(hash: string): LabState {
  const text = hash.replace(/^#/, '');
  if (text === '') return DEFAULT_STATE;
  check(text.length <= LONGEST, 'long-link', `this link has ${text.length} characters; at most ${LONGEST} are read.`);
  const [view, rest = ''] = splitAt(text, '?');
  const meant = nearest(view, LAB_VIEWS);
  check(
    (LAB_VIEWS as readonly string[]).includes(view),
    'bad-link',
    () =>
      `this link asks for the view '${view.slice(0, 40)}'; there are ${LAB_VIEWS.join(', ')}${meant ? ` (did you mean '${meant}'?)` : ''}.`,
  );
  const given = partsOf(rest);
  const version = given.get('v') ?? '1';
  check(
    version === '1',
    'bad-version',
    `this link has the version ${version.slice(0, 20)}, and this page reads version 1; open it with the page that made it.`,
  );
  const state = { ...stateOf(given), view: view as LabView };
  checkState(state);
  return state;
}

function splitAt(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + mark.length)];
}

function partsOf(text: string): Map<string, string> {
  const parts = new Map<string, string>();
  for (const part of text.split('&').filter((p) => p !== '')) {
    const [key, value] = splitAt(part, '=');
    const own = KNOWN.includes(key) || VIEW_KEYS.some((name) => key.startsWith(`${name}.`));
    const meant = nearest(key, KNOWN);
    check(
      own && value !== undefined,
      'bad-link',
      () =>
        `this link says '${part.slice(0, 40)}', which this page does not know${meant && meant !== key ? `; did you mean ${meant}?` : '.'}`,
    );
    check(!parts.has(key), 'bad-link', () => `this link says ${key} twice.`);
    try {
      parts.set(key, decodeURIComponent(value));
    } catch {
      throw new InputError('bad-link', `this link is damaged: ${key}=${value.slice(0, 40)} cannot be decoded.`);
    }
  }
  return parts;
}

function stateOf(given: ReadonlyMap<string, string>): LabState {
  const number = (key: string, usual: number) => {
    const text = given.get(key);
    return text === undefined ? usual : numberOf(key, text);
  };
  const [kind, limit] = splitAt(given.get('data') ?? 'mnist:10000', ':');
  const name = given.get('name');
  const views = Object.fromEntries(
    VIEW_KEYS.map((view) => [view, viewOf(view, given)]).filter(([, value]) => value !== undefined),
  );
  return {
    v: 1,
    view: 'train',
    data: {
      kind: kind as LabState['data']['kind'],
      limit: numberOf('data', limit ?? ''),
      ...(name !== undefined && { name }),
    },
    network: given.get('net') ?? DEFAULT_STATE.network,
    optimiser: optimiserOf(given),
    batchSize: number('B', DEFAULT_STATE.batchSize),
    sampling: (given.get('draw') ?? DEFAULT_STATE.sampling) as LabState['sampling'],
    seed: number('seed', DEFAULT_STATE.seed),
    layer: given.get('layer') ?? DEFAULT_STATE.layer,
    window: number('window', DEFAULT_STATE.window),
    changes: changesOf(given.get('moves') ?? ''),
    at: number('at', 0),
    ...views,
  };
}

function optimiserOf(given: ReadonlyMap<string, string>): OptimiserSpec {
  const entries = Object.entries(OPTIMISER_KEYS)
    .filter(([short]) => given.has(short))
    .map(([short, key]) => [key, readValue(given.get(short)!)]);
  const usual = given.has('opt') || given.has('lr') ? {} : DEFAULT_STATE.optimiser;
  return { type: 'sgd', ...usual, ...Object.fromEntries(entries) } as OptimiserSpec;
}

function changesOf(text: string): LabChange[] {
  return text
    .split(';')
    .filter((move) => move !== '')
    .map((move) => {
      const [at, key, value, ...more] = move.split(':');
      check(
        Object.hasOwn(SLIDERS, key) && value !== undefined && more.length === 0,
        'bad-link',
        `this link moves a slider by '${move.slice(0, 40)}'; a move is a step, ${Object.keys(SLIDERS).join(' or ')}, and a value, such as 200:lr:0.3.`,
      );
      return { at: numberOf('moves', at), key: SLIDERS[key], value: numberOf('moves', value) };
    });
}

function viewOf(view: string, given: ReadonlyMap<string, string>): ViewState | undefined {
  const entries = [...given]
    .filter(([key]) => key.startsWith(`${view}.`))
    .map(([key, value]) => [key.slice(view.length + 1), readValue(value)]);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function numberOf(key: string, text: string): number {
  const value = Number(text);
  check(
    /^-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) && Number.isFinite(value),
    'bad-link',
    () => `this link says ${key}=${text.slice(0, 40)}, where a number belongs.`,
  );
  return value;
}
