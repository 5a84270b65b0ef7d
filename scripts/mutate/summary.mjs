/** The printed report: the text before and after each mutant, a score for every folder. */
import { dirname } from 'node:path';

export function describe({ path, line, kind, before, after }) {
  return `${path}:${line} ${kind}\n  - ${before}\n  + ${after}`;
}

/** Returns the lines that a mutant changes, without and with it. */
export function beforeAndAfter(source, { start, end, text }) {
  const from = source.lastIndexOf('\n', start - 1) + 1;
  const found = source.indexOf('\n', end);
  const to = found < 0 ? source.length : found;
  return {
    before: oneLine(source.slice(from, to)),
    after: oneLine(source.slice(from, start) + text + source.slice(end, to)),
  };
}

const oneLine = (text) => text.trim().replace(/\s*\n\s*/g, ' ');

export const isKilled = ({ outcome }) => outcome !== 'survived' && outcome !== 'not reached';

/** Returns the share of killed mutants in percent. */
export const scoreOf = (done) => (100 * done.filter(isKilled).length) / done.length;

export function table(done) {
  const folders = grouped(done);
  const rows = [...folders].sort(([a], [b]) => (a < b ? -1 : 1)).map(([folder, mutants]) => row(folder, mutants));
  if (rows.length > 1) rows.push(row('all', done));
  const head = ['folder', 'mutants', 'killed', 'survived', 'not reached', 'score'];
  const widths = head.map((h, k) => Math.max(h.length, ...rows.map((r) => r[k].length)));
  const line = (cells) => cells.map((c, k) => (k === 0 ? c.padEnd(widths[k]) : c.padStart(widths[k]))).join('  ');
  return [head, ...rows].map(line).join('\n');
}

const folderOf = ({ path }) => dirname(path);

function grouped(done) {
  const folders = new Map();
  for (const m of done) folders.set(folderOf(m), [...(folders.get(folderOf(m)) ?? []), m]);
  return folders;
}

function row(folder, mutants) {
  const count = (outcome) => mutants.filter((m) => m.outcome === outcome).length;
  const numbers = [mutants.length, mutants.filter(isKilled).length, count('survived'), count('not reached')];
  return [folder, ...numbers.map(String), `${scoreOf(mutants).toFixed(0)} %`];
}
