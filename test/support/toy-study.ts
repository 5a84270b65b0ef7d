/** A study of powers of two: cell k needs no other; cell 100 becomes known by the documents of the first ones, and needs one of them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { StudyKind } from '../../src/jobs/cells.js';
import { JobFolder } from '../../src/jobs/folder.js';
import { type FolderKind, type RecordBase, readRecord } from '../../src/jobs/record.js';

export const TOY_KIND: FolderKind<'cells'> = {
  file: 'toy.json',
  format: 'thermograd toy',
  stages: ['cells'],
  what: 'a toy',
};

export type ToyHead = { readonly count: number };
export type Toy = RecordBase<'cells'> & ToyHead;

/** @param done - is told the numbers of the cells that are computed */
export const toy = (done: number[] = []): StudyKind<Toy, number, number, { value: number; seconds: number }> => ({
  worker: new URL('./none.js', import.meta.url),
  stages: ['cells'],
  read: (path) => readRecord<'cells', ToyHead>(TOY_KIND, path),
  load: async () => 2,
  cells({ path, record }, stage) {
    const cell = (k: number) => ({ file: `${stage}/${k}.json`, job: k, name: `cell ${k}`, weight: k + 1 });
    const first = Array.from({ length: record.count }, (_, k) => cell(k));
    const all = first.every(({ file }) => existsSync(join(path, file)));
    return all ? [...first, { ...cell(100), needs: [`${stage}/0.json`] }] : first;
  },
  run(k, { data }, report) {
    report('half of it', 0.5);
    done.push(k);
    return { value: data ** k, seconds: done.length };
  },
});

/** Begins a folder, or continues it. */
export const beginToy = (path: string, count: number, takeOver?: boolean) =>
  JobFolder.open(TOY_KIND, path, { count }, { resume: true, takeOver });
