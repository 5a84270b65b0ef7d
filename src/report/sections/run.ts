/** The facts of a run on a page, as lists of names and values, whatever their keys are. */
import { formatCount, formatPlain, formatSeconds, MISSING } from '../format.js';
import type { Json, RunFacts } from '../input.js';
import { html, type Markup } from '../markup.js';

const TITLES: Record<string, string> = {
  config: 'Configuration',
  seeds: 'Seeds',
  versions: 'Versions',
  kernel: 'Kernel build',
  linearAlgebra: 'Linear algebra',
  machine: 'Machine',
  timings: 'Time per stage',
};

export function runFacts(run: RunFacts): Markup {
  const keys = [...Object.keys(TITLES).filter((k) => k in run), ...Object.keys(run).filter((k) => !(k in TITLES))];
  const groups = keys.filter((k) => run[k] !== undefined && run[k] !== null);
  if (groups.length === 0) return html`<p class="missing">No facts were recorded with this run.</p>`;
  return html`<div class="columns">${groups.map((k) => group(TITLES[k] ?? words(k), run[k]!, k === 'timings'))}</div>`;
}

function group(title: string, value: Json, seconds: boolean): Markup {
  const rows = flatten(value);
  return html`<section><h3>${title}</h3><dl class="facts">${rows.map(
    ([k, v]) =>
      html`<dt>${k || title.toLowerCase()}</dt><dd>${seconds && typeof v === 'number' ? formatSeconds(v) : text(v)}</dd>`,
  )}</dl></section>`;
}

type Leaf = null | boolean | number | string;

/** Writes nested objects with dotted names, and lists of plain values on one line. */
function flatten(value: Json, path = ''): [string, Leaf][] {
  if (value === null || typeof value !== 'object') return [[path, value]];
  if (Array.isArray(value)) {
    if (value.every((v) => v === null || typeof v !== 'object'))
      return [[path, value.map((v) => text(v as Leaf)).join(', ')]];
    return value.flatMap((v, k) => flatten(v as Json, `${path}[${k + 1}]`));
  }
  return Object.entries(value).flatMap(([k, v]) =>
    v === undefined ? [] : flatten(v as Json, path ? `${path}.${k}` : k),
  );
}

/** Writes whole numbers with all their digits (seeds can be long), others to six. */
function text(v: Leaf): string {
  if (v === null) return MISSING;
  if (typeof v === 'boolean') return v ? 'yes' : 'no';
  if (typeof v === 'number') return Number.isSafeInteger(v) ? formatCount(v) : formatPlain(v, 6);
  return v === '' ? MISSING : v;
}

/** Turns a key into words: `peakMemory` becomes `Peak memory`. */
function words(key: string): string {
  const s = key
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .toLowerCase();
  return s.charAt(0).toUpperCase() + s.slice(1);
}
