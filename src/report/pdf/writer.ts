/**
 * A figure as a PDF document of one page: vectors, text in an embedded font, no date. It reads the drawings of frame.ts, not any SVG: groups,
 * lines, paths of straight and cubic pieces, rectangles, circles, text, translations and rotations, clip paths of a rectangle. The same code runs in
 * Node and in the script of a page, which must stay small: it asks of an element what every DOM has, and gets the font as finished objects.
 */

/** A font as the writer of PDF takes it. */
export interface PdfFont {
  /** The beginning of a PDF document: its header and the objects of the font, one byte to a character. The first object is the font. */
  readonly head: string;
  /** Where these objects begin. */
  readonly offsets: readonly number[];
  /** The characters of the glyphs from number 1; number 0 is the box that stands for all others. */
  readonly chars: string;
  /** Widths of the glyphs from number 0, in thousandths of the size of the font. */
  readonly widths: readonly number[];
}

/** Points of PDF to a pixel of CSS. */
export const POINT = 0.75;
const INHERITED = [
  'fill',
  'font-size',
  'text-anchor',
  'opacity',
  'fill-opacity',
  ...['', '-opacity', '-width', '-dasharray', '-linecap', '-linejoin', '-miterlimit'].map((s) => `stroke${s}`),
];
type Style = Record<string, string>;

const short = (...n: number[]): string => n.map((x) => +x.toFixed(3)).join(' ');
/** The code units of a text as PDF writes them: four digits each. */
export const hex = (...codes: number[]): string => codes.map((n) => n.toString(16).padStart(4, '0')).join('');
export const utf16 = (s: string): string => hex(...Array.from({ length: s.length }, (_, i) => s.charCodeAt(i)));

/** The operators of a path. */
function path(d: string): string {
  let [x, y, out] = [0, 0, ''];
  for (const [, letter, list] of d.matchAll(/([a-z])([^a-df-z]*)/gi)) {
    const n = (list.match(/-?(\d*\.)?\d+(e-?\d+)?/gi) ?? []).map(Number);
    const command = letter.toLowerCase();
    const size = { m: 2, l: 2, h: 1, v: 1, c: 6, z: 0 }[command];
    if (size === undefined) throw new Error(`a path holds the command ${letter}`);
    if (!size) out += 'h\n';
    for (let k = 0; k < n.length; k += size) {
      const p = n.slice(k, k + size).map((v, i) => (letter < 'a' ? v : v + (command === 'v' || i % 2 ? y : x)));
      [x, y] = command === 'h' ? [p[0], y] : command === 'v' ? [x, p[0]] : p.slice(-2);
      out += command === 'c' ? `${short(...p)} c\n` : `${short(x, y)} ${command === 'm' && !k ? 'm' : 'l'}\n`;
    }
  }
  return out;
}

/** A circle of four cubic curves. */
function circle(x: number, y: number, r: number): string {
  const k = 0.5523 * r;
  return path(
    `M${x + r} ${y}c0 ${k} ${k - r} ${r} ${-r} ${r}c${-k} 0 ${-r} ${k - r} ${-r} ${-r}c0 ${-k} ${r - k} ${-r} ${r} ${-r}c${k} 0 ${r} ${r - k} ${r} ${r}z`,
  );
}

/** The content of the page and the opacities that it names. */
function content(
  svg: Element,
  { chars, widths }: PdfFont,
  height: number,
  point: number,
): { out: string; opacities: string[] } {
  const opacities: string[] = [];
  let out = `${point} 0 0 -${point} 0 ${short(height * point)} cm\n`;

  const colour = (c: string) => {
    const s = /^#/.test(c) ? c : (svg.getAttribute('color') ?? '');
    return short(...[1, 3, 5].map((k) => Number.parseInt(s.slice(k, k + 2), 16) / 255 || 0));
  };
  const paint = (s: Style, shape: string) => {
    const fill = s.fill !== 'none';
    const stroke = s.stroke !== 'none';
    const opacity = (kind: string) => short(+s[`${kind}-opacity`] * +s.opacity);
    const key = `/ca ${opacity('fill')}/CA ${opacity('stroke')}`;
    if (!opacities.includes(key)) opacities.push(key);
    const style = (name: string) => s[`stroke-${name}`];
    const round = (name: string) => (style(name) === 'round' ? 1 : 0);
    out += `/G${opacities.indexOf(key)} gs ${colour(s.fill)} rg ${colour(s.stroke)} RG ${style('width')} w ${round('linecap')} J ${round('linejoin')} j ${style('miterlimit')} M [${style('dasharray').replace(/none|,/g, ' ')}] 0 d\n${shape}${fill ? (stroke ? 'B' : 'f') : stroke ? 'S' : 'n'}\n`;
  };
  /** The number of an attribute; `em` is the size of the font. */
  const number = (e: Element, name: string, em = 1) => {
    const v = e.getAttribute(name) ?? '';
    return (Number.parseFloat(v) || 0) * (/em$/.test(v) ? em : 1);
  };
  const words = (e: Element, s: Style) => {
    const em = +s['font-size'];
    const runs: [codes: number[], size: number, rise: number, width: number][] = [];
    let [rise, whole] = [0, 0];
    const gather = (n: Element, size: number) => {
      rise += number(n, 'dy', size);
      for (const child of n.childNodes) {
        if (child.nodeType === 1) gather(child as Element, number(child as Element, 'font-size') || size);
        else {
          const codes = [...(child.textContent ?? '')].map((c) => [...chars].indexOf(c) + 1);
          const width = codes.reduce((w, c) => w + widths[c], 0) * (size / 1000);
          whole += width;
          runs.push([codes, size, rise, width]);
        }
      }
    };
    gather(e, em);
    let x = number(e, 'x', em) - whole * ({ middle: 0.5, end: 1 }[s['text-anchor']] ?? 0);
    out += `${colour(s.fill)} rg BT\n`;
    for (const [codes, size, up, width] of runs) {
      out += `/F ${short(size)} Tf 1 0 0 -1 ${short(x, number(e, 'y', em) + up)} Tm <${hex(...codes)}> Tj\n`;
      x += width;
    }
    out += 'ET\n';
  };
  const walk = (e: Element, outer: Style) => {
    const s: Style = { ...outer };
    for (const name of INHERITED) s[name] = e.getAttribute(name) ?? s[name];
    if (e !== svg && e.hasAttribute('opacity')) s.opacity = String(+outer.opacity * +s.opacity);
    const shape = (f: (...n: number[]) => string, names: string, at = e) =>
      f(...names.split(' ').map((name) => number(at, name)));
    out += 'q\n';
    for (const [, kind, list] of (e.getAttribute('transform') ?? '').matchAll(/(\w+)\(([^)]*)/g)) {
      const [a, b = 0] = list.split(/[\s,]+/).map(Number);
      const [c, d] = [Math.cos((a * Math.PI) / 180), Math.sin((a * Math.PI) / 180)];
      if (kind !== 'translate' && kind !== 'rotate') throw new Error(`it holds the transformation ${kind}`);
      out += `${kind === 'rotate' ? short(c, d, -d, c, 0, 0) : short(1, 0, 0, 1, a, b)} cm\n`;
    }
    const clip = /#([^)]*)/.exec(e.getAttribute('clip-path') ?? '')?.[1];
    const frame = clip && svg.querySelector(`#${clip} rect`);
    const rectangle = 'x y width height';
    if (frame) out += `${shape(short, rectangle, frame)} re W n\n`;
    const tag = e.localName;
    if (tag === 'line')
      paint(
        { ...s, fill: 'none' },
        shape((x1, y1, x2, y2) => path(`M${x1} ${y1} ${x2} ${y2}`), 'x1 y1 x2 y2'),
      );
    if (tag === 'path') paint(s, path(e.getAttribute('d') ?? ''));
    if (tag === 'rect') paint(s, `${shape(short, rectangle)} re\n`);
    if (tag === 'circle') paint(s, shape(circle, 'cx cy r'));
    if (tag === 'text') words(e, s);
    if (/^(g|svg)$/.test(tag)) for (const child of e.children) walk(child, s);
    out += 'Q\n';
  };
  const none = { stroke: 'none', 'stroke-dasharray': 'none' };
  walk(svg, {
    ...none,
    opacity: '1',
    'fill-opacity': '1',
    'stroke-opacity': '1',
    'stroke-width': '1',
    'stroke-miterlimit': '4',
  });
  return { out, opacities };
}

/** The bytes of a text of characters below 256. */
export const bytes = (s: string): Uint8Array<ArrayBuffer> => Uint8Array.from(s, (c) => c.charCodeAt(0));

/** A stream object with its content as it is. */
export const plainStream = (data: string, more = ''): string =>
  `<<${more}/Length ${data.length}>>stream\n${data}\nendstream`;

/**
 * Writes the PDF of a drawing; its page is as large as the drawing.
 * @param stream - makes a stream object of the content
 * @param point - points of the page to a unit of the drawing; by default 96 units are an inch
 */
export async function pdfOf(
  svg: Element,
  font: PdfFont,
  stream: (data: string) => string | Promise<string> = plainStream,
  point = POINT,
): Promise<Uint8Array<ArrayBuffer>> {
  const [, , width, height] = (svg.getAttribute('viewBox') ?? '').split(/[\s,]+/).map(Number);
  const { out, opacities } = content(svg, font, height, point);
  let file = font.head;
  const at = [...font.offsets];
  const add = (object: string) => {
    at.push(file.length);
    file += `${at.length} 0 obj\n${object}\nendobj\n`;
  };
  // the objects of the font come first, and the first of them is the font itself
  const n = at.length;
  add(`<</Type/Catalog/Pages ${n + 2} 0 R>>`);
  add(`<</Type/Pages/Kids[${n + 3} 0 R]/Count 1>>`);
  add(
    `<</Type/Page/Parent ${n + 2} 0 R/MediaBox[0 0 ${short(width * point, height * point)}]/Contents ${n + 4} 0 R/Group<</S/Transparency/CS/DeviceRGB>>/Resources<</Font<</F 1 0 R>>/ExtGState<<${opacities.map((o, k) => `/G${k}<<${o}>>`).join('')}>>>>>>`,
  );
  add(await stream(out));
  add(`<</Title<feff${utf16(svg.getAttribute('aria-label') ?? '')}>/Producer(thermograd)>>`);
  return bytes(
    `${file}xref\n0 ${n + 6}\n0000000000 65535 f \n${at.map((o) => `${`${o}`.padStart(10, '0')} 00000 n \n`).join('')}trailer<</Size ${n + 6}/Root ${n + 1} 0 R/Info ${n + 5} 0 R>>\nstartxref\n${file.length}\n%%EOF\n`,
  );
}
