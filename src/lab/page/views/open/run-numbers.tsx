/** The numbers of a run that has no findings, as a table. */
import { formatEstimate } from '../../../../report/format.js';
import type { RunNumber } from '../../../../results/numbers.js';

export function NumbersOfRun({ numbers }: { numbers: readonly RunNumber[] }) {
  return numbers.length === 0 ? null : (
    <section aria-label="Numbers">
      <h3>Numbers</h3>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">number</th>
              <th scope="col">value</th>
              <th scope="col">n</th>
            </tr>
          </thead>
          <tbody>
            {numbers.map((n) => (
              <tr key={n.id}>
                <th scope="row">{n.id}</th>
                <td>
                  {formatEstimate({ value: n.value, standardError: n.standardError ?? Number.NaN })} {n.unit}
                </td>
                <td>{n.n}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
