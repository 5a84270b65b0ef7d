/** What a stage is said to have written: documents of its own, and none that are made from them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { sealOutputs, seenIn } from '../src/jobs/outputs.js';

const folder = mkdtempSync(join(tmpdir(), 'thermograd-outputs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('are the same after a stage that was continued when everything was there', () => {
  mkdirSync(join(folder, 'seeds'));
  const before = seenIn(folder, 'record.json');
  writeFileSync(join(folder, 'seeds', 'cell.json'), '{"value": 1}');
  const first = sealOutputs(folder, 'record.json', 'cells', before, {});
  expect(Object.keys(first)).toEqual(['seeds/cell.json']);
  // written at the end, from the documents: the input of a report, and the report itself
  for (const name of ['input.json', 'report.json']) writeFileSync(join(folder, name), '{}');
  const again = sealOutputs(folder, 'record.json', 'cells', seenIn(folder, 'record.json'), first);
  expect(again).toEqual(first);
});
