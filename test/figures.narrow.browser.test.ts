/** Every figure of every report as a narrow screen shows it: letters as large, nothing on another, nothing outside. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Drawings, FrameOptions } from '../src/report/figures/frame.js';
import { figureCollisions } from './support/collisions.js';
import { REPORTS } from './support/pages.js';

const { drawings, place } = vi.hoisted(() => ({ drawings: new Map<string, Drawings>(), place: { report: '' } }));

vi.mock('../src/report/figures/frame.js', async (original) => {
  const frame = await original<typeof import('../src/report/figures/frame.js')>();
  const drawFigure = (o: FrameOptions): Drawings => {
    const drawn = frame.drawFigure(o);
    drawings.set(`${place.report} ${o.name}`, drawn);
    return drawn;
  };
  return { ...frame, drawFigure };
});

describe('figures for a screen of 420 pixels', () => {
  beforeAll(() => {
    for (const [name, render] of Object.entries(REPORTS)) {
      place.report = name;
      render();
    }
  });

  test('are at most 380 wide, with the letters of the wide ones', () => {
    expect(drawings.size).toBeGreaterThan(90);
    for (const [name, { svg, narrow }] of drawings) {
      const of = (s: string, key: string) => new RegExp(`^<svg[^>]* ${key}="([^"]*)"`).exec(s)?.[1];
      expect(Number(of(narrow, 'width')), name).toBeLessThanOrEqual(380);
      expect(of(narrow, 'font-size'), name).toBe(of(svg, 'font-size'));
    }
  });

  describe.skipIf(!existsSync('/usr/bin/chromium'))('in Chromium (needs Chromium)', () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
    });
    afterAll(async () => {
      await browser?.close();
    });
    test.each(['svg', 'narrow'] as const)('no text of a figure touches another or leaves it: %s', async (layout) => {
      const page = await browser.newPage({ viewport: { width: layout === 'narrow' ? 420 : 1200, height: 900 } });
      const figures = [...drawings].map(([name, drawn]) => `<figure id="${name.replace(' ', '-')}" style="margin:0">${drawn[layout]}</figure>`); // biome-ignore format: one line
      await page.setContent(`<!doctype html><body style="margin:20px">${figures.join('')}`);
      const found = await figureCollisions(page);
      expect(found.figures).toBe(drawings.size);
      expect(found.collisions).toEqual([]);
      await page.close();
    });
  });
});
