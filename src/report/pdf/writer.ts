/**
 * A figure as a PDF document of one page: vectors, text in an embedded font, no date. It reads the drawings of frame.ts, not any SVG: groups,
 * lines, paths, rectangles, circles, text, translations and rotations, clip paths of a rectangle. The same code runs in Node and, bundled into the
 * script of a page, in browsers, so that it asks of an element only what every DOM has.
 */
import type { PdfFont } from './subset.js';

/** Points of PDF to a pixel of CSS. */
const POINT = 0.75;
const INHERITED =
  'fill stroke stroke-width fill-opacity stroke-opacity opacity stroke-dasharray stroke-linecap stroke-linejoin stroke-miterlimit font-size text-anchor';
type Style = Record<string, string>;

const short = (...n: number[]): string => n.map((x) => +x.toFixed(3)).join(' ');
const hex = (n: number): string => n.toString(16).padStart(4, '0');
/** A text as PDF writes it beyond ASCII: UTF-16. */
const utf16 = (s: string): string => [...Array(s.length).keys()].map((i) => hex(s.charCodeAt(i))).join('');

/** Six numbers of a transformation `translate(…) rotate(…)`, in the order of PDF; each list of its own is applied in turn. */
const transforms = (t: string): number[][] =>
  [...t.matchAll(/(\w+)\(([^)]*)\)/g)].map(([, kind, list]) => {
    const [a, b = 0, ...rest] = list.split(/[\s,]+/).map(Number);
    const turn = (a * Math.PI) / 180;
    if (kind === 'translate') return [1, 0, 0, 1, a, b];
    if (kind === 'rotate') return [Math.cos(turn), Math.sin(turn), -Math.sin(turn), Math.cos(turn), 0, 0];
    return kind === 'scale' ? [a, 0, 0, b || a, 0, 0] : [a, b, ...rest];
  });

/** The operators of a path: its commands in absolute coordinates, quadratic curves and arcs as cubic ones. */
function path(d: string): string {
  let [x, y, x0, y0] = [0, 0, 0, 0];
  let out = '';
  const curve = (...p: number[]) => {
    out += `${short(...p)} c\n`;
    [x, y] = p.slice(-2);
  };
  for (const [, letter, list] of d.matchAll(/([a-z])([^a-df-z]*)/gi)) {
    const n = (list.match(/-?(?:\d*\.)?\d+(?:e-?\d+)?/gi) ?? []).map(Number);
    const command = letter.toLowerCase();
    const relative = letter === command;
    const size = { m: 2, l: 2, h: 1, v: 1, q: 4, c: 6, a: 7, z: 0 }[command];
    if (size === undefined) throw new Error(`a path holds the command ${letter}`);
    for (let k = 0; k < (n.length || 1); k += size || 1) {
      const p = n.slice(k, k + size);
      if (relative)
        for (let i = command === 'a' ? 5 : 0; i < p.length; i++)
          p[i] += command === 'v' || (i + (command === 'a' ? 1 : 0)) % 2 ? y : x;
      const [a, b, , large, sweep, ex, ey] = p;
      if (command === 'z') {
        out += 'h\n';
        [x, y] = [x0, y0];
      } else if (command === 'c') curve(...p);
      else if (command === 'q')
        curve(
          x + (2 / 3) * (a - x),
          y + (2 / 3) * (b - y),
          p[2] + (2 / 3) * (a - p[2]),
          p[3] + (2 / 3) * (b - p[3]),
          p[2],
          p[3],
        );
      else if (command === 'a') {
        // a circle's arc, in pieces of at most a quarter turn
        const [dx, dy] = [(ex - x) / 2, (ey - y) / 2];
        const half = Math.hypot(dx, dy);
        const r = Math.max(a, half);
        const off = (Math.sqrt(Math.max(0, r * r - half * half)) / (half || 1)) * (large === sweep ? -1 : 1);
        const [cx, cy] = [x + dx - off * dy, y + dy + off * dx];
        const from = Math.atan2(y - cy, x - cx);
        let turn = Math.atan2(ey - cy, ex - cx) - from;
        if (sweep ? turn < 0 : turn > 0) turn += sweep ? 2 * Math.PI : -2 * Math.PI;
        const pieces = Math.ceil(Math.abs(turn) / 1.58) || 1;
        for (let i = 0; i < pieces; i++) arc(curve, cx, cy, r, from + (turn * i) / pieces, turn / pieces);
      } else {
        [x, y] = command === 'h' ? [a, y] : command === 'v' ? [x, a] : [a, b];
        const move = command === 'm' && k === 0;
        if (move) [x0, y0] = [x, y];
        out += `${short(x, y)} ${move ? 'm' : 'l'}\n`;
      }
    }
  }
  return out;
}

function arc(curve: (...p: number[]) => void, cx: number, cy: number, r: number, from: number, turn: number): void {
  const k = (4 / 3) * Math.tan(turn / 4);
  const [c, s, c1, s1] = [Math.cos(from), Math.sin(from), Math.cos(from + turn), Math.sin(from + turn)];
  curve(
    cx + r * (c - k * s),
    cy + r * (s + k * c),
    cx + r * (c1 + k * s1),
    cy + r * (s1 - k * c1),
    cx + r * c1,
    cy + r * s1,
  );
}

/** The content of the page and the opacities that it names. */
function content(svg: Element, font: PdfFont, height: number): { text: string; opacities: string[] } {
  const ink = svg.getAttribute('color') ?? '#000';
  const chars = [...font.chars];
  const opacities: string[] = [];
  let out = `${POINT} 0 0 -${POINT} 0 ${short(height * POINT)} cm\n`;

  const colour = (c: string) => {
    const s = (c === 'currentColor' ? ink : c).replace(/^#(.)(.)(.)$/, '#$1$1$2$2$3$3');
    return short(...[1, 3, 5].map((k) => Number.parseInt(s.slice(k, k + 2), 16) / 255 || 0));
  };
  const paint = (s: Style, shape: string) => {
    const fill = s.fill !== 'none';
    const stroke = (s.stroke ?? 'none') !== 'none';
    if (!fill && !stroke) return;
    const opacity = (kind: string) => short(+(s[`${kind}-opacity`] ?? 1) * +(s.opacity ?? 1));
    const key = `/ca ${opacity('fill')}/CA ${opacity('stroke')}`;
    if (!opacities.includes(key)) opacities.push(key);
    out += `q /G${opacities.indexOf(key)} gs\n`;
    if (fill) out += `${colour(s.fill)} rg\n`;
    if (stroke) {
      const [cap, join] = [
        { round: 1, square: 2 }[s['stroke-linecap']] ?? 0,
        { round: 1, bevel: 2 }[s['stroke-linejoin']] ?? 0,
      ];
      const dash = (s['stroke-dasharray'] ?? 'none').replace('none', '').replace(/,/g, ' ');
      out += `${colour(s.stroke)} RG ${short(+(s['stroke-width'] ?? 1))} w ${cap} J ${join} j ${s['stroke-miterlimit'] ?? 4} M [${dash}] 0 d\n`;
    }
    out += `${shape}${fill ? (stroke ? 'B' : 'f') : 'S'}\nQ\n`;
  };
  /** The number of an attribute; `em` is the size of the font. */
  const number = (e: Element, name: string, em = 1) => {
    const v = e.getAttribute(name) ?? '';
    return (Number.parseFloat(v) || 0) * (v.endsWith('em') ? em : 1);
  };
  const words = (e: Element, s: Style) => {
    const runs: { s: string; size: number; dy: number }[] = [];
    let dy = 0;
    const gather = (n: Element, size: number) => {
      dy += number(n, 'dy', size);
      for (const child of n.childNodes) {
        if (child.nodeType === 1) gather(child as Element, number(child as Element, 'font-size') || size);
        else if (child.textContent) {
          runs.push({ s: child.textContent, size, dy });
          dy = 0;
        }
      }
    };
    const em = Number.parseFloat(s['font-size']);
    gather(e, em);
    const glyph = (c: string) => chars.indexOf(c) + 1;
    const width = (r: (typeof runs)[number]) =>
      [...r.s].reduce((w, c) => w + font.widths[glyph(c)], 0) * (r.size / 1000);
    const whole = runs.reduce((w, r) => w + width(r), 0);
    let x = number(e, 'x', em) - whole * ({ middle: 0.5, end: 1 }[s['text-anchor']] ?? 0);
    let y = number(e, 'y', em);
    let text = 'BT\n';
    for (const r of runs) {
      y += r.dy;
      text += `/F ${short(r.size)} Tf 1 0 0 -1 ${short(x, y)} Tm <${[...r.s].map((c) => hex(glyph(c))).join('')}> Tj\n`;
      x += width(r);
    }
    out += `q ${colour(s.fill)} rg\n${text}ET\nQ\n`;
  };
  const walk = (e: Element, outer: Style) => {
    const s: Style = { ...outer };
    for (const name of INHERITED.split(' ')) {
      const v = e.getAttribute(name);
      if (v !== null) s[name] = name === 'opacity' ? String(+v * +(outer.opacity ?? 1)) : v;
    }
    if (e.getAttribute('display') === 'none') return;
    const n = (name: string) => number(e, name);
    out += 'q\n';
    for (const t of transforms(e.getAttribute('transform') ?? '')) out += `${short(...t)} cm\n`;
    const clip = /#([^)]*)/.exec(e.getAttribute('clip-path') ?? '')?.[1];
    const frame = clip && [...svg.querySelectorAll('clipPath')].find((c) => c.id === clip)?.querySelector('rect');
    if (frame) out += `${short(...['x', 'y', 'width', 'height'].map((a) => number(frame, a)))} re W n\n`;
    const tag = e.localName;
    if (tag === 'line') paint({ ...s, fill: 'none' }, `${short(n('x1'), n('y1'))} m ${short(n('x2'), n('y2'))} l\n`);
    else if (tag === 'path') paint(s, path(e.getAttribute('d') ?? ''));
    else if (tag === 'rect') paint(s, `${short(n('x'), n('y'), n('width'), n('height'))} re\n`);
    else if (tag === 'circle')
      paint(
        s,
        path(
          `M${n('cx') + n('r')} ${n('cy')}a${n('r')} ${n('r')} 0 1 1 ${-2 * n('r')} 0a${n('r')} ${n('r')} 0 1 1 ${2 * n('r')} 0z`,
        ),
      );
    else if (tag === 'text') words(e, s);
    else if (tag === 'g' || tag === 'svg') for (const child of e.children) walk(child, s);
    out += 'Q\n';
  };
  walk(svg, { fill: '#000', 'font-size': '13' });
  return { text: out, opacities };
}

/** Shrinks a stream where the machine can; a stream stays as it is where not. */
async function shrunk(data: string): Promise<[string, string]> {
  if (typeof CompressionStream === 'undefined') return [data, ''];
  const stream = new Blob([bytes(data)]).stream().pipeThrough(new CompressionStream('deflate'));
  const packed = new Uint8Array(await new Response(stream).arrayBuffer());
  let text = '';
  for (const b of packed) text += String.fromCharCode(b);
  return [text, '/Filter/FlateDecode'];
}

/** The bytes of a text of characters below 256. */
const bytes = (s: string): Uint8Array<ArrayBuffer> => Uint8Array.from(s, (c) => c.charCodeAt(0));

/** Writes the PDF of a drawing; its page is as large as the drawing, 96 px to the inch. */
export async function pdfOf(svg: Element, font: PdfFont): Promise<Uint8Array<ArrayBuffer>> {
  const [, , width, height] = (svg.getAttribute('viewBox') ?? '').split(/[\s,]+/).map(Number);
  const { text, opacities } = content(svg, font, height);
  const stream = async (data: string, more = '') => {
    const [packed, filter] = await shrunk(data);
    return `<<${more}/Length ${packed.length}${filter}>>stream\n${packed}\nendstream`;
  };
  const map = [...font.chars].map((c, k) => `1 beginbfchar <${hex(k + 1)}> <${utf16(c)}> endbfchar\n`).join('');
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    `<</Type/Page/Parent 2 0 R/MediaBox[0 0 ${short(width * POINT, height * POINT)}]/Contents 4 0 R/Group<</S/Transparency/CS/DeviceRGB>>/Resources<</Font<</F 5 0 R>>/ExtGState<<${opacities.map((o, k) => `/G${k}<<${o}>>`).join('')}>>>>>>`,
    await stream(text),
    '<</Type/Font/Subtype/Type0/BaseFont/TGRAPH+DejaVuSansCondensed/Encoding/Identity-H/DescendantFonts[6 0 R]/ToUnicode 9 0 R>>',
    `<</Type/Font/Subtype/CIDFontType2/BaseFont/TGRAPH+DejaVuSansCondensed/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor 7 0 R/CIDToGIDMap/Identity/W[0[${font.widths.join(' ')}]]>>`,
    '<</Type/FontDescriptor/FontName/TGRAPH+DejaVuSansCondensed/Flags 4/FontBBox[-918 -463 1614 1232]/ItalicAngle 0/Ascent 928/Descent -236/CapHeight 729/StemV 80/FontFile2 8 0 R>>',
    await stream(font.file, `/Length1 ${font.file.length}`),
    await stream(
      `/CIDInit/ProcSet findresource begin 12 dict begin begincmap /CMapName/T def /CMapType 2 def 1 begincodespacerange <0000> <ffff> endcodespacerange\n${map}endcmap end end`,
    ),
    `<</Title<feff${utf16(svg.getAttribute('aria-label') ?? '')}>/Producer(thermograd)>>`,
  ];
  let file = '%PDF-1.5\n%\xe2\xe3\xcf\xd3\n';
  const at = objects.map((o, k) => {
    const start = file.length;
    file += `${k + 1} 0 obj\n${o}\nendobj\n`;
    return start;
  });
  const table = at.map((n) => `${String(n).padStart(10, '0')} 00000 n \n`).join('');
  return bytes(
    `${file}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer<</Size ${objects.length + 1}/Root 1 0 R/Info 10 0 R>>\nstartxref\n${file.length}\n%%EOF\n`,
  );
}
