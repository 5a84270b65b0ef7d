/** All measurements of the live page. */
import { landscapeMeasurements } from './landscape.js';
import { measureCeiling } from './measure-ceiling.js';
import { measureCloud } from './measure-cloud.js';
import { measureControls } from './measure-controls.js';
import { measureDisplacement } from './measure-displacement.js';
import { measureFlatness } from './measure-flatness.js';
import { measureNoiseScale } from './measure-noise-scale.js';
import { measureSpectrum } from './measure-spectrum.js';
import { measureTemperature } from './measure-temperature.js';
import type { Measurements } from './registry.js';

/** Every measurement by its kind. */
export const measurements: Measurements = {
  cloud: measureCloud,
  spectrum: measureSpectrum,
  displacement: measureDisplacement,
  temperature: measureTemperature,
  'noise-scale': measureNoiseScale,
  ceiling: measureCeiling,
  flatness: measureFlatness,
  controls: measureControls,
  ...landscapeMeasurements,
};
