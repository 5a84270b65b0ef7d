/** PDF documents of figures, read back by a small reader that shares no code with their writer. */
import { inflateSync } from 'node:zlib';
import * as Plot from '@observablehq/plot';
import { describe, expect, it } from 'vitest';
import { linearAxis, logAxis } from '../src/report/figures/axes.js';
import { drawFigure } from '../src/report/figures/frame.js';
import { COLOURS } from '../src/report/figures/palette.js';
import { renderPdf } from '../src/report/pdf.js';

interface Pdf {
  readonly text: string;
  readonly content: string;
  readonly object: (n: number) => string;
  readonly stream: (n: number) => Buffer;
}

/** Reads objects through the table of cross-references, so that a wrong offset is found. */
function read(bytes: Uint8Array): Pdf {
  const text = Buffer.from(bytes).toString('latin1');
  const start = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(text)![1]);
  const [, count] = /^xref\n0 (\d+)\n/.exec(text.slice(start))!;
  const offsets = [...text.slice(start).matchAll(/^(\d{10}) \d{5} [nf] $/gm)].map((m) => Number(m[1]));
  expect(offsets).toHaveLength(Number(count));
  const object = (n: number) => {
    const from = text.slice(offsets[n]);
    expect(from.startsWith(`${n} 0 obj\n`)).toBe(true);
    return from.slice(0, from.indexOf('\nendobj\n'));
  };
  const stream = (n: number) => {
    const o = object(n);
    const length = Number(/\/Length (\d+)/.exec(o)![1]);
    const at = offsets[n] + o.indexOf('stream\n') + 7;
    expect(text.slice(at + length, at + length + 10)).toBe('\nendstream');
    const data = Buffer.from(bytes.subarray(at, at + length));
    return o.includes('/FlateDecode') ? inflateSync(data) : data;
  };
  return { text, object, stream, content: stream(9).toString('latin1') };
}

/** The texts that are shown, by way of the map to Unicode, with their places on the page. */
function texts(pdf: Pdf): { s: string; size: number; y: number }[] {
  const letters = new Map(
    [
      ...pdf
        .stream(5)
        .toString('latin1')
        .matchAll(/^<(\w{4})> <(\w+)>$/gm),
    ].map(([, code, to]) => [code, String.fromCharCode(...to.match(/.{4}/g)!.map((h) => Number.parseInt(h, 16)))]),
  );
  return [...pdf.content.matchAll(/\/F ([\d.]+) Tf 1 0 0 -1 \S+ (\S+) Tm <(\w*)> Tj/g)].map(([, size, y, codes]) => ({
    s: (codes.match(/.{4}/g) ?? []).map((c) => letters.get(c) ?? '?').join(''),
    size: Number(size),
    y: Number(y),
  }));
}

const figure = drawFigure({
  name: 'made',
  title: 'A title with ψ',
  x: logAxis('flatness F (weight)', [1, 1e6]),
  y: linearAxis('variance σᵢ² (weight²)', [-1, 1]),
  legend: [{ label: 'fit σ² ∝ F^−ψ, ψ = 4', mark: 'line', colour: COLOURS.blue }],
  marks: [
    Plot.line([[1, -1], [1e6, 1]], { stroke: COLOURS.blue, strokeWidth: 2.5, strokeDasharray: '6 4', clip: true }), // biome-ignore format: points
    Plot.dot([[1e3, 0]], { fill: COLOURS.orange, fillOpacity: 0.4, r: 5 }),
  ],
});
const pdf = read(await renderPdf(figure.svg));

describe('a figure as PDF', () => {
  it('has the size of the drawing at 96 px to the inch, its title and no date', () => {
    expect(pdf.text.startsWith('%PDF-')).toBe(true);
    const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(figure.svg)!.map(Number);
    expect(pdf.object(8)).toContain(`/MediaBox[0 0 ${width * 0.75} ${height * 0.75}]`);
    const title = /\/Title<feff(\w+)>/.exec(pdf.text)![1];
    expect(Buffer.from(title, 'hex').swap16().toString('utf16le')).toBe('A title with ψ');
    expect(pdf.text).not.toMatch(/CreationDate|ModDate|\/ID/);
  });
  it('has the same bytes each time', async () => {
    expect(Buffer.from(await renderPdf(figure.svg)).equals(Buffer.from(await renderPdf(figure.svg)))).toBe(true);
  });
  it('shows every letter, with powers raised and indices lowered in smaller letters', () => {
    const all = texts(pdf);
    const shown = all.map((t) => t.s).join('|');
    expect(shown).toContain('variance σ|i|2| (weight|2|)');
    expect(shown).toContain('fit σ|2| ∝ F|−ψ|, ψ = 4');
    expect(shown).not.toContain('?');
    const at = all.findIndex((t) => t.s === 'variance σ');
    const [word, index, power] = all.slice(at, at + 3);
    expect([index.y - word.y > 1, power.y - word.y < -3, index.size, power.size]).toEqual([true, true, 9.75, 9.75]);
  });
  it('embeds a TrueType font with an outline for each letter and the widths that its tables state', () => {
    const font = pdf.stream(4);
    const tables = new Map(
      Array.from({ length: font.readUInt16BE(4) }, (_, k) => {
        const at = 12 + 16 * k;
        return [font.toString('latin1', at, at + 4), font.subarray(font.readUInt32BE(at + 8), font.readUInt32BE(at + 8) + font.readUInt32BE(at + 12))]; // biome-ignore format: one line
      }),
    );
    expect([...tables.keys()]).toEqual(['glyf', 'head', 'hhea', 'hmtx', 'loca', 'maxp']);
    const glyphs = tables.get('maxp')!.readUInt16BE(4);
    const em = tables.get('head')!.readUInt16BE(18);
    const widths = /\/W\[0\[([\d ]+)\]\]/.exec(pdf.object(2))![1].split(' ').map(Number);
    expect(widths).toHaveLength(glyphs);
    expect(tables.get('loca')!.length).toBe(4 * (glyphs + 1));
    expect(tables.get('loca')!.readUInt32BE(4 * glyphs)).toBe(tables.get('glyf')!.length);
    widths.forEach((w, g) => {
      expect(Math.abs(w - (1000 * tables.get('hmtx')!.readUInt16BE(4 * g)) / em)).toBeLessThanOrEqual(0.5);
    });
    const empty = Array.from({ length: glyphs }, (_, g) => g).filter((g) => tables.get('loca')!.readUInt32BE(4 * g) === tables.get('loca')!.readUInt32BE(4 * g + 4)); // biome-ignore format: one line
    expect(empty).toEqual([1]); // the blank
  });
  it('draws in the light colours, with dashes, opacities and the clip of the frame', () => {
    const rgb = (c: string) => [1, 3, 5].map((k) => Number((Number.parseInt(c.slice(k, k + 2), 16) / 255).toFixed(3))).join(' '); // biome-ignore format: one line
    expect(pdf.content).toContain(`${rgb(COLOURS.blue)} RG 2.5 w 1 J 1 j 4 M [6 4] 0 d`);
    expect(pdf.content).toContain(`${rgb(COLOURS.orange)} rg`);
    expect(pdf.object(8)).toMatch(/\/G\d+<<\/ca 0\.4\/CA 1>>/);
    expect(pdf.content).toMatch(/ re W n\n/);
    expect(pdf.content.match(/\bq\b/g)).toHaveLength(pdf.content.match(/\bQ\b/g)!.length);
  });
  it('draws curves and relative commands where SVG draws them', async () => {
    const of = async (d: string) => {
      const { content } = read(await renderPdf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="${d}"/></svg>`)); // biome-ignore format: one line
      return content.split('\n').filter((l) => / [mlc]$|^h$/.test(l));
    };
    expect(await of('m1 1l2-1h3v-.5H2V5z')).toEqual(['1 1 m', '3 0 l', '6 0 l', '6 -0.5 l', '2 -0.5 l', '2 5 l', 'h']);
    expect(await of('M0 0c1 2 3 4 5 6C8 6 8 7 8 9')).toEqual(['0 0 m', '1 2 3 4 5 6 c', '8 6 8 7 8 9 c']);
    expect(await of('M0 0 1 1 2 0')).toEqual(['0 0 m', '1 1 l', '2 0 l']);
  });
  it('refuses what is no figure', async () => {
    await expect(renderPdf('<p/>')).rejects.toThrow('renderPdf: svg must be the SVG document of a figure; its first element is not <svg>.'); // biome-ignore format: one line
    await expect(renderPdf('<svg/>')).rejects.toThrow('it has no viewBox.');
    await expect(renderPdf('<svg viewBox="0 0 1 1"><path d="M0 0S1 1 2 2"/></svg>')).rejects.toThrow(
      'a path holds the command S.',
    );
  });
});
