/** The bar that starts, pauses, steps and rewinds, with where training stands. */
import { useState } from 'preact/hooks';
import { formatCount, formatNumber } from '../../report/format.js';
import { pause, phase, progress, rewind, run, session, step, takeSteps, target } from './store.js';

export function Transport() {
  const p = progress.value;
  const running = phase.value === 'running';
  const ready = phase.value === 'paused' || running;
  const at = step.value;
  return (
    <div class="transport" role="toolbar" aria-label="Training">
      <button type="button" class="main" id="run" disabled={!ready} onClick={() => (running ? pause() : run())}>
        {running ? 'Pause' : at > 0 ? 'Continue' : 'Start'}
      </button>
      <button type="button" disabled={phase.value !== 'paused'} onClick={() => takeSteps(1)}>
        One step
      </button>
      <Rewind />
      <dl class="counts" data-phase={phase.value}>
        <div>
          <dt>step</dt>
          <dd id="step">{formatCount(at)}</dd>
        </div>
        <div>
          <dt>epoch</dt>
          <dd>{formatNumber(p?.epoch ?? 0, 3)}</dd>
        </div>
        <div>
          <dt>steps/s</dt>
          <dd id="rate">{running && p ? formatCount(Math.round(p.stepsPerSecond)) : '–'}</dd>
        </div>
      </dl>
      <p class="hint" role="status">
        {words()}
      </p>
    </div>
  );
}

function words(): string {
  if (phase.value === 'opening') return 'Preparing data and network …';
  if (phase.value === 'diverged') return 'Diverged: rewind, or change the settings.';
  if (phase.value === 'failed') return 'This session could not be opened.';
  if (target.value !== undefined) return `Training to step ${formatCount(target.value)} …`;
  return '';
}

/** Where one can go back to: the start, one epoch back, or a step that is typed. */
function Rewind() {
  const [choice, setChoice] = useState('');
  const at = step.value;
  const perEpoch = session.value?.batchesPerEpoch ?? 0;
  const every = session.value?.checkpointEvery ?? 0;
  const places = new Map<number, string>([[0, 'the start']]);
  const epoch = perEpoch > 0 ? Math.floor((at - 1) / perEpoch) : 0;
  for (const back of [10, 3, 1, 0]) {
    const e = epoch - back;
    if (e > 0) places.set(e * perEpoch, `the end of epoch ${formatCount(e)}`);
  }
  const kept = every > 0 ? Math.floor((at - 1) / every) * every : 0;
  if (kept > 0 && !places.has(kept)) places.set(kept, 'the last checkpoint');
  return (
    <select
      aria-label="Rewind"
      value={choice}
      disabled={at === 0 || phase.value === 'opening'}
      onChange={(e) => {
        rewind(Number(e.currentTarget.value));
        e.currentTarget.value = '';
        setChoice('');
      }}
    >
      <option value="">Rewind to …</option>
      {[...places]
        .sort(([a], [b]) => a - b)
        .map(([s, name]) => (
          <option key={s} value={String(s)}>
            {name} (step {formatCount(s)})
          </option>
        ))}
    </select>
  );
}
