/** The panel of the spectrum. */
import { formatCount, formatMarked, formatNumber, MISSING } from '../../../../report/format.js';
import type { MeasureResults } from '../../../measures.js';
import { CanvasPanel } from '../../charts/canvas-panel.js';
import { Legend } from '../../charts/legend.js';
import { Panel } from '../../panel.js';
import { results } from '../../store.js';
import { drawSpectrum } from './draw-spectrum.js';
import { spectrumFinding } from './findings.js';
import { waitingFor } from './waiting.js';

export function SpectrumPanel() {
  const { spectrum } = results.value;
  return (
    <Panel
      id="spectrum"
      title="Variance by rank"
      about="The variance of the weights along each principal direction, largest first, beside that of a random walk whose steps have the same noise and which feels no landscape. Where the two agree, the shape of the spectrum says nothing about the loss."
      waiting={waitingFor('spectrum', spectrum)}
      finding={spectrum && spectrumFinding(spectrum)}
      numbers={spectrum && numbersOf(spectrum)}
    >
      {spectrum && (
        <>
          <Legend
            entries={[
              { label: 'the run', colour: 'blue', mark: 'dot' },
              ...(spectrum.walk ? [{ label: 'walk with its own noise', colour: 'orange', mark: 'dash' } as const] : []),
            ]}
          />
          <CanvasPanel
            id="spectrum"
            label="Variance along each principal direction, by rank."
            data={spectrum}
            draw={drawSpectrum}
          />
        </>
      )}
    </Panel>
  );
}

function numbersOf(s: MeasureResults['spectrum']) {
  const walk = (i: number) =>
    s.walk && i <= s.walk.variances.length ? formatNumber(s.walk.variances[i - 1]) : MISSING;
  const rows = [1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 2000]
    .filter((i) => i <= s.variances.length)
    .map((i) => [String(i), formatNumber(s.variances[i - 1]), walk(i)]);
  return {
    caption: `Variances (weight²) of ${formatCount(s.basis.rows)} rows, step ${formatCount(s.basis.step)}`,
    columns: ['rank', 'the run', 'walk'],
    rows: [['gamma', formatMarked(s.gamma), s.walk ? formatMarked(s.walk.gamma) : MISSING], ...rows],
  };
}
