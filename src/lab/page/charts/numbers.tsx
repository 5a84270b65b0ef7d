/** The numbers of a panel as a table: always there for screen readers, shown to everybody on request. */
import { useState } from 'preact/hooks';

export interface NumberTable {
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function Numbers({ id, table }: { id: string; table: NumberTable }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        class="quiet"
        aria-expanded={open}
        aria-controls={`${id}-numbers`}
        onClick={() => setOpen(!open)}
      >
        {open ? 'Hide numbers' : 'Show numbers'}
        <span class="sr-only"> of {table.caption}</span>
      </button>
      <div id={`${id}-numbers`} class={open ? 'numbers' : 'sr-only'}>
        <table data-numbers={id}>
          <caption>{table.caption}</caption>
          <thead>
            <tr>
              {table.columns.map((c) => (
                <th key={c} scope="col">
                  {c}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.map((row, k) => (
              <tr key={k}>
                {row.map((cell, c) =>
                  c === 0 ? (
                    <th key={table.columns[c]} scope="row">
                      {cell}
                    </th>
                  ) : (
                    <td key={table.columns[c]}>{cell}</td>
                  ),
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
