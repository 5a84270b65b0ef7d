/** Tables of numbers with a class in each row, as CSV files that are dropped on the page. */
import type { Dataset, Samples } from '../../data/dataset.js';
import { check } from '../../numeric/errors.js';

const CLASS_COLUMN = /^(label|labels|class|species|target|y)$/i;
const MOST_CLASSES = 256;
/** Every so many rows one goes to the test set. */
const TEST_EVERY = 10;

/**
 * Reads a table: fields separated by commas, semicolons or tabs, with or without a line of names. The class is the column called
 * label, class, species, target or y, else the last one; its values are whole numbers or words. All other columns are inputs, brought
 * to mean 0 and standard deviation 1 over the training rows. Every tenth row belongs to the test set.
 * @throws InputError with the line where a field is no finite number, where lines differ in length, and for fewer than 20 rows or 2 classes
 */
export function datasetFromCsv(name: string, text: string): Dataset {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line, k) => ({ line, number: k + 1 }))
    .filter(({ line }) => line.trim() !== '');
  check(lines.length > 0, 'bad-csv', `${name}: the file is empty.`);
  const separator = [',', ';', '\t'].find((s) => lines[0].line.includes(s)) ?? ',';
  const table = lines.map(({ line, number }) => ({
    number,
    fields: line.split(separator).map((field) => field.trim().replace(/^"(.*)"$/, '$1')),
  }));
  const [first] = table;
  const columns = first.fields.length;
  check(
    columns >= 2,
    'bad-csv',
    `${name}: a line needs at least one input and a class; line ${first.number} has one field.`,
  );
  for (const { number, fields } of table)
    check(
      fields.length === columns,
      'bad-csv',
      () => `${name}: line ${number} has ${fields.length} fields and line ${first.number} has ${columns}.`,
    );
  const named = first.fields.findIndex((field) => CLASS_COLUMN.test(field));
  const own = named < 0 ? columns - 1 : named;
  const hasNames = named >= 0 || first.fields.some((field, c) => c !== own && !isNumber(field));
  const rows = hasNames ? table.slice(1) : table;
  check(rows.length >= 20, 'bad-csv', `${name}: has ${rows.length} rows; at least 20 are needed.`);
  const classes = [...new Set(rows.map(({ fields }) => fields[own]))].sort(byNumber);
  check(
    classes.length >= 2 && classes.length <= MOST_CLASSES && classes.length <= rows.length / 2,
    'bad-csv',
    () =>
      `${name}: column ${own + 1} is taken as the class and has ${classes.length} different values in ${rows.length} rows; a set for classification has 2 to ${MOST_CLASSES} classes with several rows each. Name the class column 'label'.`,
  );
  const size = columns - 1;
  const values = new Float64Array(rows.length * size);
  const labels = new Uint8Array(rows.length);
  rows.forEach(({ number, fields }, n) => {
    let k = 0;
    fields.forEach((field, c) => {
      if (c === own) return;
      check(
        isNumber(field),
        'bad-csv',
        () => `${name}: line ${number}, column ${c + 1}: '${field.slice(0, 20)}' is no finite number.`,
      );
      values[n * size + k++] = Number(field);
    });
    labels[n] = classes.indexOf(fields[own]);
  });
  const isTest = (n: number) => n % TEST_EVERY === TEST_EVERY - 1;
  standardise(values, size, (n) => !isTest(n));
  const pick = (wanted: (n: number) => boolean): Samples => {
    const kept = rows.map((_, n) => n).filter(wanted);
    return {
      count: kept.length,
      size,
      values: Float32Array.from(kept.flatMap((n) => [...values.subarray(n * size, (n + 1) * size)])),
      divisor: 1,
      labels: Uint8Array.from(kept, (n) => labels[n]),
    };
  };
  return {
    name,
    classes: classes.length,
    train: pick((n) => !isTest(n)),
    test: pick(isTest),
    provenance: { kind: 'csv', file: name, rows: rows.length, classes, standardised: true },
  };
}

const isNumber = (field: string) => field !== '' && Number.isFinite(Number(field));

function byNumber(a: string, b: string): number {
  if (isNumber(a) && isNumber(b)) return Number(a) - Number(b);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Brings each column to mean 0 and standard deviation 1 over the rows that count; a column that never changes becomes 0. */
function standardise(values: Float64Array, size: number, counts: (row: number) => boolean): void {
  const rows = values.length / size;
  for (let k = 0; k < size; k++) {
    let [n, mean, square] = [0, 0, 0];
    for (let r = 0; r < rows; r++) if (counts(r)) mean += (values[r * size + k] - mean) / ++n;
    for (let r = 0; r < rows; r++) if (counts(r)) square += (values[r * size + k] - mean) ** 2 / n;
    for (let r = 0; r < rows; r++)
      values[r * size + k] = square > 0 ? (values[r * size + k] - mean) / Math.sqrt(square) : 0;
  }
}
