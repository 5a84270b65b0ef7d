/** A figure that a report draws, read; and what must hold of every one. */
import { expect } from 'vitest';
import type { Figure, MissingFigure } from '../../src/report/figures/frame.js';
import { type FigureReading, type Point, readFigure } from './reading.js';

export interface Drawn {
  readonly figure: FigureReading;
  readonly title: string;
  readonly caption: string;
}

/** @throws Error where the figure says that it is missing */
export function drawn(f: Figure | MissingFigure, axes: Parameters<typeof readFigure>[1] = {}): Drawn {
  if ('missing' in f) throw new Error(`${f.name} is not drawn: ${f.missing}`);
  return { figure: readFigure(f.svg, axes), title: f.title, caption: f.caption };
}

/** Why a figure is not drawn. @throws Error where it is */
export function missing(f: Figure | MissingFigure): string {
  if (!('missing' in f)) throw new Error(`${f.name} is drawn`);
  return f.missing;
}

/** The colour that the legend gives the one label with these words. @throws Error where none or several have them */
export function paint(figure: FigureReading, words: string | RegExp): string {
  const found = figure.legend.filter(({ label }) => (typeof words === 'string' ? label === words : words.test(label)));
  if (found.length !== 1)
    throw new Error(`${found.length} of ${words} in the legend: ${figure.legend.map((l) => l.label).join(', ')}`);
  return found[0].colour;
}

/** The labels of the legend match these, in this order. */
export function legendIs(figure: FigureReading, ...labels: readonly (string | RegExp)[]): void {
  const shown = figure.legend.map((l) => l.label);
  expect(shown).toHaveLength(labels.length);
  labels.forEach((wanted, k) => {
    if (typeof wanted === 'string') expect(shown[k]).toBe(wanted);
    else expect(shown[k]).toMatch(wanted);
  });
}

/** All points lie inside the frame, at least a hundredth of it from its sides, and take up at least seven tenths of it both ways. */
export function framed(
  figure: FigureReading,
  points: readonly Point[],
  axes: readonly ('x' | 'y')[] = ['x', 'y'],
): void {
  for (const axis of axes) {
    const k = axis === 'x' ? 0 : 1;
    const [a, b] = figure.domain[axis].map((v) => figure[axis].pixel(v));
    const at = points.map((p) => (figure[axis].pixel(p[k]) - a) / (b - a));
    const [low, high] = [Math.min(...at), Math.max(...at)];
    expect(low, `${axis}: room below`).toBeGreaterThan(0.01);
    expect(high, `${axis}: room above`).toBeLessThan(0.99);
    expect(high - low, `${axis}: share of the frame`).toBeGreaterThan(0.7);
  }
}

/** The frame reaches from one value to the other, to a tenth of a pixel. */
export function spans(figure: FigureReading, axis: 'x' | 'y', from: number, to: number): void {
  [from, to].forEach((wanted, k) => {
    const off = figure[axis].pixel(figure.domain[axis][k]) - figure[axis].pixel(wanted);
    expect(Math.abs(off), `${axis} from ${from} to ${to}, found ${figure.domain[axis]}`).toBeLessThan(0.1);
  });
}
