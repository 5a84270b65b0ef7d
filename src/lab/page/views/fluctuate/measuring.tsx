/** What is being measured, and on how much; the switch that measures by itself; how many directions get a width. */
import { formatCount } from '../../../../report/format.js';
import { Select } from '../../controls/select.js';
import { lab, progress } from '../../store.js';
import { ask, cancel, directions, FEWEST_ROWS, type Kind, live, QUICK, running } from './schedule.js';

const NAMES: Readonly<Record<Kind, string>> = {
  cloud: 'the cloud',
  spectrum: 'the spectrum',
  displacement: 'displacements',
  temperature: 'temperatures',
  'noise-scale': 'the noise scale',
  ceiling: 'the ceiling',
  flatness: 'widths',
  controls: 'controls',
};

export function Measuring() {
  const window = progress.value?.window;
  const now = running.value;
  return (
    <section class="side" aria-labelledby="measuring-title">
      <h3 id="measuring-title">Measuring</h3>
      <p class="hint" id="window">
        Layer {lab.value.layer}; window: {formatCount(window?.rows ?? 0)} of {formatCount(window?.capacity ?? 0)} rows
        {window && window.every > 1 ? `, one every ${formatCount(window.every)} steps` : ''}
        {window && window.since > 0 ? `, since step ${formatCount(window.since)}` : ''}. Moving a slider begins a new
        window.
      </p>
      {(window?.rows ?? 0) < FEWEST_ROWS && <p class="hint">Measuring begins at {FEWEST_ROWS} rows.</p>}
      <label class="check">
        <input
          type="checkbox"
          checked={live.value}
          onChange={(e) => {
            live.value = e.currentTarget.checked;
          }}
        />
        Measure while training
      </label>
      <Select
        label="Directions with a width"
        value={String(directions.value)}
        options={['12', '24', '48', '96'].map((value) => ({ value, label: value }))}
        onChange={(value) => {
          directions.value = Number(value);
        }}
      />
      <div class="buttons">
        <button type="button" onClick={() => QUICK.forEach(ask)}>
          Measure now
        </button>
        <button type="button" disabled={now === undefined} onClick={cancel}>
          Stop measuring
        </button>
      </div>
      <p class="hint" id="measuring">
        {now
          ? `Measuring ${NAMES[now.kind]}${now.share > 0 ? `, ${Math.round(100 * now.share)} %` : ''} …`
          : 'Nothing is being measured.'}
      </p>
    </section>
  );
}
