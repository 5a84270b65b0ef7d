/** Every page in Chromium: axe finds nothing; the script of the page shows values, switches series and saves figures. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../src/report/input.js';
import { REPORTS } from './support/pages.js';
import { readCsv } from './support/reading.js';

const CHROMIUM = '/usr/bin/chromium';
/** A folder for a picture of every page in every width and colour, where somebody wants to look at them. */
const SCREENSHOTS = process.env.THERMOGRAD_SCREENSHOTS;
const AXE = fileURLToPath(new URL('../node_modules/axe-core/axe.min.js', import.meta.url));

/** Saves a picture of a page, or of its first 16 000 pixels, which is what a picture can hold. */
async function pictured(page: Page, path: string): Promise<void> {
  const [width, whole] = await page.evaluate(() => [
    document.documentElement.clientWidth,
    document.documentElement.scrollHeight,
  ]);
  const clip = { x: 0, y: 0, width, height: Math.min(whole, 16_000) };
  await page.screenshot({ path, type: 'jpeg', quality: 60, fullPage: true, clip });
}

describe.skipIf(!existsSync(CHROMIUM))('pages in Chromium (needs Chromium)', () => {
  // all pages take minutes; one is tested always, the rest where CI is set
  const names = process.env.CI ? Object.keys(REPORTS) : ['ivf2021'];
  const reports: Record<string, Report> = Object.fromEntries(names.map((name) => [name, REPORTS[name]()]));
  let browser: Browser;
  let folder: string;
  const open = async (name: string, width: number, colorScheme: 'light' | 'dark'): Promise<Page> => {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    await page.goto(pathToFileURL(join(folder, `${name}.html`)).href);
    return page;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'thermograd-pages-'));
    for (const [name, { html }] of Object.entries(reports)) writeFileSync(join(folder, `${name}.html`), html);
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(Object.keys(reports))(
    '%s: axe finds nothing, and nothing is wider than the page',
    async (name) => {
      for (const scheme of ['light', 'dark'] as const) {
        const page = await open(name, 1400, scheme);
        await page.addScriptTag({ path: AXE });
        for (const width of [420, 900, 1400]) {
          await page.setViewportSize({ width, height: 900 });
          if (SCREENSHOTS) await pictured(page, join(SCREENSHOTS, `${name}-${width}-${scheme}.jpg`));
          const found = await page.evaluate(async () => {
            const { violations } = await (globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }).axe.run(); // biome-ignore format: one line
            return violations.map((v) => `${v.id}: ${v.nodes.length} such as ${v.nodes[0].html.slice(0, 200)}`);
          });
          expect(found, `${width} px, ${scheme}`).toEqual([]);
          const [content, view] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]); // biome-ignore format: one line
          expect(content, `${width} px, ${scheme}`).toBeLessThanOrEqual(view);
          // a table may be wider than the page and is scrolled; what its caption says is read at once
          const cut = await page.evaluate(() =>
            [...document.querySelectorAll('.scroll caption')]
              .filter((c) => c.getBoundingClientRect().right > c.closest('.scroll')!.getBoundingClientRect().right + 1)
              .map((c) => c.textContent!.slice(0, 60)),
          );
          expect(cut, `${width} px, ${scheme}`).toEqual([]);
        }
        await page.close();
      }
    },
    300_000,
  );

  describe('the script of a page', () => {
    const FIGURE = '#figure-variances';
    const saved = async (page: Page, button: string): Promise<Buffer> => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.click(`${FIGURE} .tools button:text-is("${button}")`),
      ]);
      expect(download.suggestedFilename()).toBe(`variances.${button.toLowerCase()}`);
      return readFileSync(await download.path());
    };

    test('saves what the folder of results holds, and pictures in light colours', async () => {
      const page = await open('ivf2021', 1400, 'dark');
      const { figures, figureData } = reports.ivf2021;
      expect((await saved(page, 'CSV')).toString()).toBe(figureData.variances);
      const svg = (await saved(page, 'SVG')).toString();
      expect(svg).not.toMatch(/<style|prefers-color-scheme|data-|tabindex/);
      const paths = (text: string) => text.match(/ d="[^"]*"/g);
      expect(paths(svg)).toEqual(paths(figures.variances));
      const png = await saved(page, 'PNG');
      expect([png.readUInt32BE(16), png.subarray(1, 4).toString()]).toEqual([1520, 'PNG']);
      const pdf = (await saved(page, 'PDF')).toString('latin1');
      expect(pdf.startsWith('%PDF-')).toBe(true);
      expect(pdf).toContain('/FontFile2');
      // the same operators as in the document that Node writes
      const lines = figures.variances.match(/<circle/g)!.length;
      expect(pdf.match(/^h\nf$/gm)!.length).toBeGreaterThanOrEqual(lines);
      await page.close();
    }, 60_000);

    test('shows the values under the pointer, also of the narrow figure', async () => {
      for (const width of [420, 1400]) {
        const page = await open('ivf2021', width, 'light');
        const { rows } = readCsv(reports.ivf2021.figureData.variances);
        const [, , x, y] = rows.find((r) => r[0] === 'measured' && r[2] === '10')!;
        const circle = page.locator(`${FIGURE} svg:visible g[data-s] circle`).nth(9);
        await circle.scrollIntoViewIfNeeded();
        await circle.hover({ force: true });
        const tip = await page.locator(`${FIGURE} .tip p`).textContent();
        expect(tip!.split('\n').slice(0, 2)).toEqual(['measured', `rank i: ${x}`]);
        const [, digits, power] = /: ([\d.]+)(?:×10(\S+))?$/.exec(tip!.split('\n')[2])!;
        const raised = [...(power ?? '⁰')]
          .map((c) => ('⁰¹²³⁴⁵⁶⁷⁸⁹'.includes(c) ? '⁰¹²³⁴⁵⁶⁷⁸⁹'.indexOf(c) : '-'))
          .join('');
        expect(Number(digits) * 10 ** Number(raised)).toBeCloseTo(Number(y), 3 - Math.floor(Math.log10(Number(y))) - 1);
        await page.close();
      }
    }, 60_000);

    test('switches series by the legend, by mouse and keyboard, and saves what is shown', async () => {
      const page = await open('ivf2021', 1400, 'light');
      const circles = page.locator(`${FIGURE} svg:visible g[data-s] circle`);
      const all = await circles.count();
      expect(all).toBeGreaterThan(50);
      const entry = page.locator(`${FIGURE} svg:visible [data-series="measured"]`);
      await entry.click();
      expect(await page.locator(`${FIGURE} svg:visible g[data-s] circle:visible`).count()).toBe(0);
      expect(await entry.getAttribute('aria-pressed')).toBe('false');
      const circlesIn = (text: string) => (text.match(/<circle/g) ?? []).length;
      expect(circlesIn((await saved(page, 'SVG')).toString())).toBe(0);
      await entry.focus();
      await page.keyboard.press('Enter');
      expect(await page.locator(`${FIGURE} svg:visible g[data-s] circle:visible`).count()).toBe(all);
      expect(circlesIn((await saved(page, 'SVG')).toString())).toBe(all + 1);
      await page.close();
    }, 60_000);

    test('is not needed: without it the page has its figures, numbers and tables, and no buttons', async () => {
      const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 900, height: 900 } });
      const page = await context.newPage();
      await page.goto(pathToFileURL(join(folder, 'ivf2021.html')).href);
      expect(await page.locator('figure svg:visible').count()).toBe(Object.keys(reports.ivf2021.figures).length);
      expect(await page.locator('button:visible').count()).toBe(0);
      const numbers = await page.locator('figcaption a').allInnerTexts();
      expect(numbers).toEqual(numbers.map((_, k) => `Figure ${k + 1}`));
      await context.close();
    });
  });
});
