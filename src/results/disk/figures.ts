/** The figures of a folder of results, as files for papers and slides. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { check } from '../../numeric/errors.js';
import { nearest } from '../../numeric/spelling.js';
import { renderPdf } from '../../report/pdf.js';
import { renderPng } from '../../report/png.js';
import type { Opened } from './folder.js';

/** The forms in which a figure can be had. */
export const FIGURE_FORMATS = ['svg', 'png', 'pdf', 'csv'] as const;
/** Names one of them. */
export type FigureFormat = (typeof FIGURE_FORMATS)[number];

/** A figure that a folder holds. */
export interface FigureFile {
  readonly name: string;
  /** What it shows, in one sentence. */
  readonly title: string;
  /** Whether the numbers of its marks are there too. */
  readonly data: boolean;
}

/** Lists the figures of a folder, in the order in which its page shows them. */
export async function figuresIn(folder: Opened): Promise<FigureFile[]> {
  const names = figureNames(folder.path);
  const page = new TextDecoder().decode((await folder.read('report.html')) ?? new Uint8Array());
  const place = (name: string) => {
    const at = page.indexOf(`id="figure-${name}"`);
    return at < 0 ? Number.POSITIVE_INFINITY : at;
  };
  const files: FigureFile[] = [];
  for (const name of names) {
    const svg = await textOf(folder, `figures/${name}.svg`);
    files.push({
      name,
      title: titleOf(svg ?? ''),
      data: existsSync(join(folder.path, 'figures', `${name}.csv`)),
    });
  }
  return files.sort((a, b) => place(a.name) - place(b.name) || (a.name < b.name ? -1 : 1));
}

/** Lists the names of the figures of a folder. */
export function figureNames(path: string): string[] {
  const inside = join(path, 'figures');
  if (!existsSync(inside)) return [];
  return readdirSync(inside)
    .filter((file) => file.endsWith('.svg'))
    .map((file) => file.slice(0, -4))
    .sort();
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&amp;': '&',
};

/** Returns the title that a drawing states for screen readers. */
const titleOf = (svg: string): string =>
  (/<title>([\s\S]*?)<\/title>/.exec(svg)?.[1] ?? '').replace(/&(?:lt|gt|quot|amp|#39);/g, (e) => ENTITIES[e]);

async function textOf(folder: Opened, file: string): Promise<string | undefined> {
  const bytes = await folder.read(file);
  return bytes && new TextDecoder().decode(bytes);
}

/**
 * Returns a figure in one form. PNG and PDF are rendered from the SVG; drawings for print are light, whatever the screen.
 * @param width - pixels of a PNG (1520); of a drawing, CSS pixels of 1/96 inch (its own width)
 * @throws InputError for an unknown name, with the nearest one, and where the folder has no figures, or no numbers of this one
 */
export async function figureOf(
  folder: Opened,
  name: string,
  format: FigureFormat,
  width?: number,
): Promise<Uint8Array | string> {
  const { path } = folder;
  const names = figureNames(path);
  check(names.length > 0, 'no-figures', () => `${path} holds no figures; those of a run appear with its report.`);
  check(names.includes(name), 'no-such-figure', () => {
    const near = nearest(name, names);
    return `${path} has no figure '${name}'${near ? `; did you mean ${near}?` : ''} It has ${names.join(', ')}.`;
  });
  if (format === 'csv') {
    const data = await textOf(folder, `figures/${name}.csv`);
    check(
      data !== undefined,
      'no-data',
      () =>
        `${path} has no numbers of the figure ${name} beside it: its report was drawn by an earlier version; draw it again with thermograd report, or take a table of ${join(path, 'tables')}.`,
    );
    return data;
  }
  const svg = (await textOf(folder, `figures/${name}.svg`)) ?? '';
  check(/<svg[\s>]/.test(svg), 'bad-figure', () => `${join(path, 'figures', `${name}.svg`)} is not an SVG document.`);
  if (format === 'png') return renderPng(svg, width);
  if (format === 'svg') return forPrint(svg, width);
  return renderPdf(forPrint(svg, width));
}

/** Returns a drawing without the styles of screens, which programs for vector graphics read wrongly, and of the width asked for. */
export function forPrint(svg: string, width?: number): string {
  const plain = svg.replace(/<style>[\s\S]*?<\/style>/, '');
  if (width === undefined) return plain;
  const { head, side } = headOf(plain);
  const height = short((width * side('height')) / side('width'));
  const sized = head.replace(/\swidth="[^"]*"/, ` width="${width}"`).replace(/\sheight="[^"]*"/, ` height="${height}"`);
  return plain.replace(head, sized);
}

/** The first tag of a drawing, and its width and height. */
function headOf(svg: string): { readonly head: string; readonly side: (name: 'width' | 'height') => number } {
  const head = /<svg[^>]*>/.exec(svg)?.[0] ?? '';
  return { head, side: (name) => Number(new RegExp(`\\s${name}="([\\d.]+)`).exec(head)?.[1]) };
}

const short = (x: number): string => String(Number(x.toFixed(3)));
