/** The entry of the live page. */
import { render } from 'preact';
import './styles.css';
import { DEFAULT_STATE } from '../state.js';
import { hashOf, stateFromHash } from '../state-hash.js';
import { App } from './app.js';
import { bytesFor } from './data.js';
import { EngineClient, missingInBrowser } from './engine-client.js';
import { keepForOffline } from './offline.js';
import { connect, followUrl, lab, tell } from './store.js';
import { applyTheme } from './theme.js';

/** The state of the link; the usual one, and a sentence, where the link cannot be read. */
function firstState() {
  try {
    return stateFromHash(location.hash);
  } catch (error) {
    tell(`This link cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return DEFAULT_STATE;
  }
}

/** Starts the page; in a task of its own, so that evaluating the code and drawing the page do not add up to a long one. */
function start(root: HTMLElement): void {
  const missing = missingInBrowser(globalThis);
  root.textContent = missing ?? '';
  if (missing !== undefined) return;
  connect(new EngineClient(), bytesFor, firstState());
  followUrl(hashOf, stateFromHash);
  render(<App link={(view) => hashOf({ ...lab.value, view })} />, root);
}

applyTheme();
const root = document.getElementById('lab');
if (root) setTimeout(start, 0, root);
void keepForOffline();
