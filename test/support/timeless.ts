/** What documents say besides times, durations and memory: what must not depend on how many threads wrote them. */

// @ts-expect-error: plain JavaScript without declarations
import { PAGE_SETTINGS, timeless as reviver, textWithoutTimes } from '../../scripts/times.mjs';

/** Keys of JSON documents that hold times, durations, memory or the machine. */
const TIMES = /^(?:seconds|cpuSeconds|started|finished|updated|machine|memoryBytes|timings)$/;

/** Returns a document with its times taken out: JSON by its keys, pages by their text; any other file as it is. */
export function timeless(name: string, bytes: Buffer): string {
  if (name.endsWith('.json')) return JSON.stringify(JSON.parse(bytes.toString('utf8'), reviver(true, TIMES)), null, 1);
  if (name.endsWith('.html')) return pageWithoutTimes(bytes.toString('utf8'));
  return bytes.toString('latin1');
}

const pageWithoutTimes = (html: string): string => textWithoutTimes(html).replace(PAGE_SETTINGS, '$1');

/** Lists what differs between two folders, given with `filesOf`; empty when they hold the same but for times. */
export function differences(one: ReadonlyMap<string, Buffer>, other: ReadonlyMap<string, Buffer>): string[] {
  const lines = [...new Set([...one.keys(), ...other.keys()])]
    .filter((name) => !one.has(name) || !other.has(name))
    .map((name) => `${name} is in one folder only`);
  for (const [name, bytes] of one) {
    const twin = other.get(name);
    if (!twin || bytes.equals(twin)) continue;
    const [a, b] = [timeless(name, bytes), timeless(name, twin)];
    if (a === b) continue;
    let at = 0;
    while (a[at] === b[at]) at++;
    lines.push(
      `${name}: …${JSON.stringify(a.slice(Math.max(0, at - 80), at + 40))}, …${JSON.stringify(b.slice(at, at + 40))}`,
    );
  }
  return lines;
}
