/** The panels that are on the page, with what they draw and the data behind it, so that they can be saved. */
import type { Theme } from '../theme.js';

/** A panel as it can be saved. */
export interface SavedPanel {
  readonly label: string;
  readonly width: number;
  readonly height: number;
  /** Draws it anew on a context of its size. */
  draw(ctx: CanvasRenderingContext2D, theme: Theme): void;
  /** What it shows, exact. */
  readonly data: unknown;
}

const panels = new Map<string, () => SavedPanel>();

/** Adds a panel; returns what removes it. `read` gives the panel as it is at that moment. */
export function registerPanel(id: string, read: () => SavedPanel): () => void {
  panels.set(id, read);
  return () => {
    if (panels.get(id) === read) panels.delete(id);
  };
}

/** Returns a panel as it is now; undefined where it has drawn nothing. */
export const panelNamed = (id: string): SavedPanel | undefined => panels.get(id)?.();
