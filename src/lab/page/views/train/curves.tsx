/** The curves of the view Train: loss, errors, learning rate. */
import { useComputed } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { formatCount, formatNumber, formatShare, MISSING } from '../../../../report/format.js';
import { Legend } from '../../charts/legend.js';
import { type Curve, type Flag, LineChart } from '../../charts/line-chart.js';
import { curves, curvesRange, curvesVersion, flagsOf } from '../../curves.js';
import { Panel } from '../../panel.js';
import { diverged, lab, progress } from '../../store.js';

const LOSS: readonly Curve[] = [
  { label: 'minibatch', series: curves.loss, colour: 'muted', mark: 'line' },
  { label: 'training set', series: curves.trainLoss, colour: 'blue', mark: 'dot' },
  { label: 'test set', series: curves.testLoss, colour: 'orange', mark: 'square' },
];
const ERROR: readonly Curve[] = [
  { label: 'minibatch', series: curves.error, colour: 'muted', mark: 'line' },
  { label: 'training set', series: curves.trainError, colour: 'blue', mark: 'dot' },
  { label: 'test set', series: curves.testError, colour: 'orange', mark: 'square' },
];
const RATE: readonly Curve[] = [{ label: 'eta', series: curves.rate, colour: 'purple', mark: 'line', stepped: true }];

export function Curves() {
  const moves = useComputed(() => flagsOf(lab.value)).value;
  const end = diverged.value;
  const flags = useMemo<Flag[]>(
    () => (end ? [...moves, { at: end.at, label: 'diverged', kind: 'diverged' }] : moves),
    [moves, end],
  );
  const shared = { version: curvesVersion, range: curvesRange, flags };
  return (
    <div class="panels">
      <Panel
        id="loss"
        title="Loss"
        wide
        about="The loss of every minibatch before its step, and the loss over whole sets at the end of each epoch, in nat. Dragging across the chart zooms in; a step on which a slider moved has a dashed line with a triangle."
        numbers={lossNumbers()}
      >
        <Legend entries={LOSS} />
        <LineChart
          id="loss"
          label="Loss over training steps, logarithmic."
          curves={LOSS}
          yLabel="loss (nat)"
          log
          height={300}
          {...shared}
        />
      </Panel>
      <Panel
        id="error"
        title="Wrong predictions"
        about="The share of samples whose largest output is not their class. A minibatch has few samples, so that its share moves in jumps of 1/B."
        numbers={errorNumbers()}
      >
        <Legend entries={ERROR} />
        <LineChart
          id="error"
          label="Share of wrong predictions over training steps."
          curves={ERROR}
          yLabel="wrong (share)"
          {...shared}
        />
      </Panel>
      <Panel
        id="learning-rate"
        title="Learning rate"
        about="The learning rate that each step had. Marks show the steps at which a slider moved; a link to this page repeats those moves at the same steps."
        numbers={{
          caption: 'What sliders changed',
          columns: ['after step', 'setting'],
          rows: flags.length > 0 ? flags.slice(-20).map((f) => [formatCount(f.at), f.label]) : [['–', 'nothing yet']],
        }}
      >
        <Legend entries={RATE} />
        <LineChart
          id="learning-rate"
          label="Learning rate over training steps, logarithmic."
          curves={RATE}
          yLabel="eta"
          log
          {...shared}
        />
      </Panel>
    </div>
  );
}

function lossNumbers() {
  const steps = progress.value?.step ?? 0;
  const [low, high] = curves.loss.extremes(0, curves.loss.length);
  const at = (i: number) =>
    i < 0 ? MISSING : `${formatNumber(curves.loss.y(i), 4)} at step ${formatCount(curves.loss.x(i))}`;
  return {
    caption: 'Loss, nat',
    columns: ['quantity', 'value'],
    rows: [
      ['steps drawn', formatCount(steps)],
      ['last minibatch', formatNumber(curves.loss.last, 4)],
      ['smallest minibatch', at(low)],
      ['largest minibatch', at(high)],
      ['training set, last epoch', formatNumber(curves.trainLoss.last, 4)],
      ['test set, last epoch', formatNumber(curves.testLoss.last, 4)],
    ],
  };
}

function errorNumbers() {
  const share = (x: number) => (Number.isFinite(x) ? formatShare(x) : MISSING);
  return {
    caption: 'Wrong predictions',
    columns: ['quantity', 'value'],
    rows: [
      ['last minibatch', share(curves.error.last)],
      ['training set, last epoch', share(curves.trainError.last)],
      ['test set, last epoch', share(curves.testError.last)],
    ],
  };
}
