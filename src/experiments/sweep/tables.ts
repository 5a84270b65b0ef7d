/** The tables of a sweep: one row a cell. Times are left out, so that the same cells give the same bytes. */
import type { Estimate } from '../../numeric/estimate.js';
import { type Column, column, typed } from './columns.js';
import { isMeasured, type Measured, type NotMeasured, type SweepCell } from './measured.js';
import type { OtherCell } from './other.js';
import type { SweepConfig } from './schema.js';

/** Returns the columns of the table of cells. */
export function cellColumns(
  { axes }: Pick<SweepConfig, 'axes'>,
  cells: readonly SweepCell[],
  units: Readonly<Record<string, string>> = {},
): Column[] {
  const of = (take: (cell: SweepCell) => number | string | boolean | null | undefined) => cells.map(take);
  return [
    typed(
      'cell',
      'integer',
      of((c) => c.index),
    ),
    typed(
      'seed',
      'integer',
      of((c) => c.seed),
    ),
    ...axes.map(({ key }) =>
      column(
        key,
        of((c) => c.point[key]),
      ),
    ),
    ...factColumns(cells),
    ...namesIn(cells).flatMap((name) => [
      ...measureColumns(
        name,
        cells.map((c) => c.measured[name]),
        units[name],
      ),
      ...verdictColumn(name, cells),
    ]),
  ];
}

/** Returns the names of everything that was measured, in the order in which cells have it. */
export const namesIn = (cells: readonly SweepCell[]): string[] => [
  ...new Set(cells.flatMap((c) => Object.keys(c.measured))),
];

/** Returns the column of the verdicts on a finding, where there are any. */
function verdictColumn(name: string, cells: readonly SweepCell[]): Column[] {
  const verdicts = cells.map((c) => (c as Partial<OtherCell>).verdicts?.[name]);
  return verdicts.some((v) => v !== undefined) ? [typed(`${name}_verdict`, 'text', verdicts)] : [];
}

/** Types of the facts of a run; a further one has the type of its values. */
const FACTS = {
  eta: 'number',
  B: 'integer',
  mu: 'number',
  N: 'integer',
  parameters: 'integer',
  network: 'text',
  optimiser: 'text',
  data: 'text',
  sampling: 'text',
  stepsPerEpoch: 'integer',
} as const;

/** Returns the columns of what identifies the runs, and of how they ended. */
function factColumns(cells: readonly SweepCell[]): Column[] {
  const facts = Object.entries(FACTS).flatMap(([name, type]) => {
    const values = cells.map(
      ({ config }) => (config as unknown as Record<string, number | string> | undefined)?.[name],
    );
    return values.some((v) => v !== undefined) ? [typed(name, type, values)] : [];
  });
  return [
    ...facts,
    typed(
      'steps',
      'integer',
      cells.map((c) => c.steps),
    ),
    typed(
      'epochs',
      'number',
      cells.map((c) => c.epochs),
    ),
    typed(
      'ended',
      'text',
      cells.map((c) => c.ended),
    ),
    typed(
      'diverged',
      'boolean',
      cells.map((c) => c.ended === 'diverged'),
    ),
    typed(
      'reason',
      'text',
      cells.map((c) => c.reason),
    ),
  ];
}

type Number = Measured | Estimate | NotMeasured | undefined;

/** Returns the columns of one measured number, then those of its controls and of its layers. */
function measureColumns(name: string, values: readonly (Measured | undefined)[], unit: string | undefined): Column[] {
  const inner = (kind: 'controls' | 'parts') => {
    const keys = [...new Set(values.flatMap((m) => (isMeasured(m) && m[kind] ? Object.keys(m[kind]) : [])))];
    return keys.flatMap((key) =>
      numberColumns(
        `${name}.${key}`,
        values.map((m) => (isMeasured(m) ? m[kind]?.[key] : undefined)),
        unit,
      ),
    );
  };
  return [...numberColumns(name, values, unit), ...inner('controls'), ...inner('parts')];
}

function numberColumns(name: string, values: readonly Number[], unit: string | undefined): Column[] {
  const estimates = values.map((m) => (m !== undefined && !('why' in m) ? m : undefined));
  return [
    typed(
      name,
      'number',
      estimates.map((m) => m?.value),
      unit,
    ),
    typed(
      `${name}_se`,
      'number',
      estimates.map((m) => m?.standardError),
      unit,
    ),
    typed(
      `${name}_n`,
      'number',
      estimates.map((m) => m?.n),
    ),
    typed(
      `${name}_converged`,
      'boolean',
      estimates.map((m) => m?.converged),
    ),
    typed(
      `${name}_why`,
      'text',
      values.map((m) =>
        m !== undefined && 'why' in m
          ? m.why
          : m !== undefined && !Number.isFinite(m.value)
            ? `${m.value}: ${m.method}`
            : undefined,
      ),
    ),
  ];
}
