/** A TrueType font that holds some characters only, for text in PDF. */
import { OUTLINES } from './font.js';

/** A font of some characters. */
export interface Subset {
  /** The TrueType file, one byte to a character. */
  readonly file: string;
  /** The characters of the glyphs from number 1; number 0 is the box that stands for all others. */
  readonly chars: string;
  /** Widths of the glyphs from number 0, in thousandths of the size of the font. */
  readonly widths: readonly number[];
}

const u16 = (n: number): string => String.fromCharCode((n >> 8) & 255, n & 255);
const u32 = (n: number): string => u16(n >>> 16) + u16(n);

/** A checksum of TrueType: the sum of its 32-bit words. */
function sum(table: string): number {
  let s = 0;
  for (let i = 0; i < table.length; i += 4)
    for (let k = 0; k < 4; k++) s = (s + ((table.charCodeAt(i + k) || 0) << (24 - 8 * k))) >>> 0;
  return s;
}

/**
 * Makes a font of the characters of a text, in the order of their code points. It has the tables that PDF asks for; characters without an
 * outline in DejaVu Sans Condensed are left out. The cost is small: about 100 bytes for each character.
 */
export function subset(text: string): Subset {
  const { unitsPerEm, ascent, descent, box, advances, bearings, lengths } = OUTLINES;
  const all = [...OUTLINES.chars];
  const chars = [...new Set(text)].filter((c) => all.includes(c)).sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!);
  const glyphs = [0, ...chars.map((c) => all.indexOf(c) + 1)];
  const starts: number[] = [0];
  for (const n of lengths) starts.push(starts[starts.length - 1] + n);
  const data = atob(OUTLINES.data);
  const outlines = glyphs.map((g) => data.slice(starts[g], starts[g + 1]));
  const offsets: number[] = [0];
  for (const o of outlines) offsets.push(offsets[offsets.length - 1] + o.length);
  const widest = Math.max(...glyphs.map((g) => advances[g]));
  const tables: [string, string][] = [
    ['glyf', outlines.join('')],
    [
      'head',
      u32(0x10000) +
        u32(0x10000) +
        u32(0) + // checksum of the whole file, which readers of PDF do not look at
        u32(0x5f0f3cf5) +
        u16(0b1011) +
        u16(unitsPerEm) +
        u32(0).repeat(4) + // no dates
        box.map(u16).join('') +
        u16(0) +
        u16(8) +
        u16(2) +
        u16(1) + // offsets of 32 bits
        u16(0),
    ],
    [
      'hhea',
      u32(0x10000) +
        [ascent, descent, 0, widest, box[0], 0, box[2], 1, 0, 0, 0, 0, 0, 0, 0, glyphs.length].map(u16).join(''),
    ],
    ['hmtx', glyphs.map((g) => u16(advances[g]) + u16(bearings[g])).join('')],
    ['loca', offsets.map(u32).join('')],
    ['maxp', u32(0x10000) + [glyphs.length, 400, 20, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0].map(u16).join('')],
  ];
  let at = 12 + 16 * tables.length;
  let [directory, body] = ['', ''];
  for (const [name, table] of tables) {
    directory += name + u32(sum(table)) + u32(at) + u32(table.length);
    const padded = table + '\0'.repeat(-table.length & 3);
    body += padded;
    at += padded.length;
  }
  const power = 2 ** Math.floor(Math.log2(tables.length));
  const file = `${u32(0x10000)}${[tables.length, 16 * power, Math.log2(power), 16 * (tables.length - power)].map(u16).join('')}${directory}${body}`;
  return { file, chars: chars.join(''), widths: glyphs.map((g) => Math.round((1000 * advances[g]) / unitsPerEm)) };
}
