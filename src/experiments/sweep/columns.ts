/** Tables by columns with types: CSV for people, Parquet for programs. A value that does not exist is an empty field, and null in Parquet. */
import { VERSION } from '../../jobs/machine.js';
import { csv } from '../../report/csv.js';

/** The types of a column. */
export type ColumnType = 'integer' | 'number' | 'boolean' | 'text';

/** One column of a table. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** Stands in the header of the CSV, and in the metadata of the Parquet file. */
  readonly unit?: string;
  readonly values: readonly (number | string | boolean | null)[];
}

/**
 * Makes a column, whose type is that of all its values: integers, numbers, truth values, or else texts. Numbers that are not finite
 * become null.
 */
export function column(
  name: string,
  values: readonly (number | string | boolean | null | undefined)[],
  unit?: string,
): Column {
  const kept = values.map((v) => (v === undefined || (typeof v === 'number' && !Number.isFinite(v)) ? null : v));
  const there = kept.filter((v) => v !== null);
  const all = (fits: (v: number | string | boolean) => boolean) => there.length > 0 && there.every(fits);
  const type: ColumnType = all((v) => Number.isSafeInteger(v))
    ? 'integer'
    : all((v) => typeof v === 'number')
      ? 'number'
      : all((v) => typeof v === 'boolean')
        ? 'boolean'
        : 'text';
  return typed(name, type, type === 'text' ? kept.map((v) => (v === null ? null : String(v))) : kept, unit);
}

/** Makes a column of a known type, which an empty one, or one of whole numbers by chance, does not tell. */
export function typed(
  name: string,
  type: ColumnType,
  values: readonly (number | string | boolean | null | undefined)[],
  unit?: string,
): Column {
  const kept = values.map((v) => (v === undefined || (typeof v === 'number' && !Number.isFinite(v)) ? null : v));
  return { name, type, values: kept, ...(unit && { unit }) };
}

/** Writes the columns as a CSV document (RFC 4180); the header names units in parentheses. */
export const columnsCsv = (columns: readonly Column[]): string =>
  csv(
    columns.map(({ name, unit }) => (unit ? `${name} (${unit})` : name)),
    Array.from({ length: columns[0]?.values.length ?? 0 }, (_, row) => columns.map(({ values }) => values[row])),
  );

const PARQUET = { integer: 'INT64', number: 'DOUBLE', boolean: 'BOOLEAN', text: 'STRING' } as const;

/** Writes the columns as a Parquet file. Whole numbers have 64 bits; every column may hold nulls. */
export async function columnsParquet(columns: readonly Column[]): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  const units = columns.flatMap(({ name, unit }) => (unit ? [[name, unit]] : []));
  const buffer = parquetWriteBuffer({
    columnData: columns.map(({ name, type, values }) => ({
      name,
      type: PARQUET[type],
      nullable: true,
      data: type === 'integer' ? values.map((v) => (v === null ? null : BigInt(v as number))) : [...values],
    })),
    kvMetadata: units.length > 0 ? [{ key: 'units', value: JSON.stringify(Object.fromEntries(units)) }] : [],
    createdBy: `thermograd ${VERSION}`,
  });
  return new Uint8Array(buffer);
}
