/** What `thermograd cells` and `thermograd cell` do. */
import { studyAt } from '../experiments/studies.js';
import { chosenCells } from '../jobs/choose-cells.js';
import { InterruptedError } from '../jobs/context.js';
import type { CellLine, ReadyStudy } from '../jobs/open-study.js';
import { InputError, RunError, ThermogradError } from '../numeric/errors.js';
import { type Session, session } from '../terminal/session.js';

/** Lists cells. */
export async function cells(
  folder: string,
  { missing = false, json = false }: { readonly missing?: boolean; readonly json?: boolean },
): Promise<void> {
  await session(json, async (s) => {
    const study = await studyAt(folder);
    const all = study.list();
    const lines = missing ? all.filter(({ status }) => status !== 'done') : all;
    s.result(
      {
        folder,
        what: study.what,
        count: all.length,
        missing: all.filter(({ status }) => status !== 'done').length,
        cells: lines,
      },
      lines.map(({ index, status, file, name }) => [index, status, file, name].join('\t')).join('\n'),
      true,
    );
  });
}

/** Seconds for which documents that a cell needs are waited for. */
const WAIT = 10;

/** Does cells. */
export async function cell(
  folder: string,
  which: readonly string[],
  { list, wait, json = false }: { readonly list?: string; readonly wait?: number; readonly json?: boolean },
): Promise<void> {
  await session(json, async (s) => {
    const study = await studyAt(folder);
    const chosen = await chosenCells(study, which, { list, wait });
    const ready = await study.prepare(chosen);
    const failed: { readonly file: string; readonly error: unknown }[] = [];
    let computed = 0;
    for (const [done, line] of chosen.entries()) {
      if (s.signal.aborted) throw new InterruptedError(folder);
      try {
        if (await doOne(s, ready, line, { wait: wait ?? WAIT, done, total: chosen.length })) computed++;
      } catch (error) {
        if (chosen.length === 1) throw asFailure(error);
        failed.push({ file: line.file, error });
        s.line.say(`thermograd: ${line.file}: ${said(error)}`);
      }
    }
    if (failed.length > 0) throw summary(failed, chosen.length);
    s.result(
      { folder, cells: chosen.map(({ file }) => file), computed },
      `${computed} of ${chosen.length} computed${computed < chosen.length ? '; the others were there' : ''}`,
    );
  });
}

function doOne(
  s: Session,
  ready: ReadyStudy,
  line: CellLine,
  { wait, done, total }: { readonly wait: number; readonly done: number; readonly total: number },
): Promise<boolean> {
  return ready.do(line, wait, (what, share) =>
    s.onProgress?.({
      stage: 'cells',
      done: Number((done + share).toFixed(3)),
      total,
      unit: 'cells',
      note: `${line.name}: ${what}`,
    }),
  );
}

/** Returns a sentence of ours as it is, and of any other error where it came from as well. */
const said = (error: unknown): string =>
  error instanceof ThermogradError
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);

/** Sums failures up; wrong input is one only where nothing else failed. */
function summary(failed: readonly { readonly file: string; readonly error: unknown }[], total: number): Error {
  const text = `${failed.length} of ${total} cells failed: ${failed.map(({ file }) => file).join(', ')}.`;
  return failed.every(({ error }) => cannotBe(error))
    ? new InputError('cells-failed', text)
    : new RunError('cells-failed', text);
}

/** Says whether a cell was asked for that cannot be done now; anything else is a failure of the cell. */
const cannotBe = (error: unknown): boolean =>
  error instanceof InputError && ['waiting-cell', 'sealed-cell'].includes(error.code);

/** Returns what a cell threw as the failure of the call. */
const asFailure = (error: unknown): unknown =>
  error instanceof InputError && !cannotBe(error) ? new RunError(error.code, error.message) : error;
