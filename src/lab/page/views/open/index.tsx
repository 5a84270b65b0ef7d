/** The view Open: runs and recordings, dropped on the page or given to the server, as an index and one by one. */
import { useEffect } from 'preact/hooks';
import { opened, openRun } from './chosen.js';
import { DropZone } from './drop-zone.js';
import { entries, loadServed, served, summaries } from './library.js';
import { RecordingView } from './recording-view.js';
import { RunTable } from './run-table.js';
import { RunView } from './run-view.js';
import './open.css';

export function Open() {
  useEffect(() => {
    if (served.peek() !== 'loaded') void loadServed();
  }, []);
  const entry = opened.value === undefined ? undefined : entries.value.get(opened.value);
  if (entry)
    return (
      <div class="open-run">
        <p>
          <button type="button" onClick={() => openRun(undefined)}>
            ← All runs
          </button>
        </p>
        {entry.summary.experiment === 'weights' ? (
          <RecordingView key={entry.summary.id} entry={entry} />
        ) : (
          <RunView key={entry.summary.id} entry={entry} />
        )}
      </div>
    );
  return (
    <div class="open">
      <DropZone />
      {opened.value !== undefined && served.value !== 'loading' && (
        <p class="hint wrong" role="status">
          The run of this link is not here: start thermograd lab with its folder, or drop it above.
        </p>
      )}
      {summaries.value.length > 0 && <RunTable runs={summaries.value} />}
      {served.value === 'loading' && <p class="waiting">Reading the given folders …</p>}
    </div>
  );
}
