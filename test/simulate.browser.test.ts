/** Reports of simulations in a real browser: no label on another, nothing wider than a small screen. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { simulationExample } from '../src/experiments/simulate/examples.js';
import { simulate } from '../src/experiments/simulate/experiment.js';
import { figureCollisions } from './support/collisions.js';

const CHROMIUM = '/usr/bin/chromium';

describe.skipIf(!existsSync(CHROMIUM))('simulations in Chromium (needs Chromium)', () => {
  let browser: Browser;
  let folder: string;
  /** Small runs of two examples: everything stationary in two coordinates, everything transient in one. */
  const runs = {
    valley: {
      grid: { x: { from: -1.9, to: 3.2, cells: 60 }, y: { from: -1.6, to: 1.6, cells: 60 } },
      time: { burnIn: 1, length: 3 },
      methods: {
        sgd: { walkers: 128 },
        langevin: { walkers: 128, timestep: 0.005 },
        'fokker-planck': {},
        adiabatic: {},
      },
      units: { at: [0, 0] },
    },
    escape: {
      time: { mode: 'transient', until: 20, outputs: 8 },
      methods: { sgd: { walkers: 128 }, 'fokker-planck': {}, adiabatic: {} },
    },
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'thermograd-simulate-browser-'));
    for (const [name, over] of Object.entries(runs))
      await simulate({ ...parse(simulationExample(name)), ...over }, { out: join(folder, name) });
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--headless', '--disable-gpu'],
    });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each([
    ['valley', 8],
    ['escape', 5],
  ] as const)('%s', async (name, count) => {
    for (const width of [1200, 360]) {
      const page = await browser.newPage({ viewport: { width, height: 900 } });
      const noise: string[] = [];
      page.on('console', (m) => noise.push(m.text()));
      page.on('pageerror', (e) => noise.push(e.message));
      await page.goto(pathToFileURL(join(folder, name, 'report.html')).href);
      const { figures, collisions } = await figureCollisions(page);
      expect(figures).toBe(count);
      expect(collisions).toEqual([]);
      const [content, view] = await page.evaluate(() => [
        document.documentElement.scrollWidth,
        document.documentElement.clientWidth,
      ]);
      expect(content).toBeLessThanOrEqual(view);
      expect(noise).toEqual([]);
      await page.close();
    }
  });
});
