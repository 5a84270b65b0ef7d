/** What two folders of results hold, but for times, memory and the machine. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { textWithoutTimes, timeless } from '../times.mjs';

/** The files of a folder, or the file itself, by relative path. */
export function filesOf(path) {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [''];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((f) => statSync(join(path, f)).isFile())
    .sort();
}

/** Bytes of all files. */
export const sizeOf = (path) => filesOf(path).reduce((sum, f) => sum + statSync(join(path, f)).size, 0);

/** The bytes of the largest file. */
export const largestOf = (path) => Math.max(0, ...filesOf(path).map((f) => statSync(join(path, f)).size));

/** Files that a finished, failed or stopped program must not leave: locks and temporary files. */
export const strayIn = (folder) => filesOf(folder).filter((f) => /(^|\/)lock$|\.(tmp|old|stale)(\/|$)/.test(f));

/** A file without what may differ between two runs. Keys keep their order, and numbers their digits. */
function comparable(path, name) {
  const bytes = readFileSync(path);
  if (/\.json$/.test(name)) {
    try {
      return JSON.stringify(JSON.parse(bytes.toString('utf8'), timeless()), null, 1);
    } catch {
      return bytes.toString('latin1');
    }
  }
  return /\.(html|txt|md)$/.test(name) ? textWithoutTimes(bytes.toString('utf8')) : bytes.toString('latin1');
}

/** Lists what differs between two folders or files; empty where they hold the same. */
export function differences(expected, found) {
  const [a, b] = [filesOf(expected), filesOf(found)];
  const lines = [
    ...a.filter((f) => !b.includes(f)).map((f) => `${f || 'the file'} is missing`),
    ...b.filter((f) => !a.includes(f)).map((f) => `${f || 'the file'} is too many`),
  ];
  for (const file of a.filter((f) => b.includes(f))) {
    const [x, y] = [expected, found].map((p) => comparable(join(p, file), file || p));
    if (x === y) continue;
    let k = 0;
    while (x[k] === y[k]) k++;
    const around = (text) => JSON.stringify(text.slice(Math.max(0, k - 60), k + 60));
    lines.push(`${file || 'the file'} differs: expected …${around(x)}, found …${around(y)}`);
  }
  return lines;
}
