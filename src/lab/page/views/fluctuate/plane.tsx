/** The panel of the plane of learning rate and batch size. */
import { useMemo } from 'preact/hooks';
import { formatCount, formatMarked, formatPlain } from '../../../../report/format.js';
import type { LabState } from '../../../protocol.js';
import { CanvasPanel } from '../../charts/canvas-panel.js';
import { Legend } from '../../charts/legend.js';
import { Panel } from '../../panel.js';
import { lab, results, values } from '../../store.js';
import { drawPlane } from './draw-plane.js';
import { ceilingFinding } from './findings.js';

/** Most earlier places of the point that are drawn. */
const MOST_BEFORE = 12;

/** Where the point stood before, oldest first. */
function placesBefore(state: LabState) {
  let [learningRate, batchSize] = [state.optimiser.learningRate, state.batchSize];
  const places = [];
  for (const [k, change] of state.changes.entries()) {
    // of a slider that was dragged only where it began and ended counts
    if (k === 0 || change.at > state.changes[k - 1].at + 50) places.push({ learningRate, batchSize });
    if (change.key === 'learningRate') learningRate = change.value;
    if (change.key === 'batchSize') batchSize = change.value;
  }
  return places.slice(-MOST_BEFORE);
}

export function PlanePanel() {
  const { ceiling, 'noise-scale': noise } = results.value;
  const { learningRate, batchSize } = values.value;
  const { changes } = lab.value;
  // of the state only the changes are drawn
  const data = useMemo(
    () => ({ ceiling, noise, now: { learningRate, batchSize }, before: placesBefore(lab.peek()) }),
    [ceiling, noise, learningRate, batchSize, changes],
  );
  const resolved = noise !== undefined && noise.simple.value > 0;
  const rows: string[][] = [
    ['learning rate', formatPlain(learningRate)],
    ['batch size', formatCount(batchSize)],
    ['largest stable rate', ceiling ? formatMarked(ceiling.edge) : 'not measured yet'],
    ['largest curvature (nat/weight²)', ceiling ? formatMarked(ceiling.curvature) : 'not measured yet'],
    ['noise scale (samples)', noise ? formatMarked(noise.simple) : 'not measured yet'],
  ];
  return (
    <Panel
      id="plane"
      title="Learning rate and batch size"
      about="Above the solid line the valley's steepest direction throws the weights out instead of in; left of the dashed line the noise of a minibatch is larger than its gradient. Along the dotted line the ratio of learning rate to batch size, and with it the noise, is the same as now."
      finding={ceiling && ceilingFinding(ceiling)}
      numbers={{ caption: 'Learning rate and batch size', columns: ['quantity', 'value'], rows }}
    >
      <Legend
        entries={[
          { label: 'now', colour: 'purple', mark: 'diamond' },
          ...(data.before.length > 0 ? [{ label: 'before', colour: 'purple', mark: 'ring' } as const] : []),
          ...(ceiling ? [{ label: 'largest stable rate', colour: 'orange', mark: 'line' } as const] : []),
          ...(resolved ? [{ label: 'noise scale', colour: 'green', mark: 'dash' } as const] : []),
          { label: 'equal η/B', colour: 'muted', mark: 'dots' },
        ]}
      />
      <CanvasPanel
        id="plane"
        label="Plane of learning rate and batch size with the present point."
        data={data}
        draw={drawPlane}
      />
      {noise && !resolved && (
        <p class="hint">
          The noise scale is not resolved at step {formatCount(noise.step)}: the squared gradient is{' '}
          {formatMarked(noise.squaredGradient)}, which is not above 0.
        </p>
      )}
    </Panel>
  );
}
