/** The entry of the live page. */
import { render } from 'preact';
import './styles.css';
import type { LabState } from '../protocol.js';
import { App } from './app.js';
import { bytesFor } from './data.js';
import { HalfEngine } from './fake-engine.js';
import { keepForOffline } from './offline.js';
import { connect, followUrl, lab } from './store.js';
import { applyTheme } from './theme.js';

const START: LabState = {
  v: 1,
  view: 'train',
  data: { kind: 'mnist', limit: 10_000 },
  network: '784-50-50-10',
  optimiser: { type: 'sgd', learningRate: 0.1 },
  batchSize: 50,
  sampling: 'shuffled',
  seed: 1,
  layer: 'layer2',
  window: 10,
  changes: [],
  at: 0,
};
const write = (s: LabState) => `#${s.view}`;
const read = (hash: string): LabState => ({ ...START, view: (hash.slice(1) || 'train') as LabState['view'] });

const root = document.getElementById('lab');
if (root) {
  applyTheme();
  connect(new HalfEngine(), bytesFor, read(location.hash));
  followUrl(write, read);
  root.textContent = '';
  render(<App link={(view) => write({ ...lab.value, view })} />, root);
}
void keepForOffline();
