/** Tables of a sweep: types and reasons are kept in CSV and in Parquet, as other programs read them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetMetadata, parquetReadObjects, parquetSchema } from 'hyparquet';
import { afterAll, describe, expect, it } from 'vitest';
import { axisOf } from '../src/experiments/sweep/axes.js';
import { column, columnsCsv, columnsParquet, typed } from '../src/experiments/sweep/columns.js';
import type { Measured, SweepCell } from '../src/experiments/sweep/measured.js';
import { cellColumns } from '../src/experiments/sweep/tables.js';

const home = mkdtempSync(join(tmpdir(), 'sweep-tables-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const number = (value: number, more = {}): Measured => ({ value, standardError: 0.5, n: 7, method: 'm', converged: true, ...more }); // biome-ignore format: one line
const cell = (index: number, of: Partial<SweepCell>): SweepCell => ({
  format: 'thermograd sweep cell',
  index,
  point: { 'training.learningRate': 1 },
  seed: 0,
  config: { eta: 1, B: 10, mu: 0, N: 100, parameters: 42, network: '4-3-2', optimiser: 'sgd', data: 'mnist', sampling: 'shuffled', stepsPerEpoch: 10 }, // biome-ignore format: one line
  steps: 20,
  epochs: 2,
  ended: 'rule',
  reason: '2 epochs, as asked',
  measured: {},
  seconds: 1,
  ...of,
});
const AXES = [axisOf('training.learningRate', [0.1, 1]), axisOf('network', ['a', 'b']), axisOf('optimiser.nesterov', [true, false])]; // biome-ignore format: one line
const CELLS: SweepCell[] = [
  cell(0, {
    point: { 'training.learningRate': 0.1, network: 'a,"b"', 'optimiser.nesterov': true },
    measured: { psi: number(3.25, { controls: { half: number(2) }, parts: { layer2: { why: 'open' } } }) },
  }),
  cell(1, {
    point: { 'training.learningRate': 1, network: 'b', 'optimiser.nesterov': false },
    seed: 2 ** 40,
    ended: 'diverged',
    reason: 'the loss, at step 3,\nwas NaN',
    measured: { psi: { why: 'training diverged' } },
  }),
  cell(2, {
    point: { 'training.learningRate': 1, network: 'b', 'optimiser.nesterov': true },
    measured: { psi: number(Number.NaN, { standardError: Number.NaN, converged: false }) },
  }),
];
const columns = cellColumns({ axes: AXES }, CELLS, { psi: 'nat' });

describe('columns', () => {
  it('have the type of all their values', () => {
    const typeOf = (values: (number | string | boolean | null)[]) => column('k', values).type;
    expect(typeOf([1, 2, null])).toBe('integer');
    expect(typeOf([1, 2.5])).toBe('number');
    expect(typeOf([true, null])).toBe('boolean');
    expect(typeOf([1, 'a'])).toBe('text');
    expect(typeOf([null])).toBe('text');
    expect(column('k', [1, 'a', true]).values).toEqual(['1', 'a', 'true']);
    expect(column('k', [1, Number.NaN, Number.POSITIVE_INFINITY]).values).toEqual([1, null, null]);
  });

  it('hold a value with its error, or why there is none, for the number and for its controls and layers', () => {
    const of = (name: string) => columns.find((c) => c.name === name)?.values;
    expect(of('psi')).toEqual([3.25, null, null]);
    expect(of('psi_se')).toEqual([0.5, null, null]);
    expect(of('psi_n')).toEqual([7, null, 7]);
    expect(of('psi_converged')).toEqual([true, null, false]);
    expect(of('psi_why')).toEqual([null, 'training diverged', 'NaN: m']);
    expect(of('psi.half')).toEqual([2, null, null]);
    expect(of('psi.layer2_why')).toEqual(['open', null, null]);
    expect(of('diverged')).toEqual([false, true, false]);
    expect(columns.some((c) => c.name === 'seconds')).toBe(false);
  });
});

describe('as CSV', () => {
  it('has a header with units, CRLF, and quotes where a value needs them', () => {
    const [header, first, ...rest] = columnsCsv(columns).split('\r\n');
    expect(header).toContain('cell,seed,training.learningRate,network,optimiser.nesterov,eta,B,mu,N,');
    expect(header).toContain(',psi (nat),psi_se (nat),psi_n,psi_converged,psi_why,');
    expect(first.startsWith('0,0,0.1,"a,""b""",true,1,10,0,100,42,4-3-2,')).toBe(true);
    expect(rest.join('\r\n')).toContain('"the loss, at step 3,\nwas NaN"');
  });
});

describe('as Parquet', () => {
  const file = async () => {
    const bytes = await columnsParquet(columns);
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  };

  it('keeps types: whole numbers of 64 bits, numbers, truth values, texts, and nulls', async () => {
    const buffer = await file();
    const metadata = parquetMetadata(buffer);
    const types = Object.fromEntries(
      parquetSchema(metadata).children.map(({ element: { name, type } }) => [name, type]),
    );
    expect(types).toMatchObject({
      cell: 'INT64',
      seed: 'INT64',
      'training.learningRate': 'DOUBLE',
      network: 'BYTE_ARRAY',
      'optimiser.nesterov': 'BOOLEAN',
      eta: 'DOUBLE',
      psi: 'DOUBLE',
      psi_converged: 'BOOLEAN',
      psi_why: 'BYTE_ARRAY',
    });
    expect(metadata.key_value_metadata).toEqual([{ key: 'units', value: '{"psi":"nat","psi_se":"nat","psi.half":"nat","psi.half_se":"nat","psi.layer2":"nat","psi.layer2_se":"nat"}' }]); // biome-ignore format: one line
    const rows = await parquetReadObjects({ file: buffer });
    expect(rows).toHaveLength(3);
    expect(rows[1]).toMatchObject({
      cell: 1n,
      seed: BigInt(2 ** 40),
      'training.learningRate': 1,
      network: 'b',
      'optimiser.nesterov': false,
      psi: null,
      psi_why: 'training diverged',
      reason: 'the loss, at step 3,\nwas NaN',
    });
  });

  it('gives the same bytes for the same cells', async () => {
    expect(Buffer.from(await file())).toEqual(Buffer.from(await file()));
  });

  it('holds ten thousand rows, and a column without any value', async () => {
    const n = 10_000;
    const big = [typed('a', 'integer', Array.from({ length: n }, (_, i) => i)), typed('b', 'number', new Array(n).fill(null))]; // biome-ignore format: one line
    const bytes = await columnsParquet(big);
    const rows = await parquetReadObjects({ file: bytes.slice().buffer as ArrayBuffer });
    expect([rows.length, rows[9999]]).toEqual([n, { a: 9999n, b: null }]);
  });

  const python = [process.env.THERMOGRAD_PYTHON, 'python3', '/usr/bin/python3'].find(
    (p) => p && spawnSync(p, ['-c', 'import pandas, pyarrow']).status === 0,
  );
  it.skipIf(!python)(
    `is read by pandas${python ? '' : ' (skipped: needs a Python with pandas and pyarrow)'}`,
    async () => {
      const path = join(home, 'table.parquet');
      writeFileSync(path, new Uint8Array(await file()));
      writeFileSync(join(home, 'table.csv'), columnsCsv(columns));
      const code = `
import json, pandas as pd
p = pd.read_parquet(${JSON.stringify(path)})
c = pd.read_csv(${JSON.stringify(join(home, 'table.csv'))})
print(json.dumps([{k: str(v) for k, v in p.dtypes.items()}, p['psi'].fillna(-1).tolist(), p['network'].tolist(), c['psi (nat)'].fillna(-1).tolist(), c['reason'].tolist()]))`;
      const [types, psi, network, fromCsv, reasons] = JSON.parse(spawnSync(python!, ['-c', code], { encoding: 'utf8' }).stdout); // biome-ignore format: one line
      expect(types).toMatchObject({ cell: 'int64', 'training.learningRate': 'float64', 'optimiser.nesterov': 'bool', psi: 'float64' }); // biome-ignore format: one line
      expect([psi, fromCsv]).toEqual([[3.25, -1, -1], [3.25, -1, -1]]); // biome-ignore format: one line
      expect(network).toEqual(['a,"b"', 'b', 'b']);
      expect(reasons[1]).toBe('the loss, at step 3,\nwas NaN');
    },
  );
});
