/** Figures as pixels, rendered by resvg; the library is loaded when the first picture is asked for. */
import { InputError } from '../numeric/errors.js';
import * as is from '../numeric/wants.js';

/**
 * Renders a standalone SVG document as PNG on white, `width` pixels wide (default 1520: print at 300 dpi over 13 cm).
 * Uses the fonts of the system; on a machine without any, text is missing.
 * @throws InputError (`no-resvg`) outside Node
 */
export async function renderPng(svg: string, width = 1520): Promise<Uint8Array> {
  is.given('renderPng', { svg, width }, { svg: is.text, width: is.positive });
  // package.json leads #resvg to the package in Node and to no-resvg.ts elsewhere
  const { Resvg } = await import('#resvg');
  const plain = svg
    .replace(/<style>[\s\S]*?<\/style>/, '') // screen styles; resvg knows no media queries
    .replace(/font-family="[^"]*"/, 'font-family="DejaVu Sans, Segoe UI, Helvetica Neue, Arial, sans-serif"'); // a face with ∝ and ψ first
  let image: InstanceType<typeof Resvg>;
  try {
    image = new Resvg(plain, {
      background: 'white',
      fitTo: { mode: 'width', value: width },
      font: { loadSystemFonts: true },
      logLevel: 'off',
    });
  } catch (error) {
    throw new InputError('bad-svg', `renderPng: svg must be an SVG document; ${(error as Error).message}.`);
  }
  return image.render().asPng();
}
