/** Writes what a panel drew as an SVG document that stands alone. */
import type { Drawn, Path } from './recorder.js';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => ESCAPES[c]);
const n = (x: number): string => String(Math.round(x * 100) / 100);

const pathData = (path: Path): string => path.map(([kind, ...at]) => kind + at.map(n).join(',')).join('');

/** A picture as a data: URL. */
export type PictureOf = (image: CanvasImageSource) => string;

/** Returns the document. @param title - one sentence, for screen readers */
export function svgOf(
  drawn: readonly Drawn[],
  size: { readonly width: number; readonly height: number },
  title: string,
  pictureOf: PictureOf,
): string {
  const clips = new Map<string, string>();
  const body = drawn.map((thing) => {
    const inside = thing.clips.map((clip) => {
      const data = pathData(clip);
      if (!clips.has(data)) clips.set(data, `clip-${clips.size}`);
      return clips.get(data)!;
    });
    return inside.reduce((text, id) => `<g clip-path="url(#${id})">${text}</g>`, element(thing, pictureOf));
  });
  const definitions = [...clips].map(([data, id]) => `<clipPath id="${id}"><path d="${data}"/></clipPath>`);
  const { width, height } = size;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${n(width)} ${n(height)}" width="${n(width)}" height="${n(height)}" role="img" font-family="system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif">`,
    `<title>${escaped(title)}</title>`,
    ...(definitions.length > 0 ? [`<defs>${definitions.join('')}</defs>`] : []),
    ...body,
    '</svg>',
    '',
  ].join('\n');
}

function element(thing: Drawn, pictureOf: PictureOf): string {
  if (thing.kind === 'image') {
    const { image, x, y, width, height } = thing;
    return `<image x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" preserveAspectRatio="none" href="${pictureOf(image)}"/>`;
  }
  const opacity = thing.paint.opacity < 1 ? ` opacity="${n(thing.paint.opacity)}"` : '';
  const colour = escaped(thing.paint.colour);
  if (thing.kind === 'fill') return `<path d="${pathData(thing.path)}" fill="${colour}"${opacity}/>`;
  if (thing.kind === 'stroke') {
    const dash = thing.dash.length > 0 ? ` stroke-dasharray="${thing.dash.join(' ')}"` : '';
    return `<path d="${pathData(thing.path)}" fill="none" stroke="${colour}" stroke-width="${n(thing.width)}"${dash}${opacity}/>`;
  }
  const { x, y, angle, size, width, text } = thing;
  const turn = angle === 0 ? '' : ` transform="rotate(${n((angle * 180) / Math.PI)} ${n(x)} ${n(y)})"`;
  return `<text x="${n(x)}" y="${n(y)}" font-size="${n(size)}" textLength="${n(width)}" lengthAdjust="spacingAndGlyphs" fill="${colour}"${opacity}${turn}>${escaped(text)}</text>`;
}
