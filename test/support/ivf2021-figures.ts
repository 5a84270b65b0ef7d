/** What the tests of the figures of ivf2021 share: a made-up analysis, the rounding of coordinates, and readings of legends. */
import type { DirectionFlatness } from '../../src/analyse/trajectory/results.js';
import { syntheticAnalysis } from './ivf2021-results.js';
import type { FigureReading } from './reading.js';

export const small = syntheticAnalysis({ epochs: 60, directions: 60, P: 400, steps: 80 });
/** Agreement within the rounding of coordinates, in pixels. */
export const PIXEL = 0.05;

export const lg = Math.log10;
export const width = (d: DirectionFlatness): d is DirectionFlatness & { flatness: number } => d.flatness !== null;
export const labels = (f: FigureReading) => f.legend.map((l) => l.label);
export const sample = (f: FigureReading, label: string) => f.legend.find((l) => l.label.startsWith(label))!;
