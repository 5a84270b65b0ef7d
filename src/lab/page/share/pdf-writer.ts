/** Writes what a panel drew as a PDF of one page: vectors and texts, with pictures where the panel drew pixels. */
import { rgba } from './colours.js';
import { runsOf } from './pdf-fonts.js';
import type { Drawn, Path } from './recorder.js';

/** Points of PDF in a pixel of the page. */
const POINT = 0.75;

/** Pixels of a picture, three bytes each, and their opacities where any is below 1. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array<ArrayBuffer>;
  readonly alpha?: Uint8Array<ArrayBuffer>;
}

export type PixelsOf = (image: CanvasImageSource) => Pixels;

const n = (x: number): string => String(Math.round(x * 1000) / 1000);
const bytesOf = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** Returns the document. */
export async function pdfOf(
  drawn: readonly Drawn[],
  { width, height }: { readonly width: number; readonly height: number },
  title: string,
  pixelsOf: PixelsOf,
): Promise<Uint8Array<ArrayBuffer>> {
  const opacities = new Map<string, string>();
  const pictures: Pixels[] = [];
  const opacity = (value: number): string => {
    const key = n(value);
    if (!opacities.has(key)) opacities.set(key, `G${opacities.size}`);
    return `/${opacities.get(key)} gs\n`;
  };
  const content = drawn.map((thing) => {
    const clips = thing.clips.map((clip) => `${pathOf(clip)}W n\n`).join('');
    if (thing.kind === 'image') {
      pictures.push(pixelsOf(thing.image));
      const place = `${n(thing.width)} 0 0 ${n(-thing.height)} ${n(thing.x)} ${n(thing.y + thing.height)} cm`;
      return `q\n${clips}${place}\n/I${pictures.length - 1} Do\nQ\n`;
    }
    const [r, g, b, a] = rgba(thing.paint.colour);
    const state = opacity(a * thing.paint.opacity);
    const colour = [r, g, b].map(n).join(' ');
    if (thing.kind === 'fill') return `q\n${clips}${state}${colour} rg\n${pathOf(thing.path)}f\nQ\n`;
    if (thing.kind === 'stroke')
      return `q\n${clips}${state}${colour} RG ${n(thing.width)} w [${thing.dash.map(n).join(' ')}] 0 d\n${pathOf(thing.path)}S\nQ\n`;
    return `q\n${clips}${state}${colour} rg\n${textOf(thing)}Q\n`;
  });
  // pixels grow downwards, points upwards
  const page = `${POINT} 0 0 ${-POINT} 0 ${n(height * POINT)} cm\n${content.join('')}`;

  const objects: Uint8Array<ArrayBuffer>[] = [];
  const add = (text: string): number => objects.push(bytesOf(text));
  const addStream = async (dictionary: string, data: Uint8Array<ArrayBuffer>): Promise<number> => {
    const packed = await deflated(data);
    const head = bytesOf(`<< ${dictionary} /Filter /FlateDecode /Length ${packed.length} >>\nstream\n`);
    return objects.push(joined([head, packed, bytesOf('\nendstream')]));
  };
  const stream = await addStream('', bytesOf(page));
  const images: number[] = [];
  for (const picture of pictures) {
    const facts = `/Type /XObject /Subtype /Image /Width ${picture.width} /Height ${picture.height} /BitsPerComponent 8`;
    const mask = picture.alpha && (await addStream(`${facts} /ColorSpace /DeviceGray`, picture.alpha));
    images.push(await addStream(`${facts} /ColorSpace /DeviceRGB${mask ? ` /SMask ${mask} 0 R` : ''}`, picture.rgb));
  }
  const latin = add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>');
  const symbol = add('<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>');
  const states = [...opacities].map(([value, name]) => `/${name} << /ca ${value} /CA ${value} >>`).join(' ');
  const resources = `/Font << /F1 ${latin} 0 R /F2 ${symbol} 0 R >> /ExtGState << ${states} >> /XObject << ${images.map((id, k) => `/I${k} ${id} 0 R`).join(' ')} >>`;
  const pages = objects.length + 2;
  const sheet = add(
    `<< /Type /Page /Parent ${pages} 0 R /MediaBox [0 0 ${n(width * POINT)} ${n(height * POINT)}] /Resources << ${resources} >> /Contents ${stream} 0 R >>`,
  );
  add(`<< /Type /Pages /Kids [${sheet} 0 R] /Count 1 >>`);
  const root = add(`<< /Type /Catalog /Pages ${pages} 0 R >>`);
  const info = add(`<< /Title <feff${utf16(title)}> /Producer (thermograd) >>`);
  return document(objects, root, info);
}

/** Objects one after the other, and the table of their places. */
function document(objects: readonly Uint8Array<ArrayBuffer>[], root: number, info: number): Uint8Array<ArrayBuffer> {
  const parts = [bytesOf('%PDF-1.4\n%\xe2\xe3\xcf\xd3\n')];
  const places: number[] = [];
  let at = parts[0].length;
  for (const [k, object] of objects.entries()) {
    const whole = joined([bytesOf(`${k + 1} 0 obj\n`), object, bytesOf('\nendobj\n')]);
    places.push(at);
    at += whole.length;
    parts.push(whole);
  }
  const table = places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  parts.push(
    bytesOf(
      `xref\n0 ${size}\n0000000000 65535 f \n${table}trailer\n<< /Size ${size} /Root ${root} 0 R /Info ${info} 0 R >>\nstartxref\n${at}\n%%EOF\n`,
    ),
  );
  return joined(parts);
}

const pathOf = (path: Path): string =>
  path
    .map((segment) => {
      if (segment[0] === 'Z') return 'h\n';
      const [kind, ...at] = segment;
      return `${at.map(n).join(' ')} ${{ M: 'm', L: 'l', C: 'c' }[kind]}\n`;
    })
    .join('');

/** A text at its place, its fonts brought to the width that it has on the page. */
function textOf({ text, x, y, angle, size, width }: Extract<Drawn, { kind: 'text' }>): string {
  const runs = runsOf(text);
  const own = (runs.reduce((sum, run) => sum + run.width, 0) * size) / 1000;
  const stretch = own > 0 ? (100 * width) / own : 100;
  const [s, t] = [Math.cos(angle), Math.sin(angle)];
  const shown = runs.map(
    ({ font, codes, size: share, rise }) =>
      `/${font} ${n(size * share)} Tf ${n(size * rise)} Ts <${codes.map((c) => c.toString(16).padStart(2, '0')).join('')}> Tj\n`,
  );
  // the second axis points up again, so that letters do not stand on their heads
  return `BT\n${n(stretch)} Tz ${n(s)} ${n(t)} ${n(t)} ${n(-s)} ${n(x)} ${n(y)} Tm\n${shown.join('')}ET\n`;
}

const utf16 = (text: string): string =>
  Array.from({ length: text.length }, (_, i) => text.charCodeAt(i).toString(16).padStart(4, '0')).join('');

async function deflated(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([data]).stream().pipeThrough(new CompressionStream('deflate'));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
