/** The guided tours on the built page in Chromium. */
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LESSONS } from '../../src/lab/page/views/lessons/lessons.js';
import { hasChromium, LabBrowser, snapshotOf } from '../support/lab-browser.js';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

describe.skipIf(!hasChromium)('the tours (skipped: needs Chromium)', () => {
  let lab: LabBrowser;
  beforeAll(async () => {
    lab = await LabBrowser.start();
  });
  afterAll(() => lab?.stop());

  const seen = (page: Page) => page.waitForSelector('#lesson[data-seen="true"]', { timeout: 150_000 });
  const followed = process.env.CI ? LESSONS : LESSONS.filter((l) => l.id === 'hot');

  it.each(followed.map((l) => [l.id, l] as const))(
    '%s shows at each step what it promises, by the keyboard alone',
    async (_id, lesson) => {
      const { page, noise } = await lab.open({ view: 'lessons' }, { script: AXE });
      await page.focus(`[data-lesson="${lesson.id}"]`);
      await page.keyboard.press('Enter');
      for (const step of lesson.steps) {
        await page.waitForFunction((title) => document.querySelector('#lesson h2')?.textContent === title, step.title);
        await seen(page);
        expect(await page.textContent('#lesson-sight'), step.title).toContain('Seen.');
        expect((await snapshotOf(page)).state.view).toBe(step.view);
        await page.waitForSelector(`#panel-${step.panel}.pointed`);
        await page.focus('#lesson-next');
        await page.keyboard.press('Enter');
      }
      await page.waitForSelector('#lesson', { state: 'detached' });
      expect(noise).toEqual([]);
      await page.close();
    },
    400_000,
  );

  it('is left by Escape, at 360 pixels, and axe finds nothing serious with a tour open', async () => {
    const { page } = await lab.open({ view: 'lessons' }, { script: AXE, width: 360 });
    expect(await page.locator('[data-lesson]').count()).toBe(6);
    await page.click('[data-lesson="hot"]');
    await seen(page);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(
      LESSONS.find((l) => l.id === 'hot')!.steps[0].title,
    );
    const violations = await page.evaluate(async () => {
      const { axe } = window as unknown as { axe: { run(): Promise<AxeResults> } };
      return (await axe.run()).violations.map((v) => `${v.impact} ${v.id} ${v.nodes[0].html.slice(0, 200)}`);
    });
    expect(violations.filter((v) => /^(serious|critical)/.test(v))).toEqual([]);
    const [content, shown] = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      document.documentElement.clientWidth,
    ]);
    expect(content).toBeLessThanOrEqual(shown);
    await page.keyboard.press('Escape');
    await page.waitForSelector('#lesson', { state: 'detached' });
    expect(await page.locator('.pointed').count()).toBe(0);
    await page.close();
  }, 120_000);
});
