/** How a panel is drawn: a function of data, size and theme that returns the marks it drew. */
import type { Theme } from '../theme.js';
import type { Size } from './axes.js';

/** A mark that can be pointed at. */
export interface Mark {
  readonly x: number;
  readonly y: number;
  /** What is said of it, with units. */
  readonly label: string;
  /** The rank of the principal direction that it belongs to, from 1. */
  readonly rank?: number;
}

/** Draws data and returns its marks; `lit` is the rank that is highlighted, `time` the seconds since the panel began, for what moves. */
export type Draw<D> = (
  ctx: CanvasRenderingContext2D,
  data: D,
  size: Size,
  theme: Theme,
  lit: number | undefined,
  time: number,
) => readonly Mark[];
