/** What a stage is said to have written. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { bytesIn } from '../src/jobs/disk.js';
import { sealOutputs, seenIn, verifyOutputs } from '../src/jobs/outputs.js';

const folder = mkdtempSync(join(tmpdir(), 'thermograd-outputs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('are arrays and documents, and no temporary file that a stopped thread left', () => {
  const before = seenIn(folder, 'record.json');
  mkdirSync(join(folder, 'pca.zarr', 'weights'), { recursive: true });
  for (const name of ['zarr.json', 'zarr.json.host-17-0.tmp', 'weights/zarr.json'])
    writeFileSync(join(folder, 'pca.zarr', name), '{}');
  const outputs = sealOutputs(folder, 'record.json', 'pca', before, {});
  expect(Object.keys(outputs)).toEqual(['pca.zarr/weights', 'pca.zarr/zarr.json']);
  rmSync(join(folder, 'pca.zarr', 'zarr.json.host-17-0.tmp'));
  expect(() => verifyOutputs(folder, outputs)).not.toThrow();
});

it('count no bytes where there is no folder', () => {
  expect(bytesIn(join(folder, 'none'))).toBe(0);
  expect(bytesIn(join(folder, 'pca.zarr', 'zarr.json'))).toBe(0);
  expect(bytesIn(join(folder, 'pca.zarr', 'weights'))).toBe(2);
});
