/** The entry of the live page. */
import { render } from 'preact';
import './styles.css';
import type { LabState } from '../protocol.js';
import { App } from './app.js';
import { bytesFor } from './data.js';
import { FakeEngine } from './fake-engine.js';
import { keepForOffline } from './offline.js';
import { connect, followUrl, lab } from './store.js';
import { applyTheme } from './theme.js';

const START: LabState = {
  v: 1,
  view: 'train',
  data: { kind: 'teacher', limit: 2000 },
  network: '784-50-50-10',
  optimiser: { type: 'sgd', learningRate: 0.1 },
  batchSize: 50,
  sampling: 'shuffled',
  seed: 1,
  layer: 'layers.1.weight',
  window: 10,
  changes: [],
  at: 0,
};
const write = (s: LabState) => `#${s.view}`;
const read = (hash: string): LabState => ({ ...START, view: (hash.slice(1) || 'train') as LabState['view'] });

const root = document.getElementById('lab');
if (root) {
  applyTheme();
  connect(new FakeEngine(), bytesFor, read(location.hash));
  followUrl(write, read);
  root.textContent = '';
  render(<App link={(view) => write({ ...lab.value, view })} />, root);
}
void keepForOffline();
