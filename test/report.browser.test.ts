/** The report in a real browser: nothing asked from the network, nothing beside the page, no label on another. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderForget } from '../src/experiments/forget/page.js';
import { renderReport } from '../src/experiments/ivf2021/page.js';
import { renderSeeds } from '../src/experiments/ivf2021/seeds/page.js';
import { figureCollisions } from './support/collisions.js';
import { madeComparison } from './support/forget-results.js';
import { syntheticAnalysis, syntheticReport } from './support/ivf2021-results.js';

const CHROMIUM = '/usr/bin/chromium';
const flags = [
  '--no-sandbox',
  '--headless',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

describe.skipIf(!existsSync(CHROMIUM))('report in Chromium (needs Chromium)', () => {
  const input = syntheticReport();
  const report = renderReport(input);
  const short = renderReport({ ...input, analysis: syntheticAnalysis({ epochs: 1, P: 60, directions: 20, seed: 7 }) });
  let browser: Browser;
  let folder: string;
  let address: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'thermograd-report-'));
    writeFileSync(join(folder, 'report.html'), report.html);
    writeFileSync(join(folder, 'short.html'), short.html);
    const runs = [1, 2, 3].map((seed) => ({ seed, analysis: syntheticAnalysis({ seed, epochs: 40 }) }));
    writeFileSync(join(folder, 'seeds.html'), renderSeeds({ title: 'Three seeds', runs, run: input.run }).html);
    writeFileSync(join(folder, 'forget.html'), renderForget(madeComparison()).html);
    address = pathToFileURL(join(folder, 'report.html')).href;
    browser = await chromium.launch({ executablePath: CHROMIUM, args: flags });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each([
    ['light', 1200],
    ['dark', 600],
    ['dark', 800],
    ['light', 360],
  ] as const)('%s at %i pixels: quiet, offline, no sideways scroll', async (colorScheme, width) => {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const [noise, requests]: [string[], string[]] = [[], []];
    page.on('console', (m) => noise.push(m.text()));
    page.on('pageerror', (e) => noise.push(e.message));
    page.on('request', (r) => requests.push(r.url()));
    await page.goto(address);
    await page.evaluate(() => {
      for (const d of document.querySelectorAll('details')) d.open = true;
    });
    expect(noise).toEqual([]);
    expect(requests.filter((u) => u !== address && !u.startsWith('data:'))).toEqual([]);
    const [content, view] = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      document.documentElement.clientWidth,
    ]);
    expect(content).toBeLessThanOrEqual(view);
    await page.close();
  });

  test.each([
    ['report.html', 9],
    ['short.html', 9],
    ['seeds.html', 1],
    ['forget.html', 9],
  ])('%s: no text of a figure touches another or leaves the figure', async (file, least) => {
    const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
    await page.goto(pathToFileURL(join(folder, file)).href);
    const { figures, collisions } = await figureCollisions(page);
    expect(figures).toBeGreaterThanOrEqual(least);
    expect(collisions).toEqual([]);
    await page.close();
  });

  test('standalone figures are XML to a browser, dark where asked and light on paper', async () => {
    const page = await browser.newPage({ viewport: { width: 800, height: 700 }, colorScheme: 'dark' });
    await page.goto(address);
    const errors = await page.evaluate(
      (svgs) =>
        svgs.filter((s) => new DOMParser().parseFromString(s, 'image/svg+xml').querySelector('parsererror')).length,
      Object.values(report.figures),
    );
    expect(errors).toBe(0);
    const colours = () =>
      page.evaluate(() => {
        const of = (e: Element, k: 'color' | 'backgroundColor') => getComputedStyle(e)[k];
        const svg = document.querySelector('svg.tg-figure')!;
        return [of(document.body, 'backgroundColor'), of(svg, 'backgroundColor'), of(svg, 'color')].map(
          (c) =>
            c
              .match(/\d+/g)!
              .slice(0, 3)
              .map(Number)
              .reduce((a, b) => a + b) / 3,
        );
      });
    const [body, paper, ink] = await colours();
    expect(Math.max(body, paper)).toBeLessThan(60);
    expect(ink).toBeGreaterThan(200);
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    const [printBody, printPaper, printInk] = await colours();
    expect(Math.min(printBody, printPaper)).toBeGreaterThan(250);
    expect(printInk).toBeLessThan(60);
    await page.close();
  });
});
