/** What is checked of a folder of cells before the command that continues it writes anything there. */
import { join } from 'node:path';
import { check, InputError } from '../numeric/errors.js';
import { readJson } from '../record/json.js';
import type { StudyKind } from './cells.js';
import { listed, type StudyRecord } from './open-study.js';
import { checkKernel } from './pins.js';
import { presentIn } from './present.js';
import { pinnedProvider } from './provider.js';

/**
 * Refuses to continue a folder whose kernels or linear algebra this machine does not have, and one with a document that is torn or of another
 * cell. Where the record knows the digest of a document, `verifyOutputs` tells whether it was changed. Does nothing where there is no record.
 * @param on - where the cells are to be computed; for Slurm the document of what was submitted is read as well
 * @throws InputError (`no-such-kernel`, `other-provider`, `bad-document`, `bad-submissions`)
 */
export async function checkContinued<R extends StudyRecord, Data, Job, Result>(
  kind: StudyKind<R, Data, Job, Result>,
  path: string,
  on = 'threads',
): Promise<void> {
  const record = recordOf(kind, path);
  if (record === undefined) return;
  checkKernel(record, path);
  const prefer = kind.provider?.(record);
  if (prefer !== undefined && record.linearAlgebra !== null)
    await pinnedProvider({ linearAlgebra: record.linearAlgebra }, prefer, path);
  const present = presentIn(path);
  for (const stage of kind.stages)
    for (const { file, job, name } of listed(path, () => kind.cells({ path, record }, stage)))
      if (present(file)) checkDocument(kind, { path, record }, { file, job, name });
  if (on.startsWith('slurm')) (await import('./slurm/submissions.js')).readSubmissions(path);
}

/** Reads the record of a folder; undefined where there is none. */
function recordOf<R>(kind: Pick<StudyKind<R, unknown, unknown, unknown>, 'read'>, path: string): R | undefined {
  try {
    return kind.read(path);
  } catch (error) {
    if (error instanceof InputError && error.code === 'no-run') return undefined;
    throw error;
  }
}

/**
 * Refuses a document that is not that of its cell.
 * @throws InputError (`bad-document`)
 */
function checkDocument<R extends StudyRecord, Job>(
  kind: Pick<StudyKind<R, unknown, Job, unknown>, 'damage'>,
  { path, record }: { readonly path: string; readonly record: R },
  { file, job, name }: { readonly file: string; readonly job: Job; readonly name: string },
): void {
  const sealed = record.outputs?.[file] !== undefined;
  if (sealed && kind.damage === undefined) return;
  let damage: string | undefined;
  try {
    const document = readJson<unknown>(join(path, file));
    if (document === undefined) return; // it was removed meanwhile
    damage = isNamed(document) ? kind.damage?.(document, job, record) : 'it holds no named values';
  } catch {
    if (sealed) return;
    damage = 'it is not readable as JSON';
  }
  check(
    damage === undefined,
    'bad-document',
    `${join(path, file)} is not the document of ${name}: ${damage}; delete it, and the cell is computed again.`,
  );
}

const isNamed = (value: unknown): value is object => typeof value === 'object' && value !== null;
