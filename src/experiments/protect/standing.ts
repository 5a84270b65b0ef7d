/**
 * What stands already where a penalty is to be written. The file is written first and its page after it, each whole; a process that is killed
 * between the two leaves a file without its page, which the same call then adds.
 */
import { existsSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { measure as digest } from '../../jobs/outputs.js';
import { checkFree, removeAbandoned } from '../../jobs/publish.js';
import { check } from '../../numeric/errors.js';
import { readWhole } from '../../record/files.js';
import { penaltyFormat, readPenalty } from '../../record/penalty.js';

/** What the page of a penalty holds beside its text: all numbers of the result, with the digest of the file. */
export const DOCUMENT = 'penalty.json';
/** What the folder of a page holds at its top. */
const PAGE = ['report.html', DOCUMENT, 'theory.html', 'figures', 'tables'];

/** Returns the folder of the page of a penalty. */
export const pageFolder = (out: string): string => `${out.replace(/\.[^./\\]+$/, '')}-report`;

/**
 * Refuses a place that is taken, and says whether a file stands there that has no page yet: none at all, or one of other bytes, which a
 * replacement that was killed leaves. What killed processes left of pages is removed.
 * @throws InputError (`out-exists`)
 */
export function checkPlace(out: string, force: boolean): boolean {
  removeAbandoned(pageFolder(out));
  penaltyFormat(out);
  const stands = existsSync(out);
  if (stands) check(lstatSync(out).isFile(), 'out-exists', `${out} is not a file; choose another with --out.`);
  const unfinished = stands && !force && !hasPage(out);
  check(!stands || force || unfinished, 'out-exists', () => taken(out));
  checkFree(pageFolder(out), { force: force || unfinished, files: PAGE, what: 'report of a penalty' });
  return unfinished;
}

/** Whether the page beside a file is that of its bytes, as far as it says. */
function hasPage(out: string): boolean {
  const folder = pageFolder(out);
  if (!existsSync(folder)) return false;
  try {
    const bytes = readWhole(join(folder, DOCUMENT)) ?? new Uint8Array();
    const { penalty } = JSON.parse(new TextDecoder().decode(bytes)) as {
      readonly penalty: { readonly sha256?: unknown };
    };
    const { sha256 } = penalty;
    return typeof sha256 !== 'string' || sha256 === digest(out).sha256;
  } catch {
    return true; // nothing that a killed process leaves
  }
}

/**
 * Refuses a file without a page that cannot be the one that is asked for: no penalty, or one that holds other weights.
 * @throws InputError (`out-exists`)
 */
export async function checkAnchor(out: string, weights: ArrayLike<number>): Promise<void> {
  const terms = await readPenalty(out).then(
    ({ penalty }) => penalty.terms,
    () => [],
  );
  const [anchor] = terms.map((term) => term.anchor);
  const same = terms.length === 1 && anchor.length === weights.length && anchor.every((w, i) => w === weights[i]);
  check(same, 'out-exists', () => taken(out));
}

/**
 * Refuses a file without a page that has other bytes than the penalty that was asked for.
 * @throws InputError (`out-exists`)
 */
export function checkBytes(out: string, bytes: Uint8Array): void {
  const there = readWhole(out);
  const same = there?.length === bytes.length && there.every((byte, i) => byte === bytes[i]);
  check(
    same,
    'out-exists',
    () =>
      `${out} has no page, and is another penalty than this call makes; choose another file with --out, or replace it with --force.`,
  );
}

const taken = (out: string): string => `there is a file ${out}; choose another with --out, or replace it with --force.`;
