/** The view Valley: particles of the SGD map in a landscape of formulas, beside what theory says of them. */
import { effect } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { formatEstimate, formatNumber, formatShare } from '../../../../report/format.js';
import type { ValleyFrame } from '../../../engine/valley/frame.js';
import { CanvasPanel } from '../../charts/canvas-panel.js';
import { Legend, type LegendEntry } from '../../charts/legend.js';
import { Panel } from '../../panel.js';
import { PICTURES, type PictureName, partOf } from './draw.js';
import { boundFinding, densityFinding, freezingFinding, freezingWords } from './findings.js';
import { Formulas } from './formulas.js';
import { Bar, Sliders } from './sliders.js';
import { followLink, frame, leave, said } from './store.js';
import { barTable, boundTable, courseTable, freezingTable, particleTable, potentialTable } from './tables.js';

export function Valley() {
  useEffect(() => {
    const stop = effect(followLink);
    return () => {
      stop();
      leave();
    };
  }, []);
  const f = said.value;
  return (
    <>
      <Bar />
      <div class="with-side">
        <div class="area-now">
          <Sliders />
        </div>
        <div class="area-main">{f ? <Panels f={f} /> : <p class="waiting">Solving for the density …</p>}</div>
        <div class="area-anew">
          <Formulas />
        </div>
      </div>
    </>
  );
}

const PARTICLES: readonly LegendEntry[] = [
  { label: 'particles', colour: 'orange', mark: 'square' },
  { label: 'Fokker-Planck density now', colour: 'blue', mark: 'line' },
  { label: 'equal loss', colour: 'muted', mark: 'line' },
  { label: 'hatched: steps grow there', colour: 'orange', mark: 'dots' },
];
const LINE: readonly LegendEntry[] = [
  { label: 'particles', colour: 'orange', mark: 'square' },
  { label: 'loss', colour: 'ink', mark: 'line' },
  { label: 'hatched: steps grow there', colour: 'orange', mark: 'dots' },
];
const HISTOGRAM: readonly LegendEntry[] = [
  { label: 'particles ± 1 standard error', colour: 'orange', mark: 'dot' },
  { label: 'Fokker-Planck now', colour: 'blue', mark: 'line' },
  { label: 'stationary', colour: 'muted', mark: 'dash' },
];
const POTENTIAL: readonly LegendEntry[] = [
  { label: '−Δ ln P of the particles', colour: 'orange', mark: 'dot' },
  { label: 'of the stationary density', colour: 'blue', mark: 'line' },
  { label: 'theory, all y', colour: 'purple', mark: 'dash' },
  { label: 'on the floor y = 0 (eq. 7)', colour: 'green', mark: 'dash' },
  { label: 'loss on the floor', colour: 'muted', mark: 'dots' },
];
const FREEZING: readonly LegendEntry[] = [
  { label: 'particles', colour: 'orange', mark: 'line' },
  { label: 'predicted', colour: 'blue', mark: 'dash' },
];

/** A picture, which alone is drawn anew with each frame. */
function Live<K extends PictureName>({ name, label }: { name: K; label: string }) {
  const f = frame.value;
  const data = useMemo(() => f && partOf(name, f), [f]);
  return data ? <CanvasPanel id={name} label={label} data={data} draw={PICTURES[name]} /> : null;
}

function Panels({ f }: { f: ValleyFrame }) {
  const plane = f.size === 2;
  return (
    <>
      <Key f={f} />
      <div class="panels">
        <Panel
          id="particles"
          title="Particles and density"
          about="Each dot is one particle of the SGD map; the shade is the density that the Fokker-Planck equation gives for the same time from the same start. In the hatched region the curvature is so large that a step across the valley grows: eta h (1 + s²) > 2."
          numbers={particleTable(f)}
        >
          <Legend entries={plane ? PARTICLES : LINE} />
          <Live name="particles" label="Particles in the landscape." />
        </Panel>
        <Panel
          id="histogram"
          title="Where the particles are"
          about="A histogram of x with binomial errors, which are those of independent particles, beside the density of x at the same time and the one it tends to. Their distance is the total variation, half the sum of the absolute differences."
          numbers={barTable(f)}
          finding={densityFinding(f)}
        >
          <Legend entries={HISTOGRAM} />
          <Live name="histogram" label="Histogram of x and density." />
          {f.refused && <p class="hint">No stationary density: {f.refused}</p>}
          {f.edge > 1e-3 && (
            <p class="hint">
              The range does not hold the density: {formatShare(f.edge)} of it lies in the outermost cells, at which the
              equation has walls and the particles have none. Widen the range.
            </p>
          )}
        </Panel>
        <Panel
          id="potential"
          title="Effective potential"
          about="What the particles see along x, as an energy: −Δ ln P with Δ = eta C/2. On a level floor the loss is flat and the potential is not: noise across the valley makes the flat end deeper. A histogram counts all y and belongs to −Δ kappa ln F; the law of the paper (eq. 7), Δ (1 − kappa) ln F, belongs to the floor y = 0."
          numbers={potentialTable(f)}
        >
          <Legend entries={plane ? POTENTIAL : POTENTIAL.filter((e) => e.colour !== 'green')} />
          <Live name="potential" label="Loss and effective potential along x." />
          {f.potential.withoutTheory && <p class="hint">No theory along x: {f.potential.withoutTheory}</p>}
        </Panel>
        <Panel
          id="bound"
          title="Too hot?"
          about="The diamond is the learning rate with the share of particles that diverged so far. Beyond the first line steps grow in mean square at the sharpest place that particles visit, beyond the second along almost every path; both fall where the curvature differs from batch to batch."
          numbers={boundTable(f)}
          finding={boundFinding(f)}
        >
          <Live name="bound" label="Learning rate, its bounds and the diverged share." />
        </Panel>
        <Panel
          id="curvature"
          title="Flatness that is reached"
          about="The mean of the largest curvature at the places of the particles, over time. It falls while noise carries particles to the flat end."
          numbers={courseTable(f)}
        >
          <Live name="curvature" label="Mean curvature over time." />
        </Panel>
        <Panel
          id="freezing"
          title="Freezing"
          about="The share of particles in the right one of two wells, beside the course that the rates of escape over the barrier predict. When the loss grows, barriers grow and the rates vanish; the dotted line marks the time from which less than one further passage is expected."
          numbers={freezingTable(f)}
          finding={freezingFinding(f)}
          waiting={f.freezing ? undefined : f.withoutFreezing}
        >
          <Legend entries={FREEZING} />
          {f.freezing && <Live name="freezing" label="Share in the right well over time." />}
          <p class="hint" id="freezing-words">
            {freezingWords(f)}
          </p>
        </Panel>
      </div>
    </>
  );
}

function Key({ f }: { f: ValleyFrame }) {
  const rows: readonly (readonly [string, string])[] = [
    ['distance to the density', `${formatEstimate(f.distance.value)}`],
    ['η over its bound', formatNumber(f.state.eta / f.bound.meanSquare, 3)],
    ['diverged', formatShare(f.diverged / f.particles)],
    ['outside the range', formatShare(f.moving > 0 ? f.outside / f.moving : 0)],
    ['mean curvature seen', `${formatEstimate(f.curvature)} nat/weight²`],
    ...(f.grown > 1 ? [['loss has grown', `${formatNumber(f.grown, 3)} times`] as const] : []),
  ];
  return (
    <dl class="key" id="valley-key">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
