/** One run: what it is, its findings by verdict with their reasons, its figures, its tables. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Finding } from '../../../../report/finding.js';
import { formatMarked } from '../../../../report/format.js';
import { findingsIn, VERDICTS } from '../../../../results/numbers.js';
import { FindingNote } from '../../finding-note.js';
import { servedByCommand } from '../../offline.js';
import { saveBytes } from '../../share/save.js';
import { keep } from '../../store.js';
import { compared, toggleCompared } from './chosen.js';
import { Figure } from './figure.js';
import { documentOf, type Entry, forgetEntry } from './library.js';
import { RecordingView } from './recording-view.js';
import { NumbersOfRun } from './run-numbers.js';

interface Loaded {
  readonly findings: readonly Finding[];
  readonly figures: readonly { readonly name: string; readonly svg: string }[];
  readonly tables: readonly { readonly name: string; readonly text: string }[];
  readonly title: string;
  readonly report: boolean;
  /** The recorded window, where it is there. */
  readonly window: string | undefined;
}

const decoder = new TextDecoder();

async function load(entry: Entry): Promise<Loaded> {
  const files = await entry.folder.files();
  const texts = async (pattern: RegExp) =>
    Promise.all(
      files
        .filter((file) => pattern.test(file))
        .map(async (file) => ({
          name: file.replace(pattern, '$1'),
          text: decoder.decode(await entry.folder.read(file)),
        })),
    );
  const [findings, figures, tables, report] = await Promise.all([
    documentOf(entry, 'findings.json'),
    texts(/^(?:figures\/)?([^/]+)\.svg$/),
    texts(/^tables\/(?!findings\.csv)([^/]+\.csv)$/),
    documentOf(entry, 'report.json'),
  ]);
  const title = (report as { title?: unknown } | undefined)?.title;
  return {
    findings: findingsIn(findings),
    figures: figures.map(({ name, text }) => ({ name, svg: text })),
    tables,
    title: typeof title === 'string' ? title : entry.summary.name,
    report: files.includes('report.html'),
    window: files.includes('trajectory.zarr/zarr.json') ? 'trajectory.zarr' : undefined,
  };
}

export function RunView({ entry }: { entry: Entry }) {
  const { summary } = entry;
  const loaded = useSignal<Loaded | string>('');
  const recorded = useSignal(false);
  useEffect(() => {
    load(entry).then(
      (value) => {
        loaded.value = value;
      },
      (error) => {
        loaded.value = `The files of ${summary.name} could not be read: ${(error as Error).message}`;
      },
    );
  }, []);
  const l = loaded.value;
  const isCompared = compared.value.includes(summary.id);
  return (
    <article>
      <h3 class="run-title">{typeof l === 'string' ? summary.name : l.title}</h3>
      <p class="hint">
        {summary.name}: {summary.what} ({summary.experiment}), {summary.state}
        {summary.digest && `, config ${summary.digest}`}
      </p>
      {summary.problem && <p class="told">{summary.problem}</p>}
      <div class="buttons">
        <button
          type="button"
          aria-pressed={isCompared}
          disabled={summary.numbers.length === 0}
          onClick={() => toggleCompared(summary.id)}
        >
          {isCompared ? 'In the comparison' : 'Add to the comparison'}
        </button>
        {compared.value.length > 1 && (
          <button type="button" onClick={() => keep({ view: 'compare' })}>
            Compare {compared.value.length} runs
          </button>
        )}
        {typeof l !== 'string' && l.report && servedByCommand() && entry.from === 'served' && (
          <a class="button" href={`api/runs/${summary.id}/file/report.html`} target="_blank" rel="noreferrer">
            Open its report
          </a>
        )}
        {typeof l !== 'string' && l.window && (
          <button
            type="button"
            aria-expanded={recorded.value}
            onClick={() => {
              recorded.value = !recorded.value;
            }}
          >
            {recorded.value ? 'Close the recorded window' : 'Open the recorded window'}
          </button>
        )}
        {entry.from === 'dropped' && (
          <button type="button" onClick={() => forgetEntry(summary.id)}>
            Remove from the page
          </button>
        )}
      </div>
      <dl class="key">
        {Object.entries(summary.settings).map(([key, value]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{String(value)}</dd>
          </div>
        ))}
      </dl>
      {typeof l === 'string' ? (
        <p class="waiting">{l || 'Reading its files …'}</p>
      ) : (
        <>
          {recorded.value && l.window && <RecordingView entry={entry} inner={l.window} />}
          <Findings findings={l.findings} />
          {l.findings.length === 0 && <NumbersOfRun numbers={summary.numbers} />}
          {l.figures.length > 0 && (
            <section aria-label="Figures">
              <h3>Figures</h3>
              <div class="panels">
                {l.figures.map(({ name, svg }) => (
                  <Figure key={name} name={name} svg={svg} tables={l.tables} />
                ))}
              </div>
            </section>
          )}
          {l.tables.length > 0 && (
            <section aria-label="Tables">
              <h3>Tables</h3>
              <div class="buttons">
                {l.tables.map(({ name, text }) => (
                  <button key={name} type="button" onClick={() => saveBytes(name, text, 'text/csv')}>
                    Save {name}
                  </button>
                ))}
              </div>
            </section>
          )}
          {l.findings.length + l.figures.length + summary.numbers.length === 0 && !summary.problem && (
            <p class="waiting">
              This folder has no findings and no figures yet: thermograd reproduce --resume measures and draws it.
            </p>
          )}
        </>
      )}
    </article>
  );
}

function Findings({ findings }: { findings: readonly Finding[] }) {
  return (
    <>
      {VERDICTS.map((verdict) => {
        const own = findings.filter((f) => f.verdict === verdict);
        return own.length === 0 ? null : (
          <section key={verdict} aria-label={`Findings: ${verdict}`} data-verdict={verdict}>
            <h3>
              {verdict} ({own.length})
            </h3>
            {own.map((f) => (
              <FindingNote
                key={f.id}
                finding={{
                  claim: f.claim,
                  measured: `${f.id} = ${formatMarked(f.measured)}${f.unit && ` ${f.unit}`} (n = ${f.measured.n}; ${f.measured.method})`,
                  ...(f.predicted && { nullModel: f.predicted }),
                  verdict: f.verdict,
                  reason: `${f.reason}${f.stated && ` Stated: ${f.stated}.`}`,
                }}
              />
            ))}
          </section>
        );
      })}
    </>
  );
}
