/** Where and why a run diverged, and what can be done about it. */
import { formatCount, formatNumber } from '../../../../report/format.js';
import { diverged, lab, rewind, set, values } from '../../store.js';

export function Divergence() {
  const d = diverged.value;
  if (!d) return null;
  const lastChange = lab.value.changes.findLast((c) => c.at < d.at);
  const back = Math.max(0, lastChange?.at ?? 0);
  return (
    <div class="told" id="diverged">
      <div>
        <p>
          <strong>
            Diverged at step {formatCount(d.at)}, minibatch loss{' '}
            {Number.isFinite(d.loss) ? `${formatNumber(d.loss, 3)} nat` : 'not finite'}, eta ={' '}
            {formatNumber(d.learningRate, 3)}.
          </strong>{' '}
          {d.why}
        </p>
      </div>
      <button
        type="button"
        onClick={() => {
          const lower = Number((values.value.learningRate / 2).toPrecision(3));
          rewind(back);
          set('learningRate', lower);
        }}
      >
        Rewind to step {formatCount(back)} with half of eta
      </button>
    </div>
  );
}
