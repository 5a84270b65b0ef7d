/** The sliders of the view Valley, which act while particles move, and the bar that starts and pauses them. */
import { formatCount, formatNumber } from '../../../../report/format.js';
import { SLIDER_RANGES, type ValleySlider } from '../../../engine/valley/state.js';
import { Slider } from '../../controls/slider.js';
import {
  again,
  asked,
  frame,
  opening,
  pause,
  rate,
  run,
  running,
  said,
  setSlider,
  shown,
  stepOnce,
  target,
} from './store.js';

const SLIDERS: readonly {
  readonly key: ValleySlider;
  readonly label: string;
  readonly unit?: string;
  readonly log: boolean;
  readonly hint: string;
  readonly plane?: boolean;
}[] = [
  { key: 'eta', label: 'Learning rate η', log: true, hint: 'Sets the step and, with the noise, the temperature ηC/2.' },
  {
    key: 'noise',
    label: 'Noise C along x',
    unit: 'nat²/weight²',
    log: true,
    hint: 'Variance of one minibatch gradient.',
  },
  {
    key: 'kappa',
    label: 'Noise ratio κ = C across / C along',
    log: true,
    hint: 'At κ > 1 the noise across the valley pushes to its flat end.',
    plane: true,
  },
  {
    key: 'ratio',
    label: 'Curvature ratio r',
    log: true,
    hint: 'The number r in the formulas: sharp end over flat end.',
  },
  {
    key: 'spread',
    label: 'Spread s of the batch curvature',
    log: false,
    hint: 'Standard deviation from batch to batch, over the mean: it lowers the bound on η.',
  },
  {
    key: 'growth',
    label: 'Growth g of the loss',
    unit: 'per η·step',
    log: false,
    hint: 'The loss becomes 1 + g t times as steep: barriers grow until nothing passes.',
  },
];

export function Sliders() {
  const s = { ...(said.value?.state ?? shown.value), ...asked.value };
  return (
    <section class="side" aria-label="Noise and steps">
      <h3>Acts at once</h3>
      {SLIDERS.filter((d) => !d.plane || said.value?.size !== 1).map((d) => (
        <Slider
          key={d.key}
          label={d.label}
          {...(d.unit && { unit: d.unit })}
          value={s[d.key]}
          min={SLIDER_RANGES[d.key][0]}
          max={SLIDER_RANGES[d.key][1]}
          log={d.log}
          hint={d.hint}
          onChange={(v) => setSlider(d.key, v)}
        />
      ))}
    </section>
  );
}

export function Bar() {
  const f = frame.value;
  const moving = running.value || target.value !== undefined;
  return (
    <div class="transport" role="toolbar" aria-label="Particles">
      <button
        type="button"
        class="main"
        id="valley-run"
        disabled={!f || opening.value}
        onClick={() => (moving ? pause() : run())}
      >
        {moving ? 'Pause' : f && f.step > 0 ? 'Continue' : 'Start'}
      </button>
      <button type="button" disabled={!f || moving} onClick={stepOnce}>
        Ten steps
      </button>
      <button type="button" id="valley-again" disabled={!f} onClick={again}>
        Start again
      </button>
      <dl class="counts" data-phase={opening.value ? 'opening' : moving ? 'running' : 'paused'}>
        <div>
          <dt>step</dt>
          <dd id="valley-step">{formatCount(f?.step ?? 0)}</dd>
        </div>
        <div>
          <dt>time</dt>
          <dd>{formatNumber(f?.time ?? 0, 3)} η·steps</dd>
        </div>
        <div>
          <dt>particles</dt>
          <dd id="valley-moving">{f ? formatCount(f.moving) : '–'}</dd>
        </div>
        <div>
          <dt>steps/s, all particles</dt>
          <dd id="valley-rate">{moving && Number.isFinite(rate.value) ? formatCount(Math.round(rate.value)) : '–'}</dd>
        </div>
      </dl>
      <p class="hint" role="status">
        {opening.value
          ? 'Solving for the density …'
          : target.value !== undefined
            ? `Going to step ${formatCount(target.value)} …`
            : ''}
      </p>
    </div>
  );
}
