/** The data behind a panel as named arrays of numbers, whatever their structure is. */

/** An array of numbers with its shape. */
export interface Column {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

const isNumbers = (value: unknown): value is ArrayLike<number> =>
  (ArrayBuffer.isView(value) && !(value instanceof DataView)) ||
  (Array.isArray(value) && value.length > 0 && value.every((v) => typeof v === 'number'));

/**
 * Returns every number of the data, named by the keys that lead to it: arrays of numbers as they are, single numbers as arrays of one, and
 * lists of records as one array for each key, with a further dimension where each record has an array of the same length.
 */
export function columnsOf(data: unknown, name = 'data'): Column[] {
  if (typeof data === 'number') return [{ name, shape: [1], data: Float64Array.of(data) }];
  if (typeof data === 'boolean') return [{ name, shape: [1], data: Float64Array.of(Number(data)) }];
  if (isNumbers(data)) return [{ name, shape: [data.length], data: Float64Array.from(data) }];
  if (typeof data !== 'object' || data === null) return [];
  if (Array.isArray(data)) return stacked(data, name);
  return Object.entries(data).flatMap(([key, value]) => columnsOf(value, name === 'data' ? key : `${name}.${key}`));
}

/** One array for each key of a list of records; the records one by one where they differ. */
function stacked(list: readonly unknown[], name: string): Column[] {
  const parts = list.map((item) => columnsOf(item, name));
  const [first] = parts;
  if (!first || first.length === 0) return parts.flat();
  return first.flatMap(({ name: key, shape }) => {
    const own = parts.map((columns) => columns.find((c) => c.name === key));
    const same = own.every((c) => c && c.shape.length === shape.length && c.shape.every((n, d) => n === shape[d]));
    if (!same) return own.flatMap((c, k) => (c ? [{ ...c, name: c.name.replace(name, `${name}.${k}`) }] : []));
    const whole = new Float64Array(list.length * shape.reduce((a, b) => a * b, 1));
    for (const [k, c] of own.entries()) whole.set(c!.data, (k * whole.length) / list.length);
    return [
      { name: key, shape: shape.length === 1 && shape[0] === 1 ? [list.length] : [list.length, ...shape], data: whole },
    ];
  });
}

/** Returns the columns of a table: each array of one dimension, and each row of those with two. Shorter ones end in empty fields. */
export function tableOf(columns: readonly Column[]): { header: string[]; rows: (number | undefined)[][] } {
  const flat = columns.flatMap(({ name, shape, data }) => {
    const rows = shape.length < 2 ? 1 : shape[0];
    const length = data.length / rows;
    return Array.from({ length: rows }, (_, k) => ({
      name: rows === 1 ? name : `${name}[${k}]`,
      data: data.subarray(k * length, (k + 1) * length),
    }));
  });
  const longest = Math.max(0, ...flat.map((c) => c.data.length));
  return {
    header: flat.map((c) => c.name),
    rows: Array.from({ length: longest }, (_, i) => flat.map((c) => (i < c.data.length ? c.data[i] : undefined))),
  };
}
