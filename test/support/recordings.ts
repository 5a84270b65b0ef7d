/** Recordings with known statistics, and the files in which they are kept. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { randomKey } from '../../src/numeric/random.js';
import { writeNpy } from '../../src/record/npy.js';
import { writeNpz } from '../../src/record/npz.js';
import { type Tensor, writeSafetensors } from '../../src/record/safetensors.js';

export interface Recorded {
  readonly T: number;
  readonly P: number;
  /** T×P, row-major. */
  readonly data: Float32Array;
}

/**
 * Independent coordinates x' = a x + s·normal about `centre`, in their stationary state: the variance of coordinate i is
 * s²/(1−a²), its correlation time (1+a)/(2(1−a)).
 */
export function ornsteinUhlenbeck(
  T: number,
  coordinates: readonly { readonly a: number; readonly s: number }[],
  seed: number,
  centre = 1,
): Recorded {
  const P = coordinates.length;
  const stream = randomKey(seed).stream();
  const data = new Float32Array(T * P);
  const x = coordinates.map(({ a, s }) => (s / Math.sqrt(1 - a * a)) * stream.normal());
  for (let t = 0; t < T; t++)
    coordinates.forEach(({ a, s }, i) => {
      data[t * P + i] = centre + x[i];
      x[i] = a * x[i] + s * stream.normal();
    });
  return { T, P, data };
}

/** A walk with independent steps of the given standard deviations, from `start` on. */
export function walk(T: number, widths: readonly number[], seed: number, start = 1): Recorded {
  const P = widths.length;
  const stream = randomKey(seed).stream();
  const data = new Float32Array(T * P);
  const x = new Float64Array(P).fill(start);
  for (let t = 0; t < T; t++)
    for (let j = 0; j < P; j++) {
      data[t * P + j] = x[j];
      x[j] += widths[j] * stream.normal();
    }
  return { T, P, data };
}

export function asNpy(path: string, { T, P, data }: Recorded, shape: readonly number[] = [P]): string {
  writeFileSync(path, writeNpy({ shape: [T, ...shape], data }));
  return path;
}

/** One array for each parameter, cut from the columns. */
export function asNpz(path: string, r: Recorded, parts: Readonly<Record<string, readonly number[]>>): string {
  writeFileSync(
    path,
    writeNpz(columns(r, parts).map(([n, shape, data]) => [n, { shape: [r.T, ...shape], data }] as const)),
  );
  return path;
}

/** A folder with one file for each step; `name` makes the name of a file from its step. */
export function asTensorFolder(
  folder: string,
  r: Recorded,
  parts: Readonly<Record<string, readonly number[]>>,
  { every = 1, name = (step: number) => `step-${step}.safetensors` } = {},
): string {
  mkdirSync(folder, { recursive: true });
  const cut = columns(r, parts);
  for (let t = 0; t < r.T; t++) {
    const tensors = cut.map(([n, shape, data]): [string, Tensor] => {
      const size = data.length / r.T;
      return [n, { shape, data: data.slice(t * size, (t + 1) * size) }];
    });
    writeFileSync(join(folder, name((t + 1) * every)), writeSafetensors(tensors));
  }
  return folder;
}

/** One file whose tensors have the steps as first axis. */
export function asTensors(path: string, r: Recorded, parts: Readonly<Record<string, readonly number[]>>): string {
  writeFileSync(
    path,
    writeSafetensors(columns(r, parts).map(([n, shape, data]) => [n, { shape: [r.T, ...shape], data }])),
  );
  return path;
}

/** A Zarr group of version 2 with one array for each parameter, compressed, in chunks over all dimensions. */
export function asZarr2(
  folder: string,
  r: Recorded,
  parts: Readonly<Record<string, readonly number[]>>,
  { rows = 64, across = 3, order = 'C' }: { rows?: number; across?: number; order?: 'C' | 'F' } = {},
): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, '.zgroup'), '{"zarr_format": 2}');
  for (const [name, own, data] of columns(r, parts)) {
    const shape = [r.T, ...own];
    const chunks = [rows, ...own.map((n) => Math.min(n, across))];
    mkdirSync(join(folder, name), { recursive: true });
    const meta = {
      zarr_format: 2,
      shape,
      chunks,
      dtype: '<f4',
      fill_value: 0,
      order,
      filters: null,
      compressor: { id: 'zlib', level: 1 },
    };
    writeFileSync(join(folder, name, '.zarray'), JSON.stringify(meta));
    const grid = shape.map((n, d) => Math.ceil(n / chunks[d]));
    for (const at of grid.reduce<number[][]>(
      (all, n) => all.flatMap((a) => Array.from({ length: n }, (_, k) => [...a, k])),
      [[]],
    )) {
      const chunk = new Float32Array(chunks.reduce((a, b) => a * b, 1));
      for (let i = 0; i < chunk.length; i++) {
        const inside: number[] = [];
        for (let d = 0, rest = i; d < chunks.length; d++) {
          const k = order === 'C' ? chunks.length - 1 - d : d;
          inside[k] = rest % chunks[k];
          rest = Math.floor(rest / chunks[k]);
        }
        const place = inside.map((n, d) => n + at[d] * chunks[d]);
        if (place.every((n, d) => n < shape[d])) chunk[i] = data[place.reduce((sum, n, d) => sum * shape[d] + n, 0)];
      }
      writeFileSync(join(folder, name, at.join('.')), deflateSync(new Uint8Array(chunk.buffer)));
    }
  }
  return folder;
}

/** Cuts the columns of rows into parameters, in the order given. */
function columns(
  { T, P, data }: Recorded,
  parts: Readonly<Record<string, readonly number[]>>,
): (readonly [name: string, shape: readonly number[], data: Float32Array])[] {
  let from = 0;
  return Object.entries(parts).map(([name, shape]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const out = new Float32Array(T * size);
    for (let t = 0; t < T; t++) out.set(data.subarray(t * P + from, t * P + from + size), t * size);
    from += size;
    return [name, shape, out] as const;
  });
}
