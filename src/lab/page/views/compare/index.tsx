/** The view Compare: two or more runs side by side, their settings, their numbers, the differences and how sure those are. */
import { useEffect } from 'preact/hooks';
import { formatEstimate, formatPlain } from '../../../../report/format.js';
import { type Compared, compareNumbers, type Difference, settingsThatDiffer } from '../../../../results/compare.js';
import { saveTable } from '../../share/save.js';
import { SaveButtons } from '../../share/save-buttons.js';
import { keep } from '../../store.js';
import { compared, openRun, toggleCompared } from '../open/chosen.js';
import { type Entry, entries, loadServed, served } from '../open/library.js';
import { Verdicts } from '../open/run-table.js';
import '../open/open.css';

export function Compare() {
  useEffect(() => {
    if (served.peek() !== 'loaded') void loadServed();
  }, []);
  const chosen = compared.value.map((id) => entries.value.get(id)).filter((e): e is Entry => e !== undefined);
  const missing = compared.value.length - chosen.length;
  if (chosen.length < 2)
    return (
      <div class="compare">
        <p class="waiting" role="status">
          {served.value === 'loading'
            ? 'Reading the given folders …'
            : missing > 0
              ? 'Runs of this link are not here: start thermograd lab with their folders, or drop them in the view Open.'
              : 'Choose two or more runs in the index, by the boxes in front of their names.'}
        </p>
        <button type="button" onClick={() => keep({ view: 'open' })}>
          Go to the index
        </button>
      </div>
    );
  const runs = chosen.map((e) => e.summary);
  const rows = compareNumbers(runs.map((run) => run.numbers));
  const settings = settingsThatDiffer(runs);
  return (
    <div class="compare">
      <p class="hint">
        Differences are from the first run. z is the difference over both standard errors in quadrature, and p the
        chance of a |z| as large if both runs measured the same.{' '}
        {rows.length > 20
          ? `With ${rows.length} numbers, about ${Math.round(rows.length / 20)} have p < 0.05 by chance. `
          : ''}
        Runs with other seeds are independent; two analyses of one run are not.
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by the keyboard */}
      <section class="compare-scroll" tabIndex={0} aria-label="Numbers side by side">
        <table data-table="compare">
          <thead>
            <tr>
              <th scope="col">number</th>
              {runs.map((run, k) => (
                <th key={run.id} scope="col">
                  <button type="button" class="quiet" onClick={() => openRun(run.id)}>
                    {run.name}
                  </button>
                  {k > 0 && <span class="hint"> and the difference</span>}
                  <br />
                  <Verdicts run={run} />
                  <button type="button" class="quiet" onClick={() => toggleCompared(run.id)}>
                    Remove<span class="sr-only"> {run.name}</span>
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {settings.map(({ key, values }) => (
              <tr key={key} class="setting">
                <th scope="row">{key}</th>
                {values.map((value, k) => (
                  <td key={runs[k].id}>{value ?? '–'}</td>
                ))}
              </tr>
            ))}
            {rows.map((row) => (
              <NumberRow key={row.id} row={row} ids={runs.map((run) => run.id)} />
            ))}
          </tbody>
        </table>
      </section>
      <SaveButtons
        what="the comparison"
        kinds={['csv']}
        save={async () =>
          saveTable(
            'comparison.csv',
            ...csvOf(
              rows,
              runs.map((run) => run.name),
            ),
          )
        }
      />
    </div>
  );
}

function NumberRow({ row, ids }: { row: Compared; ids: readonly string[] }) {
  return (
    <tr data-number={row.id}>
      <th scope="row">
        {row.id}
        {row.unit && <span class="hint"> ({row.unit})</span>}
      </th>
      {row.numbers.map((n, k) => (
        <td key={ids[k]}>
          {n ? formatEstimate({ value: n.value, standardError: n.standardError ?? Number.NaN }) : '–'}
          {n?.verdict && <span class="hint"> {n.verdict}</span>}
          {row.differences[k] && <Shift difference={row.differences[k]} />}
        </td>
      ))}
    </tr>
  );
}

function Shift({ difference: { value, standardError, z, p } }: { difference: Difference }) {
  const strong = z !== null && Math.abs(z) > 3;
  return (
    <div class={strong ? 'shift strong' : 'shift'}>
      Δ {formatEstimate({ value, standardError: standardError ?? Number.NaN })}
      {z === null
        ? ', error unknown'
        : `, z = ${formatPlain(z, 2)}, p ${p! < 1e-4 ? '< 0.0001' : `= ${formatPlain(p!, 2)}`}`}
    </div>
  );
}

function csvOf(
  rows: readonly Compared[],
  names: readonly string[],
): [string[], (string | number | null | undefined)[][]] {
  const header = names.flatMap((name, k) => [
    name,
    `${name} standard_error`,
    ...(k > 0 ? [`${name} difference`, `${name} difference_error`, `${name} z`, `${name} p`] : []),
  ]);
  return [
    ['number', 'unit', ...header],
    rows.map((row) => [
      row.id,
      row.unit,
      ...row.numbers.flatMap((n, k) => {
        const d = row.differences[k];
        return [n?.value, n?.standardError, ...(k > 0 ? [d?.value, d?.standardError, d?.z, d?.p] : [])];
      }),
    ]),
  ];
}
