/** The panel of temperatures. */
import { formatCount, formatMarked, formatNumber } from '../../../../report/format.js';
import { CanvasPanel } from '../../charts/canvas-panel.js';
import { Legend } from '../../charts/legend.js';
import { Panel } from '../../panel.js';
import { results } from '../../store.js';
import { drawTemperature } from './draw-temperature.js';
import { temperatureFinding } from './findings.js';
import { waitingFor } from './waiting.js';

export function TemperaturePanel() {
  const { temperature: t } = results.value;
  return (
    <Panel
      id="temperature"
      title="Temperature of each direction"
      about="The strength of the noise along each direction, expressed as the temperature that a thermal bath with the same kicks would have. In thermal equilibrium all directions would lie on one horizontal line; with SGD they need not."
      waiting={waitingFor('temperature', t)}
      finding={t && temperatureFinding(t)}
      numbers={
        t && {
          caption: `Temperatures, ${formatCount(t.basis.rows)} rows, step ${formatCount(t.basis.step)}`,
          columns: ['rank', 'variance (weight²)', 'temperature (nat)'],
          rows: t.directions.map((d) => [String(d.index), formatNumber(d.variance), formatMarked(d.temperature)]),
        }
      }
    >
      {t && (
        <>
          <Legend
            entries={[
              { label: 'direction', colour: 'blue', mark: 'dot' },
              { label: 'not converged', colour: 'blue', mark: 'ring' },
              { label: 'one temperature for all', colour: 'orange', mark: 'dash' },
            ]}
          />
          <CanvasPanel
            id="temperature"
            label="Temperature of single directions against their variance."
            data={t}
            draw={drawTemperature}
          />
        </>
      )}
    </Panel>
  );
}
