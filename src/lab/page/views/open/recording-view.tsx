/** One recording or file of weights: what it holds, the spectrum of its principal directions, and its displacements. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { formatCount, formatMarked, formatNumber, formatShare } from '../../../../report/format.js';
import { CanvasPanel } from '../../charts/canvas-panel.js';
import { Legend } from '../../charts/legend.js';
import type { FromRecording, RecordingFacts, RecordingSpectrum } from '../../dropped/recording.js';
import { Panel } from '../../panel.js';
import { drawRecordedDisplacement, drawRecordedSpectrum, type RecordedDisplacement } from './draw-recording.js';
import type { Entry } from './library.js';

interface Shown {
  readonly facts?: RecordingFacts;
  readonly spectrum?: RecordingSpectrum;
  readonly moving?: RecordedDisplacement;
  readonly working?: string;
  readonly sentence?: string;
}

/** @param inner - the folder in a run folder that is the recording */
export function RecordingView({ entry, inner }: { entry: Entry; inner?: string }) {
  const shown = useSignal<Shown>({ working: 'reading the files' });
  const params = useSignal('');
  const worker = useRef<Worker | undefined>(undefined);
  const close = () => worker.current?.terminate();
  const open = async () => {
    close();
    const { facts } = shown.peek();
    shown.value = { ...(facts && { facts }), working: 'reading the files' };
    try {
      const { files, path } = await entry.recording(inner);
      const opened = new Worker(new URL('../../dropped/worker.ts', import.meta.url), { type: 'module' });
      worker.current = opened;
      opened.onerror = (e) => {
        shown.value = {
          ...shown.peek(),
          working: '',
          sentence: `The recording could not be opened: ${e.message || 'its worker did not start'}.`,
        };
      };
      opened.onmessage = ({ data }: MessageEvent<FromRecording>) => {
        const { working: _, ...now } = shown.peek();
        if (data.type === 'facts') shown.value = { ...shown.peek(), facts: data.facts };
        else if (data.type === 'working') shown.value = { ...now, working: data.what };
        else if (data.type === 'spectrum') shown.value = { ...shown.peek(), spectrum: data.spectrum };
        else if (data.type === 'dynamics')
          shown.value = { ...now, moving: { every: data.every, directions: data.dynamics } };
        else shown.value = { ...now, sentence: data.sentence };
      };
      opened.postMessage({ files, path, ...(params.peek().trim() && { params: params.peek().trim() }) });
    } catch (error) {
      shown.value = { sentence: (error as Error).message };
    }
  };
  useEffect(() => {
    void open();
    return close;
  }, []);
  const { facts, spectrum, moving, working, sentence } = shown.value;
  return (
    <article>
      <h3 class="run-title">{inner ? `The recorded window, ${inner}` : entry.summary.name}</h3>
      {facts && <Facts facts={facts} />}
      {facts && facts.parameters.length > 1 && (
        <form
          class="options"
          onSubmit={(e) => {
            e.preventDefault();
            void open();
          }}
        >
          <div class="control">
            <label for="recording-params">Parameters, such as fc2.*</label>
            <input
              id="recording-params"
              type="text"
              value={params.value}
              placeholder="all"
              spellcheck={false}
              onInput={(e) => {
                params.value = e.currentTarget.value;
              }}
            />
          </div>
          <button type="submit">Measure</button>
        </form>
      )}
      {working && (
        <p class="waiting" role="status">
          Working: {working} …
        </p>
      )}
      {sentence && (
        <p class="told" role="status" data-said="recording">
          {sentence}
        </p>
      )}
      <div class="panels">
        {spectrum && (
          <Panel
            id="recorded-spectrum"
            title="Variances along principal directions"
            about="The variance of the recorded weights along each principal direction, by rank. Directions below the resolution of the file are left out."
            numbers={{
              caption: 'Variances by rank',
              columns: ['rank', 'variance (weight²)', 'share'],
              rows: spectrum.variances
                .slice(0, 20)
                .map((v, k) => [String(k + 1), formatNumber(v), `${formatShare(v / spectrum.totalVariance)}`]),
            }}
          >
            <CanvasPanel
              id="recorded-spectrum"
              label="Variance against rank, on logarithmic axes."
              data={spectrum}
              draw={drawRecordedSpectrum}
            />
          </Panel>
        )}
        {moving && (
          <Panel
            id="recorded-displacement"
            title="How far after how many steps"
            about="The mean squared displacement along single directions against lag. Slope 2 is a drift, slope 1 diffusion, and a line that becomes flat stays in a valley."
            numbers={{
              caption: 'Exponents of displacement',
              columns: ['rank', 'exponent', 'correlation time (rows)'],
              rows: moving.directions.map((d) => [
                String(d.index),
                formatMarked(d.msdExponent),
                formatMarked(d.correlationTime),
              ]),
            }}
          >
            <Legend
              entries={[
                { label: 'slope 1, diffusion', colour: 'muted', mark: 'dots' },
                { label: 'slope 2, drift', colour: 'muted', mark: 'dash' },
              ]}
            />
            <CanvasPanel
              id="recorded-displacement"
              label="Mean squared displacement against lag, on logarithmic axes."
              data={moving}
              draw={drawRecordedDisplacement}
            />
          </Panel>
        )}
      </div>
    </article>
  );
}

function Facts({ facts }: { facts: RecordingFacts }) {
  const { format, T, P, every, stepsFrom, parameters, training, notes } = facts;
  const rows: [string, string][] = [
    ['format', format],
    ['rows', formatCount(T)],
    ['weights in a row', formatCount(P)],
    ['steps between rows', `${every}${stepsFrom === 'rows' ? ' (rows are counted)' : ''}`],
    ...Object.entries(training).map(([key, value]): [string, string] => [key, String(value)]),
  ];
  return (
    <>
      <dl class="key">
        {rows.map(([key, value]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <details>
        <summary>{parameters.length === 1 ? '1 parameter' : `${formatCount(parameters.length)} parameters`}</summary>
        <ul>
          {parameters.slice(0, 200).map((p) => (
            <li key={p.name}>
              {p.name} ({p.shape.join(' × ') || '1'})
            </li>
          ))}
        </ul>
      </details>
      {notes.map((note) => (
        <p key={note} class="hint">
          {note}
        </p>
      ))}
    </>
  );
}
