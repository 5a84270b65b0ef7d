/** The view Landscape: widths and profiles, the loss on a plane, and the potential that the fluctuations follow. */
import { useEffect, useMemo } from 'preact/hooks';
import { formatCount } from '../../../../report/format.js';
import { CanvasPanel } from '../../charts/canvas-panel.js';
import { Legend, type LegendEntry } from '../../charts/legend.js';
import { Choice } from '../../controls/choice.js';
import { NumberField } from '../../controls/number.js';
import { highlight } from '../../highlight.js';
import { Panel } from '../../panel.js';
import { progress, results } from '../../store.js';
import { RelationPanel } from '../fluctuate/relation.js';
import { ask as askWidths, FEWEST_ROWS, running as measuring, widths } from '../fluctuate/schedule.js';
import { drawMotion, drawProfiles, drawSlice, drawVariances } from './draw.js';
import { planeWords, rotationFinding, varianceWords } from './findings.js';
import {
  ask,
  cancel,
  choose,
  directions,
  enough,
  failures,
  follow,
  type Kind,
  plane,
  rows,
  running,
  shownPlane,
} from './store.js';
import { motionTable, profileTable, sliceTable, vortexTable } from './tables.js';

export function Landscape() {
  useEffect(follow, []);
  return (
    <div class="with-side">
      <div class="area-now side">
        <Controls />
      </div>
      <div class="area-main">
        <div class="panels">
          <ProfilePanel />
          <SlicePanel />
          <PotentialPanel />
          <VarianceAndVortices />
          <RelationPanel />
        </div>
      </div>
    </div>
  );
}

function Controls() {
  const [a, b] = plane.value;
  const now = running.value;
  const all = () => {
    askWidths('flatness');
    ask('slice');
    ask('potential');
  };
  return (
    <section class="side" aria-labelledby="landscape-title">
      <h3 id="landscape-title">Measuring</h3>
      <p class="hint">
        Measured on a copy of the weights and the window, so that training goes on; window:{' '}
        {formatCount(progress.value?.window.rows ?? 0)} rows.
        {!enough.value && ` Measuring begins at ${FEWEST_ROWS} rows.`}
      </p>
      <NumberField
        label="First direction of the plane"
        value={a}
        min={1}
        max={999}
        onChange={(v) => choose({ a: v })}
      />
      <NumberField label="Second direction" value={b} min={1} max={999} onChange={(v) => choose({ b: v })} />
      <NumberField
        label="Directions of the motion"
        value={directions.value}
        min={2}
        max={40}
        hint="Force and noise are taken in so many principal directions."
        onChange={(k) => choose({ k })}
      />
      <div class="buttons">
        <button type="button" class="main" id="measure-landscape" disabled={!enough.value} onClick={all}>
          Measure all
        </button>
        <button type="button" disabled={now === undefined} onClick={cancel}>
          Stop measuring
        </button>
      </div>
      <p class="hint" id="landscape-measuring" role="status">
        {now
          ? `Measuring ${NAMES[now.kind]}, ${Math.round(100 * now.share)} % (${now.what}) …`
          : measuring.value?.kind === 'flatness'
            ? `Measuring widths, ${Math.round(100 * measuring.value.share)} % …`
            : 'Nothing is being measured.'}
      </p>
      <p class="hint">
        {highlight.value === undefined
          ? 'Point at a mark, or move among marks with the arrow keys: its direction is lit in every panel.'
          : `Direction ${highlight.value} is lit.`}
      </p>
    </section>
  );
}

const NAMES: Readonly<Record<Kind, string>> = { slice: 'the loss on the plane', potential: 'the potential' };

function waiting(kind: Kind, there: boolean): string | undefined {
  if (there) return undefined;
  const why = failures.value[kind];
  if (why) return why;
  if (running.value?.kind === kind) return 'Being measured …';
  return enough.value ? 'Not measured yet.' : 'Start training: this is measured from the weights of the last steps.';
}

function ProfilePanel() {
  const flatness = results.value.flatness;
  const going = measuring.value?.kind === 'flatness';
  const parts = going || widths.value.length > 0 ? widths.value : (flatness?.parts ?? []);
  return (
    <Panel
      id="profiles"
      title="Loss along principal directions"
      about="One curve for each direction: the loss over all training samples when the weights of the layer are moved along it from the mean of the window. Dots mark where it is e times the loss at the centre; their distance is the width F of the valley. The steepest curves belong to the directions of the largest variance."
      waiting={
        parts.length > 0
          ? undefined
          : enough.value
            ? going
              ? 'Being measured …'
              : 'Not measured yet.'
            : 'Start training: this is measured from the weights of the last steps.'
      }
      numbers={profileTable(parts)}
      tools={
        <div class="options">
          <button type="button" disabled={going || !enough.value} onClick={() => askWidths('flatness')}>
            Measure profiles
          </button>
        </div>
      }
    >
      <p class="hint">Dark curves have low ranks (large variance), bright ones high ranks.</p>
      <CanvasPanel id="profiles" label="Loss along principal directions." data={parts} draw={drawProfiles} />
    </Panel>
  );
}

const SLICE: readonly LegendEntry[] = [
  { label: 'equal loss', colour: 'muted', mark: 'line' },
  { label: 'path of the window', colour: 'orange', mark: 'line' },
  { label: 'first row', colour: 'orange', mark: 'ring' },
  { label: 'last row', colour: 'orange', mark: 'dot' },
  { label: 'mean of the window', colour: 'ink', mark: 'cross' },
];

function SlicePanel() {
  const slice = results.value.slice;
  const going = running.value?.kind === 'slice';
  const data = useMemo(() => ({ result: going ? undefined : slice, rows: rows.value }), [going, slice, rows.value]);
  const there = slice !== undefined || (going && rows.value.length > 0);
  return (
    <Panel
      id="slice"
      title="Loss on a plane"
      about="The loss over all training samples on the plane of two principal directions through the mean of the window, with the path of the weights projected onto it. The weights do not move in this plane alone: how much lies outside, and how the loss of a row differs from that of its shadow, is told below."
      waiting={waiting('slice', there)}
      numbers={slice && sliceTable(slice)}
      tools={
        <div class="options">
          <button type="button" disabled={going || !enough.value} onClick={() => ask('slice')}>
            Measure this plane
          </button>
        </div>
      }
    >
      <Legend entries={SLICE} />
      <CanvasPanel id="slice" label="Loss on a plane of two directions." data={data} draw={drawSlice} aspect={0.75} />
      {slice && !going && (
        <p class="hint" id="off-plane">
          {planeWords(slice)}
        </p>
      )}
    </Panel>
  );
}

const MOTION: readonly LegendEntry[] = [
  { label: 'potential of the fluctuations (1, 2, 3 σ)', colour: 'blue', mark: 'line' },
  { label: 'loss', colour: 'purple', mark: 'dash' },
  { label: 'probability current', colour: 'ink', mark: 'line' },
  { label: 'weights of the window', colour: 'orange', mark: 'square' },
];

function PotentialPanel() {
  const result = results.value.potential;
  const going = running.value?.kind === 'potential';
  const shown = result?.planes.find((p) => p.name === shownPlane.value) ?? result?.planes[0];
  const data = useMemo(
    () => shown && { plane: shown, ranks: shown.name === 'chosen' ? ranksOf(shown.labels) : undefined },
    [shown],
  );
  return (
    <Panel
      id="potential-plane"
      title="Potential and current"
      about="The density of the weights is e to the minus potential, and the potential is not the loss: noise that differs between directions bends it, and a current turns along its lines. Force and noise come from the curvature of the loss and the covariance of minibatch gradients at the mean of the window; the dots are the recorded weights, which theory did not see."
      waiting={waiting('potential', result !== undefined)}
      numbers={result && shown && motionTable(result, shown)}
      finding={result && rotationFinding(result)}
      tools={
        <div class="options">
          <button type="button" disabled={going || !enough.value} onClick={() => ask('potential')}>
            Measure the potential
          </button>
          <Choice
            label="Plane"
            value={shownPlane.value}
            options={[
              { value: 'chosen', label: 'Chosen directions' },
              { value: 'vortex', label: 'Strongest vortex' },
            ]}
            onChange={(shown) => choose({ shown })}
          />
        </div>
      }
    >
      <Legend entries={MOTION} />
      {data && (
        <CanvasPanel
          id="potential-plane"
          label="Potential, loss and current."
          data={data}
          draw={drawMotion}
          aspect={0.75}
        />
      )}
      {result && result.dropped.length > 0 && (
        <p class="hint">
          Left out, because the loss curves downwards with them: {result.dropped.map((d) => `PC${d}`).join(', ')}.
        </p>
      )}
    </Panel>
  );
}

const ranksOf = (labels: readonly [string, string]): readonly [number, number] => {
  const [a, b] = labels.map((l) => Number(l.replace(/\D/g, '')));
  return [a, b];
};

function VarianceAndVortices() {
  const result = results.value.potential;
  return (
    <Panel
      id="vortices"
      title="Variances and vortices"
      about="Each point is one direction: the variance that force and noise predict, against that of the recorded window. The table lists the planes in which the current turns, strongest first, and the directions that they lie in."
      waiting={waiting('potential', result !== undefined)}
      numbers={result && vortexTable(result)}
    >
      {result && (
        <>
          <CanvasPanel
            id="vortices"
            label="Variance of the window against theory."
            data={result}
            draw={drawVariances}
          />
          <p class="hint">{varianceWords(result)}</p>
          {result.warnings.map((w) => (
            <p class="hint" key={w}>
              {w}
            </p>
          ))}
          <ul class="vortices">
            {result.vortices.map((v, k) => {
              const names = v.ranks.map((r) => `PC${r.rank}`).join(', ');
              return (
                <li key={names}>
                  <button
                    type="button"
                    class="quiet"
                    onFocus={() => light(v.ranks[0].rank)}
                    onBlur={() => light(undefined)}
                    onPointerEnter={() => light(v.ranks[0].rank)}
                    onPointerLeave={() => light(undefined)}
                    onClick={() => choose({ shown: 'vortex' })}
                  >
                    Vortex {k + 1}: {Math.round(100 * v.share)} % of the flux, in {names}
                  </button>
                </li>
              );
            })}
          </ul>
        </>
      )}
    </Panel>
  );
}

const light = (rank: number | undefined): void => {
  highlight.value = rank;
};
