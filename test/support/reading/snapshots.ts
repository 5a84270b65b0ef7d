/** Committed pictures of a report: every figure, table and page of one made-up result, in a form that reads well as a diff. */
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { pageText } from './page.js';

const SNAPSHOTS = fileURLToPath(new URL('../../snapshots/', import.meta.url));

/** What a report leaves, as far as it has it. */
export interface Rendered {
  readonly html?: string;
  readonly figures?: Record<string, string>;
  readonly tables?: Record<string, string>;
}

/**
 * Compares a report with the files under test/snapshots/`folder` (made anew by `vitest run FILE -u`). Digits are cut where other
 * machines and other versions of Node may differ: coordinates to tenths of a pixel, cells to nine digits. The styles that
 * all figures share are left out.
 */
export async function matchesSnapshots(folder: string, { html, figures = {}, tables = {} }: Rendered): Promise<void> {
  const file = (name: string) => `${SNAPSHOTS}${folder}/${name}`;
  for (const [name, svg] of Object.entries(figures))
    await expect(svgLines(svg), name).toMatchFileSnapshot(file(`${name}.svg`));
  for (const [name, text] of Object.entries(tables))
    await expect(csvLines(text), name).toMatchFileSnapshot(file(name.endsWith('.csv') ? name : `${name}.csv`));
  if (html !== undefined) await expect(pageText(html), 'page').toMatchFileSnapshot(file('page.txt'));
}

const COORDINATES = /(?<= (?:d|transform|x|y|x1|x2|y1|y2|cx|cy|r|width|height)=")[^"]*/g;

/** One element a line, without styles. */
export const svgLines = (svg: string): string =>
  `${svg
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(COORDINATES, (s) => s.replace(/-?\d+\.\d{2,}/g, (c) => String(Math.round(Number(c) * 10) / 10)))
    .replace(/><(?!tspan|\/text|\/tspan)/g, '>\n<')}\n`;

/** Line ends of this system of files, numbers to nine digits. */
export const csvLines = (text: string): string =>
  text
    .replaceAll('\r\n', '\n')
    .replace(/(?<=^|[,\n])-?\d[\d.]*(?:e[+-]?\d+)?(?=[,\n])/g, (s) => String(Number(Number(s).toPrecision(9))));
