/** The panel of displacements. */
import { formatCount, formatMarked, formatNumber } from '../../../../report/format.js';
import { CanvasPanel } from '../../charts/canvas-panel.js';
import { Legend } from '../../charts/legend.js';
import { Panel } from '../../panel.js';
import { results } from '../../store.js';
import { drawDisplacement } from './draw-displacement.js';
import { displacementFinding } from './findings.js';
import { waitingFor } from './waiting.js';

export function DisplacementPanel() {
  const { displacement: d } = results.value;
  return (
    <Panel
      id="displacement"
      title="How far after how many steps"
      about="The mean squared displacement along single directions against the number of steps between two moments. A line of slope 2 is a steady drift, slope 1 is diffusion, and a line that becomes flat is a motion that stays in a valley."
      waiting={waitingFor('displacement', d)}
      finding={d && displacementFinding(d)}
      numbers={
        d && {
          caption: `Exponents of displacement, ${formatCount(d.basis.rows)} rows, step ${formatCount(d.basis.step)}`,
          columns: ['rank', 'exponent', 'correlation time (steps)', 'drift (weight/step)', 'cosine with the weights'],
          rows: d.directions.map((x) => [
            String(x.index),
            formatMarked(x.msdExponent),
            formatMarked(x.correlationTime),
            formatMarked(x.driftVelocity),
            formatNumber(x.cosWithWeights),
          ]),
        }
      }
    >
      {d && (
        <>
          <Legend
            entries={[
              { label: 'slope 1, diffusion', colour: 'muted', mark: 'dots' },
              { label: 'slope 2, drift', colour: 'muted', mark: 'dash' },
            ]}
          />
          <CanvasPanel
            id="displacement"
            label={`Mean squared displacement against lag, for ranks ${d.directions.map((x) => x.index).join(', ')}.`}
            data={d}
            draw={drawDisplacement}
          />
        </>
      )}
    </Panel>
  );
}
