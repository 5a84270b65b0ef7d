/** Which run is looked at and which ones are compared; the URL holds both. */
import { signal } from '@preact/signals';

/** The run that is open in the view Open. */
export const opened = signal<string | undefined>(undefined);
/** The runs that are compared, the first one being what the others are compared with. */
export const compared = signal<readonly string[]>([]);

/** Most runs side by side. */
export const MOST_COMPARED = 8;

/** Takes a run into the comparison, or out of it. */
export function toggleCompared(id: string): void {
  const now = compared.peek();
  compared.value = now.includes(id) ? now.filter((other) => other !== id) : [...now, id].slice(-MOST_COMPARED);
}
