/** The view Valley of the built page in Chromium: what it shows is read from its tables, and every wait is for a condition. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { valleyLink } from '../../src/lab/engine/valley/link.js';
import { VALLEY_PRESETS, type ValleyState } from '../../src/lab/engine/valley/state.js';
import { ValleyRun } from '../../src/lab/engine/valley.js';
import { formatEstimate } from '../../src/report/format.js';
import { hasChromium, LabBrowser, numbersOf, snapshotOf } from '../support/lab-browser.js';

describe.skipIf(!hasChromium)('the view Valley (skipped: needs Chromium)', () => {
  let lab: LabBrowser;
  beforeAll(async () => {
    lab = await LabBrowser.start();
  });
  afterAll(() => lab?.stop());

  const opened = async (valley: ValleyState) => {
    const { page, noise } = await lab.open({ view: 'valley', valley: valleyLink(valley) });
    await page.waitForSelector('#panel-histogram');
    return { page, noise };
  };
  const stepOf = (page: Page) =>
    page.evaluate(() => Number(document.querySelector('#valley-step')!.textContent!.replace(/\D/g, '')));
  const waitForStep = (page: Page, step: number) =>
    page.waitForFunction(
      (n) => Number(document.querySelector('#valley-step')!.textContent!.replace(/\D/g, '')) >= n,
      step,
      { timeout: 60_000 },
    );
  const waitForPause = (page: Page) =>
    page.waitForSelector('.counts[data-phase="paused"]', { state: 'attached', timeout: 60_000 });
  const parabola: ValleyState = { ...VALLEY_PRESETS.parabola, particles: 600 };

  it('gives the numbers of Node at the step of the link', async () => {
    const state = { ...VALLEY_PRESETS['two valleys'], particles: 600, at: 300 };
    const { page, noise } = await opened(state);
    await waitForStep(page, 300);
    await waitForPause(page);
    const run = new ValleyRun(state);
    run.runTo(300);
    const f = run.frame();
    const told = await numbersOf(page, 'particles');
    expect(told['mean of x (weight)']).toEqual([formatEstimate(f.mean)]);
    expect(told['variance of x (weight²)']).toEqual([formatEstimate(f.variance)]);
    const wells = await numbersOf(page, 'freezing');
    expect(wells['share in the right well']).toEqual([formatEstimate(f.freezing!.share)]);
    expect(noise).toEqual([]);
    await page.close();
  }, 90_000);

  it('starts, acts on a slider at once without a reset, and keeps both in the link', async () => {
    const { page, noise } = await opened(parabola);
    await page.click('#valley-run');
    await waitForStep(page, 100);
    const eta = page.getByLabel('Learning rate η', { exact: true }).last();
    await eta.fill('0.6');
    await eta.press('Enter');
    await page.waitForFunction(() => document.querySelector('#valley-moving')!.textContent === '0', undefined, {
      timeout: 60_000,
    });
    await page.click('#valley-run');
    await waitForPause(page);
    expect(await stepOf(page)).toBeGreaterThan(100);
    expect(await page.textContent('#panel-bound')).toContain('Eta is above the bound');
    expect((await numbersOf(page, 'bound')).diverged).toEqual(['100 %']);
    const { state } = await snapshotOf(page);
    expect(state.valley!.changes).toEqual([expect.any(Number), 'eta', 0.6]);
    await page.waitForFunction(() => location.hash.includes('valley.changes='));
    await page.click('#valley-again');
    await page.waitForFunction(() => document.querySelector('#valley-step')!.textContent === '0');
    expect(noise).toEqual([]);
    await page.close();
  }, 90_000);

  it('takes a typed formula in one and in two dimensions, and says in a sentence what is wrong with one', async () => {
    const { page, noise } = await opened(parabola);
    const formula = page.getByLabel('Loss L(x) or L(x, y)');
    await formula.fill('0.5*(x^2-1)^2 +');
    await formula.press('Tab');
    await page.waitForFunction(() => document.querySelector('#formula-wrong')!.textContent !== '');
    expect(await page.textContent('#formula-wrong')).toBe(
      'the loss: "0.5*(x^2-1)^2 +" ends where a number, a name or "(" was expected at character 16.',
    );
    expect(await formula.getAttribute('aria-invalid')).toBe('true');
    await formula.fill('0.5*(x^2-1)^2');
    await formula.press('Tab');
    await page.waitForSelector('[data-panel="freezing"]');
    expect(await page.textContent('#formula-wrong')).toBe('');
    const [config] = await Promise.all([page.waitForEvent('download'), page.click('#valley-config')]);
    expect(readFileSync(await config.path(), 'utf8')).toContain('loss: "0.5*(x^2-1)^2"');
    await formula.fill('(x^2+y^2-1)^2/4');
    await formula.press('Tab');
    await page.waitForFunction(() => document.querySelector('[data-panel="freezing"]') === null);
    expect(await page.textContent('#panel-freezing')).toContain('cannot be separated');
    expect(await page.textContent('#panel-particles')).toContain('equal loss');
    expect(noise).toEqual([]);
    await page.close();
  }, 90_000);

  it('opens a link with a formula that cannot be read as the first landscape, with the sentence', async () => {
    const { page } = await opened({ ...parabola, loss: '0.5*z^2' });
    expect(await page.textContent('#formula-wrong')).toContain('"z"');
    expect(await page.getByLabel('Ready made').inputValue()).toBe('valley');
    await page.close();
  }, 60_000);

  it('keeps what there was when a range is refused', async () => {
    const { page } = await opened({ ...parabola, at: 50 });
    await waitForStep(page, 50);
    const moved = await numbersOf(page, 'particles');
    const range = page.getByLabel('Range of x');
    await range.fill('2, 1');
    await range.press('Tab');
    await page.waitForFunction(() => document.querySelector('#formula-wrong')!.textContent !== '');
    expect(await page.textContent('#formula-wrong')).toContain('goes from a number to a larger one');
    expect(await numbersOf(page, 'particles')).toEqual(moved);
    await page.close();
  }, 60_000);

  it('starts a worker again that died, tells so, and goes back to the step where it was', async () => {
    const { page } = await opened({ ...parabola, at: 80 });
    await waitForStep(page, 80);
    await waitForPause(page);
    const before = await numbersOf(page, 'particles');
    const worker = page.workers().find((w) => w.url().includes('valley'))!;
    await worker.evaluate(() => {
      setTimeout(() => {
        throw new Error('lost');
      });
    });
    await page.waitForFunction(() => document.querySelector('.told')?.textContent?.includes('started again'));
    await waitForPause(page);
    await waitForStep(page, 80);
    expect(await numbersOf(page, 'particles')).toEqual(before);
    await page.close();
  }, 60_000);
});
