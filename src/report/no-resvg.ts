/** Takes the place of the package @resvg/resvg-js outside Node. */
import { InputError } from '../numeric/errors.js';

/** Refuses every picture with an InputError (`no-resvg`). */
export class Resvg {
  constructor() {
    throw new InputError('no-resvg', 'pictures in pixels are drawn in Node only; a browser draws the SVG itself.');
  }
}
