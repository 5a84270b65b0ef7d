/** The key numbers of the session. */
import { formatCount, formatNumber, formatShare, MISSING } from '../../../../report/format.js';
import { curves } from '../../curves.js';
import { lastEpoch, progress, session } from '../../store.js';

export function Facts() {
  const [s, p, e] = [session.value, progress.value, lastEpoch.value];
  const facts: [string, string][] = [
    ['Parameters', formatCount(s?.parameters)],
    ['Training samples', formatCount(s?.samples.train)],
    ['Batches in an epoch', formatCount(s?.batchesPerEpoch)],
    ['Minibatch loss', p && curves.loss.length > 0 ? `${formatNumber(curves.loss.last, 3)} nat` : MISSING],
    ['Training loss', e ? `${formatNumber(e.trainLoss, 3)} nat` : MISSING],
    ['Wrong in training', e ? formatShare(e.trainErrors / e.trainSamples) : MISSING],
    ['Wrong in test', e && e.testSamples > 0 ? formatShare(1 - e.testAccuracy) : MISSING],
    ['Length of the weights', e ? formatNumber(e.weightNorm, 4) : MISSING],
    ['Window', p ? `${formatCount(p.window.rows)} of ${formatCount(p.window.capacity)} rows` : MISSING],
    [
      'Memory',
      s ? `${formatNumber((s.memory.training + s.memory.window + s.memory.checkpoints) / 2 ** 20, 3)} MiB` : MISSING,
    ],
  ];
  return (
    <dl class="key" id="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
