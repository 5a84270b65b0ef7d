/** Figures taken out of a folder: which there are, in what form, and what is refused. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { figureOf, figuresIn, forPrint } from '../src/results/disk/figures.js';
import { openResults } from '../src/results/disk/folder.js';
import { scratch, thermograd } from './support/cli.js';
import { drawing, put, runFolder, runRecord } from './support/result-folders.js';

const { folder } = scratch();
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const run = join(folder, 'run');
await runFolder(run);
const opened = await openResults(run);

describe('the figures of a folder', () => {
  it('are listed in the order of the page, with what they show', async () => {
    expect(await figuresIn(opened)).toEqual([
      { name: 'second', title: 'Another', data: false },
      { name: 'first', title: 'One & all', data: true },
    ]);
  });

  it('are light drawings: no style of a screen is left, and a width keeps the shape', async () => {
    const svg = (await figureOf(opened, 'first', 'svg', 280)) as string;
    expect(svg).not.toMatch(/<style|prefers-color-scheme/);
    expect(svg).toMatch(/^<svg [^>]*viewBox="0 0 560 380" height="190" width="280"/);
    expect(svg).toContain('<rect x="10"');
    expect(forPrint(drawing('x'))).toContain('height="380" width="560"');
  });

  it('become pixels of the width asked for, and a document in PDF', async () => {
    const png = Buffer.from((await figureOf(opened, 'first', 'png', 420)) as Uint8Array);
    expect([png.toString('latin1', 1, 4), png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual(['PNG', 420, 285]);
    const pdf = Buffer.from((await figureOf(opened, 'first', 'pdf')) as Uint8Array);
    expect(pdf.toString('latin1', 0, 5)).toBe('%PDF-');
    expect(pdf.toString('latin1').trimEnd()).toMatch(/%%EOF$/);
    // 96 units are an inch of 72 points
    expect(pdf.toString('latin1')).toContain('/MediaBox[0 0 420 285]');
    const small = Buffer.from((await figureOf(opened, 'first', 'pdf', 280)) as Uint8Array);
    expect(small.toString('latin1')).toContain('/MediaBox[0 0 210 142.5]');
  });

  it('have their numbers where the report left them', async () => {
    expect(await figureOf(opened, 'first', 'csv')).toBe('x,y\r\n1,2\r\n');
    await expect(figureOf(opened, 'second', 'csv')).rejects.toThrow(
      /has no numbers of the figure second .*thermograd report/,
    );
  });

  it('are named when another name is asked for, the nearest one first', async () => {
    await expect(figureOf(opened, 'frist', 'svg')).rejects.toThrow(
      /no figure 'frist'; did you mean first\? It has first, second\./,
    );
  });
});

describe('thermograd figure', () => {
  it('writes the file whose ending says the format, once', () => {
    const out = join(folder, 'drawn', 'a.png');
    expect(thermograd('figure', run, 'first', '--out', out, '--width', '100').code).toBe(0);
    expect(readFileSync(out).toString('latin1', 1, 4)).toBe('PNG');
    const again = thermograd('figure', run, 'first', '--out', out);
    expect([again.code, again.stderr]).toEqual([
      2,
      expect.stringMatching(/^thermograd: there is a file .*--force\.\n$/),
    ]);
    expect(thermograd('figure', run, 'first', '--out', out, '--force', '--json').stdout).toContain('"format":"png"');
  });

  it('writes to standard output, and nothing beside it', () => {
    expect(thermograd('figure', run, 'first', '--format', 'csv', '--out', '-').stdout).toBe('x,y\r\n1,2\r\n');
  });

  it('refuses with one sentence and writes nothing', () => {
    put(join(folder, 'bare'), { 'run.json': runRecord(0) });
    const refusals: [string[], RegExp][] = [
      [[run, 'frist'], /did you mean first/],
      [[run, 'first', '--format', 'pdf', '--out', join(folder, 'a.svg')], /do not agree/],
      [[run, '--format', 'pdf'], /--format belongs to one figure/],
      [[run, 'first', '--format', 'csv', '--width', '3'], /--width is that of a drawing/],
      [[join(folder, 'bare'), 'first'], /holds no figures/],
      [[folder, 'first'], /holds no results of thermograd/],
      [[join(folder, 'gone'), 'first'], /there is no folder/],
      [['x'.repeat(300)], /there is no folder/],
    ];
    for (const [words, sentence] of refusals) {
      const { code, stderr } = thermograd('figure', ...words);
      expect([code, stderr], words.join(' ')).toEqual([2, expect.stringMatching(/^thermograd: [^\n]+[.?]\n$/)]);
      expect(stderr).toMatch(sentence);
    }
    for (const name of ['first.svg', 'first.pdf', 'first.csv', 'a.svg', 'frist.svg'])
      expect([existsSync(name), existsSync(join(folder, name))], name).toEqual([false, false]);
  });
});
