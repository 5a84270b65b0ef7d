/** The direction that is pointed at, by its rank from 1; every panel that shows directions lights it up. */
import { signal } from '@preact/signals';

export const highlight = signal<number | undefined>(undefined);
