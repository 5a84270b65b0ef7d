/** A surface that answers from another one: its weights and samples are the same, its answers differ. */
import { completed } from './completed.js';
import type { SurfaceParts } from './made.js';
import type { Surface, Verb } from './surface.js';

/**
 * Makes a surface of the verbs that are given, which ask the surface beneath. A verb that is missing there is left out, and one that
 * is not given is made of the others. Closing it closes the surface beneath.
 * @param own - its name, its verbs, and how it obtains them where that differs from the surface beneath
 */
export function wrapped(
  surface: Surface,
  own: Pick<SurfaceParts, 'name' | 'offers' | 'scale'> & Partial<Pick<Surface, Verb>>,
): Surface {
  const { size, samples, precision, parameters, offers, scale } = surface;
  return completed({
    size,
    samples,
    precision,
    parameters,
    subsets: offers.sampleLosses !== 'missing' || samples === 1,
    offers,
    ...(scale && { scale }),
    ...(Object.fromEntries(Object.entries(own).filter(([key]) => offers[key as Verb] !== 'missing')) as typeof own),
    close: () => surface.close(),
  });
}
