/** Figures as PDF documents, for papers and slides: vectors on a transparent page, text in an embedded font. */
import { DOMParser } from 'linkedom';
import { InputError } from '../numeric/errors.js';
import * as is from '../numeric/wants.js';
import { fontObjects } from './pdf/font-objects.js';
import { bytes, POINT, pdfOf, plainStream } from './pdf/writer.js';

/**
 * Renders the SVG document of a figure as PDF of one page as wide as its attribute `width` says, 96 px to the inch. Text is set in DejaVu Sans Condensed, of which
 * the letters used are embedded, and can be searched and copied. The document holds no date: the same figure gives the same bytes.
 * Figures of this library can be rendered, not every SVG document. The cost is a few milliseconds.
 * @throws InputError (`bad-svg`) when the text is no SVG document or holds what figures of this library do not hold
 */
export async function renderPdf(svg: string): Promise<Uint8Array> {
  is.given('renderPdf', { svg }, { svg: is.text });
  const wrong = (why: string) =>
    new InputError('bad-svg', `renderPdf: svg must be the SVG document of a figure; ${why}.`);
  const root = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement as unknown as Element | null;
  if (root?.localName !== 'svg') throw wrong('its first element is not <svg>');
  const box = root.getAttribute('viewBox') ?? '';
  if (!/^\s*-?[\d.]+([\s,]+-?[\d.]+){3}\s*$/.test(box)) throw wrong('it has no viewBox');
  const units = Number(box.trim().split(/[\s,]+/)[2]);
  const width = Number(root.getAttribute('width') ?? units);
  if (!(width > 0 && units > 0)) throw wrong('its width must be a number of pixels');
  const letters = [...root.querySelectorAll('text')].map((t) => t.textContent ?? '').join('');
  try {
    return await pdfOf(root, fontObjects(letters), deflated, (POINT * width) / units);
  } catch (error) {
    throw wrong((error as Error).message);
  }
}

/** A stream object with its content compressed. */
async function deflated(data: string): Promise<string> {
  const stream = new Blob([bytes(data)]).stream().pipeThrough(new CompressionStream('deflate'));
  const packed = new Uint8Array(await new Response(stream).arrayBuffer());
  return plainStream(Array.from(packed, (b) => String.fromCharCode(b)).join(''), '/Filter/FlateDecode');
}
