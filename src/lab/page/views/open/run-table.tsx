/** The index of runs: sortable, filtered, and only the rows in sight are elements, so that a thousand runs scroll without a stutter. */
import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Verdict } from '../../../../report/finding.js';
import { formatCount, formatEstimate, formatPlain } from '../../../../report/format.js';
import { filterRuns, numberOf, sortRuns } from '../../../../results/filter.js';
import { VERDICTS } from '../../../../results/numbers.js';
import type { RunSummary } from '../../../../results/summary.js';
import { keep } from '../../store.js';
import { compared, openRun, toggleCompared } from './chosen.js';

/** Height of a row in pixels, as the style sheet sets it, and rows beyond the edges that are there already. */
const [ROW, MORE] = [34, 8];

interface Column {
  readonly key: string;
  readonly title: string;
  readonly number?: boolean;
}
const HEAD: readonly Column[] = [
  { key: 'name', title: 'Run' },
  { key: 'experiment', title: 'Experiment' },
  { key: 'verdicts', title: 'Findings' },
];
const SETTINGS: readonly Column[] = [
  { key: 'data', title: 'Data' },
  { key: 'network', title: 'Network' },
  { key: 'optimiser', title: 'Optimiser' },
  { key: 'learningRate', title: 'η', number: true },
  { key: 'batchSize', title: 'B', number: true },
  { key: 'momentum', title: 'μ', number: true },
  { key: 'seed', title: 'Seed', number: true },
];

const SHAPES: Readonly<Record<Verdict, readonly [string, string]>> = {
  reproduced: ['✓', 'reproduced'],
  'reproduced with another exponent': ['≈', 'near'],
  'not reproduced': ['✗', 'not'],
  'not decidable with this run': ['?', 'undecided'],
};

export function RunTable({ runs }: { runs: readonly RunSummary[] }) {
  const filter = useSignal('');
  const number = useSignal('');
  const order = useSignal<{ readonly key: string; readonly descending: boolean }>({ key: '', descending: false });
  const box = useRef<HTMLElement>(null);
  const sight = useSignal({ first: 0, last: 30 });

  const look = () => {
    const element = box.current;
    if (!element) return;
    const first = Math.max(0, Math.floor(element.scrollTop / ROW) - MORE);
    const last = Math.ceil((element.scrollTop + element.clientHeight) / ROW) + MORE;
    if (sight.peek().first !== first || sight.peek().last !== last) sight.value = { first, last };
  };
  useEffect(() => {
    const resized = new ResizeObserver(look);
    resized.observe(box.current!);
    return () => resized.disconnect();
  }, []);

  const ids = useMemo(() => [...new Set(runs.flatMap((run) => run.numbers.map((n) => n.id)))].sort(), [runs]);
  const chosen = number.value || (ids.includes('ivf.psi') ? 'ivf.psi' : (ids[0] ?? ''));
  const { key, descending } = order.value;
  const shown = useMemo(() => {
    const filtered = filterRuns(runs, filter.value);
    return key === '' ? filtered : sortRuns(filtered, key, descending);
  }, [runs, filter.value, key, descending]);
  const { first, last } = sight.value;
  const rows = shown.slice(first, last);
  // settings that no run has take no place
  const used = useMemo(() => new Set(runs.flatMap((run) => Object.keys(run.settings))), [runs]);
  const settings = SETTINGS.filter((c) => used.has(c.key));
  const columns = [
    ...HEAD,
    ...(chosen ? [{ key: chosen, title: chosen, number: true }] : []),
    ...settings,
    { key: 'state', title: 'State' },
  ];
  const sortBy = (by: string) => {
    order.value = { key: by, descending: key === by && !descending };
  };
  return (
    <section class="runs" aria-label="Runs">
      <div class="options">
        <div class="control runs-filter">
          <label for="runs-filter">Filter</label>
          <input
            id="runs-filter"
            type="text"
            value={filter.value}
            placeholder="words, or eta>0.05 psi<4 data=mnist"
            spellcheck={false}
            onInput={(e) => {
              filter.value = e.currentTarget.value;
              if (box.current) box.current.scrollTop = 0;
            }}
          />
        </div>
        {ids.length > 0 && (
          <div class="control">
            <label for="runs-number">Number</label>
            <select id="runs-number" value={chosen} onChange={(e) => (number.value = e.currentTarget.value)}>
              {ids.map((id) => (
                <option key={id} value={id}>
                  {id}
                </option>
              ))}
            </select>
          </div>
        )}
        <button type="button" disabled={compared.value.length < 2} onClick={() => keep({ view: 'compare' })}>
          Compare {compared.value.length} runs
        </button>
        <span class="hint" role="status" data-said="runs">
          {shown.length === runs.length
            ? `${formatCount(runs.length)} runs`
            : `${formatCount(shown.length)} of ${formatCount(runs.length)} runs`}
        </span>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by the keyboard */}
      <section class="runs-scroll" ref={box} onScroll={look} tabIndex={0} aria-label="Index of runs">
        <table aria-rowcount={shown.length + 1}>
          <thead>
            <tr aria-rowindex={1}>
              <th scope="col">
                <span class="sr-only">Compare</span>
              </th>
              {columns.map((c) => (
                <th
                  key={c.key}
                  scope="col"
                  class={c.number ? 'n' : undefined}
                  aria-sort={key === c.key ? (descending ? 'descending' : 'ascending') : 'none'}
                >
                  <button type="button" class="quiet" onClick={() => sortBy(c.key)} data-sort={c.key}>
                    {c.title}
                    <span aria-hidden="true">{key === c.key ? (descending ? ' ▾' : ' ▴') : ''}</span>
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <Space rows={first} columns={columns.length + 1} />
            {rows.map((run, k) => (
              <RunRow key={run.id} run={run} place={first + k + 2} number={chosen} settings={settings} />
            ))}
            <Space rows={Math.max(0, shown.length - last)} columns={columns.length + 1} />
          </tbody>
        </table>
      </section>
    </section>
  );
}

/** The height of the rows that are out of sight. */
function Space({ rows, columns }: { rows: number; columns: number }) {
  return rows > 0 ? (
    <tr>
      <td colSpan={columns} class="space" style={{ height: `${rows * ROW}px` }} />
    </tr>
  ) : null;
}

interface RowProps {
  readonly run: RunSummary;
  readonly place: number;
  readonly number: string;
  readonly settings: readonly Column[];
}

function RunRow({ run, place, number, settings }: RowProps) {
  const setting = (key: string) => {
    const value = run.settings[key];
    return typeof value === 'number' ? formatPlain(value, 4) : (value ?? '');
  };
  const measured = numberOf(run, number);
  return (
    <tr aria-rowindex={place} data-run={run.id}>
      <td>
        <input
          type="checkbox"
          checked={compared.value.includes(run.id)}
          disabled={run.numbers.length === 0}
          aria-label={`Compare ${run.name}`}
          onChange={() => toggleCompared(run.id)}
        />
      </td>
      <th scope="row">
        <button type="button" class="quiet" onClick={() => openRun(run.id)} title={run.name}>
          {run.name}
        </button>
      </th>
      <td>{run.experiment}</td>
      <td class="verdicts">
        <Verdicts run={run} />
      </td>
      {number && (
        <td class="n">
          {measured && formatEstimate({ value: measured.value, standardError: measured.standardError ?? Number.NaN })}
        </td>
      )}
      {settings.map((c) => (
        <td key={c.key} class={c.number ? 'n' : undefined}>
          {setting(c.key)}
        </td>
      ))}
      <td class={run.state === 'complete' ? undefined : 'state'} title={run.problem}>
        {run.state}
      </td>
    </tr>
  );
}

/** How many findings of each verdict, by shape and colour, with words for those who cannot see them. */
export function Verdicts({ run }: { run: RunSummary }) {
  return (
    <>
      {VERDICTS.filter((v) => run.verdicts[v]).map((v) => (
        <span key={v} class={`count ${SHAPES[v][1]}`} title={`${run.verdicts[v]} ${v}`}>
          <span aria-hidden="true">{SHAPES[v][0]}</span>
          {run.verdicts[v]}
          <span class="sr-only"> {v} </span>
        </span>
      ))}
    </>
  );
}
