/** The panel of the weight cloud. */
import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { formatCount, formatMarked, formatShare } from '../../../../report/format.js';
import { CanvasPanel } from '../../charts/canvas-panel.js';
import { Choice } from '../../controls/choice.js';
import { Panel } from '../../panel.js';
import { results } from '../../store.js';
import { reducedMotion } from '../../theme.js';
import { drawCloud } from './draw-cloud.js';
import { alignedFinding } from './findings.js';
import { waitingFor } from './waiting.js';

export function CloudPanel() {
  const { cloud, displacement } = results.value;
  const own = useSignal(false);
  const turning = useSignal(!reducedMotion.value);
  const speed = turning.value ? 0.35 : 0;
  const data = useMemo(() => cloud && { cloud, own: own.value, speed }, [cloud, own.value, speed]);
  return (
    <Panel
      id="cloud"
      title="The cloud of weights"
      about="Each point is the layer's weights after one step, seen along the three directions in which they moved most; colour runs from the oldest step to the newest. A long thin cloud is a drift along one direction, a ball is a random motion along many."
      waiting={waitingFor('cloud', data)}
      finding={displacement && alignedFinding(displacement)}
      numbers={
        cloud && {
          caption: `Principal directions of ${formatCount(cloud.basis.rows)} rows, step ${formatCount(cloud.basis.step)}`,
          columns: ['rank', 'variance (weight²)', 'share of the variance'],
          rows: cloud.ranks.map((r, k) => [String(r), formatMarked(cloud.variances[k]), formatShare(cloud.shares[k])]),
        }
      }
    >
      {data && (
        <>
          <div class="options">
            <Choice
              label="Scale"
              value={own.value ? 'own' : 'same'}
              options={[
                { value: 'same', label: 'Same for all' },
                { value: 'own', label: 'Own of each' },
              ]}
              onChange={(v) => {
                own.value = v === 'own';
              }}
            />
            <button
              type="button"
              aria-pressed={turning.value}
              onClick={() => {
                turning.value = !turning.value;
              }}
            >
              {turning.value ? 'Hold still' : 'Turn'}
            </button>
          </div>
          <CanvasPanel
            id="cloud"
            label={`The weights of the layer in their first ${data.cloud.ranks.length} principal coordinates.`}
            data={data}
            draw={drawCloud}
            moving={turning.value}
            aspect={0.8}
          />
        </>
      )}
    </Panel>
  );
}
