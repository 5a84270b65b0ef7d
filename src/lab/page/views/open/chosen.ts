/** Which run is looked at and which ones are compared; the URL holds both. */
import { computed } from '@preact/signals';
import { keep, lab } from '../../store.js';

/** The run that is open in the view Open. */
export const opened = computed<string | undefined>(() => {
  const open = lab.value.runs?.open;
  return typeof open === 'string' && open !== '' ? open : undefined;
});
/** The runs that are compared, the first one being what the others are compared with. */
export const compared = computed<readonly string[]>(() => {
  const compare = lab.value.runs?.compare;
  return Array.isArray(compare) ? compare.map(String) : [];
});

/** Most runs side by side. */
const MOST_COMPARED = 8;

function choose(open: string | undefined, compare: readonly string[]): void {
  const runs = { ...(open !== undefined && { open }), ...(compare.length > 0 && { compare }) };
  keep({ runs });
}

/** Opens a run in the view Open, or the index of all. */
export function openRun(id: string | undefined): void {
  choose(id, compared.peek());
  if (lab.peek().view !== 'open') keep({ view: 'open' });
}

/** Takes a run into the comparison, or out of it. */
export function toggleCompared(id: string): void {
  const now = compared.peek();
  choose(opened.peek(), now.includes(id) ? now.filter((other) => other !== id) : [...now, id].slice(-MOST_COMPARED));
}
