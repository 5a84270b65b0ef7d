/** The state of the live page: its defaults, and what it is refused for. */
import { check } from '../numeric/errors.js';
import * as is from '../numeric/wants.js';
import { OPTIMISER_WANTS } from '../train/optimisers/spec.js';
import { networkWordsOf } from './engine/network.js';
import { checkSettings, SLIDER_KEYS, settingsAt } from './engine/sliders.js';
import type { LabChange, LabData, LabState, LabView, ViewState } from './protocol.js';

/** The views of the page. */
export const LAB_VIEWS: readonly LabView[] = [
  'train',
  'fluctuate',
  'landscape',
  'valley',
  'open',
  'compare',
  'lessons',
];

/** Most training samples of each kind of data. */
const MOST_SAMPLES: Readonly<Record<LabData['kind'], number>> = { mnist: 60_000, teacher: 200_000, file: 1e7 };

/** Most steps that a link trains to: some hours. */
export const MOST_STEPS = 1e7;

/** What the page begins with. Links name what differs from it, so it changes with the version alone. */
export const DEFAULT_STATE: LabState = {
  v: 1,
  view: 'train',
  data: { kind: 'mnist', limit: 10_000 },
  network: '784-50-50-10',
  optimiser: { type: 'sgd', learningRate: 0.1 },
  batchSize: 50,
  sampling: 'shuffled',
  seed: 0,
  layer: 'layer2',
  window: 10,
  changes: [],
  at: 0,
};

const VIEW_STATE_WANTS = is.wanted('numbers, words, switches and lists of them by name', isViewState);

const STATE_WANTS = is.shape<LabState>({
  v: is.whole,
  view: is.oneOf(...LAB_VIEWS),
  data: is.shape<LabData>({
    kind: is.oneOf('mnist', 'teacher', 'file'),
    limit: is.count,
    name: is.maybe(is.text),
  }),
  network: is.text,
  optimiser: OPTIMISER_WANTS,
  batchSize: is.count,
  sampling: is.oneOf('shuffled', 'replaced', 'cyclic'),
  seed: is.whole,
  layer: is.text,
  window: is.count,
  changes: is.listOf(is.shape<LabChange>({ at: is.whole, key: is.oneOf(...SLIDER_KEYS), value: is.finite })),
  at: is.whole,
  valley: is.maybe(VIEW_STATE_WANTS),
  landscape: is.maybe(VIEW_STATE_WANTS),
  controls: is.maybe(VIEW_STATE_WANTS),
  runs: is.maybe(VIEW_STATE_WANTS),
});

function isViewState(value: unknown): value is ViewState {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const plain = (v: unknown) => typeof v === 'string' || (typeof v === 'number' && Number.isFinite(v));
  return Object.entries(value).every(
    ([key, v]) =>
      /^[A-Za-z][\w-]*$/.test(key) && (plain(v) || typeof v === 'boolean' || (Array.isArray(v) && v.every(plain))),
  );
}

/**
 * Refuses a state that no session can have; data, layer and network are compared when a session opens.
 * @throws InputError with one sentence
 */
export function checkState(state: LabState): void {
  is.given('the state of the page', { state }, { state: STATE_WANTS });
  const { v, data, network, batchSize, changes, window, at } = state;
  check(
    v === 1,
    'bad-version',
    `this link has the version ${v}, and this page reads version 1; open it with the page that made it.`,
  );
  const most = MOST_SAMPLES[data.kind];
  check(
    data.limit <= most,
    'bad-limit',
    `${data.kind === 'file' ? 'a file' : data.kind} has at most ${most} training samples here; got ${data.limit}.`,
  );
  networkWordsOf(network);
  check(window <= 1000, 'bad-window', `at most 1000 epochs are kept for measuring; got ${window}.`);
  check(at <= MOST_STEPS, 'bad-step', `a link trains to step ${MOST_STEPS} at most; got ${at}.`);
  checkSettings({ optimiser: state.optimiser, batchSize }, data.limit);
  changes.forEach((change, k) => {
    const before = changes.slice(0, k);
    check(
      before.every((c) => c.at < change.at || (c.at === change.at && c.key !== change.key)),
      'bad-changes',
      `moves of sliders are listed by ascending step, each slider once a step; ${change.key} after step ${change.at} is out of order.`,
    );
    check(
      change.at <= at,
      'bad-changes',
      `a slider moves after step ${change.at}, and the state is that after step ${at}.`,
    );
    checkSettings(settingsAt({ ...state, changes: changes.slice(0, k + 1) }, change.at), data.limit);
  });
}
