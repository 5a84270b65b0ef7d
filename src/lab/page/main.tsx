/** The entry of the live page. */
import { render } from 'preact';
import './styles.css';
import { keepForOffline } from './offline.js';

const root = document.getElementById('lab');
if (root) {
  root.textContent = '';
  render(
    <main>
      <h1>thermograd lab</h1>
      <p>Nothing is shown yet.</p>
    </main>,
    root,
  );
}
void keepForOffline();
