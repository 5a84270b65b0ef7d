/**
 * Every view of the built page in Chromium, narrow and wide, light and dark: no sideways scroll, nothing that axe calls serious, nothing
 * said on the console, and a screenshot where THERMOGRAD_SHOTS names a folder.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, LabBrowser, waitForPause, waitForResult, waitForStep } from '../support/lab-browser.js';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const VIEWS = ['train', 'fluctuate', 'landscape', 'valley', 'open', 'compare', 'lessons'] as const;
/** Steps of a whole window of the small network. */
const WINDOW = 240;
const SHOTS = process.env.THERMOGRAD_SHOTS;

describe.skipIf(!hasChromium)('every view (skipped: needs Chromium)', () => {
  let lab: LabBrowser;
  beforeAll(async () => {
    lab = await LabBrowser.start();
  });
  afterAll(() => lab?.stop());

  const looks =
    process.env.CI || SHOTS
      ? ([
          [360, 'light'],
          [360, 'dark'],
          [768, 'dark'],
          [1280, 'light'],
          [1280, 'dark'],
        ] as const)
      : ([[360, 'dark']] as const);
  it.each(VIEWS.flatMap((view) => looks.map(([width, scheme]) => ({ view, width, scheme }))))(
    '$view at $width pixels, $scheme',
    async ({ view, width, scheme }) => {
      const trains = view === 'train' || view === 'fluctuate' || view === 'landscape';
      const { page, noise } = await lab.open(
        { view, at: trains ? WINDOW : 0 },
        { width, scheme, height: SHOTS ? 2400 : 900, script: AXE },
      );
      if (trains) {
        await waitForStep(page, WINDOW);
        await waitForPause(page);
      }
      if (view === 'fluctuate') for (const kind of ['noise-scale', 'flatness']) await waitForResult(page, kind, WINDOW);
      const violations = await page.evaluate(async () => {
        const { axe } = window as unknown as { axe: { run(): Promise<AxeResults> } };
        return (await axe.run()).violations.map(
          (v) => `${v.impact} ${v.id}: ${v.nodes.map((n) => `${n.target.join(' ')} ${n.failureSummary}`).join('; ')}`,
        );
      });
      expect(violations.filter((v) => /^(serious|critical)/.test(v))).toEqual([]);
      const [content, seen] = await page.evaluate(() => [
        document.documentElement.scrollWidth,
        document.documentElement.clientWidth,
      ]);
      expect(content).toBeLessThanOrEqual(seen);
      expect(await page.getAttribute('html', 'data-theme')).toBe(scheme);
      if (SHOTS) await page.screenshot({ path: join(SHOTS, `${view}-${width}-${scheme}.png`), fullPage: true });
      expect(noise).toEqual([]);
      await page.close();
    },
    60_000,
  );
});
