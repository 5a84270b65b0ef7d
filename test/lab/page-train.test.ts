/** The built page in Chromium: training, sliders, pausing, stepping, rewinding, and what the charts hold. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, LabBrowser, numbersOf, snapshotOf, waitForPause, waitForStep } from '../support/lab-browser.js';

describe.skipIf(!hasChromium)('the view Train (skipped: needs Chromium)', () => {
  let lab: LabBrowser;
  beforeAll(async () => {
    lab = await LabBrowser.start();
  });
  afterAll(() => lab?.stop());

  const start = (page: Page) => page.click('#run:enabled', { timeout: 60_000 });

  it('trains, and a slider acts without a reset', async () => {
    const { page, noise } = await lab.open();
    await start(page);
    await waitForStep(page, 100);
    const before = (await snapshotOf(page)).step;
    const slider = page.getByRole('slider', { name: 'Learning rate eta' });
    await slider.focus();
    await page.keyboard.press('ArrowLeft');
    await page.waitForSelector('[data-numbers="learning-rate"] td:has-text("eta =")');
    const { state, step } = await snapshotOf(page);
    expect(step).toBeGreaterThanOrEqual(before);
    expect(state.changes).toHaveLength(1);
    expect(state.changes[0]).toMatchObject({ key: 'learningRate', value: 0.0944 }); // one of 40 positions a decade
    expect(state.changes[0].at).toBeGreaterThanOrEqual(before);
    await waitForStep(page, step + 50);
    expect(await page.locator('.u-wrap canvas').count()).toBe(3);
    const least = (await numbersOf(page, 'loss'))['smallest minibatch'][0];
    expect(least).toMatch(/ at step \d/);
    expect(noise).toEqual([]);
    await page.close();
  });

  it('steps one by one, pauses, and rewinds to where it gives the same numbers again', async () => {
    const { page, noise } = await lab.open();
    const oneStep = async (to: number) => {
      await page.click('text=One step');
      await waitForStep(page, to);
      await waitForPause(page);
      return (await snapshotOf(page)).progress.lastLoss;
    };
    await waitForPause(page);
    const first = await oneStep(1);
    const second = await oneStep(2);
    expect(first).not.toBe(second);
    await start(page);
    await waitForStep(page, 30);
    await page.click('#run');
    await waitForPause(page);
    await page.selectOption('select[aria-label="Rewind"]', '0');
    await page.waitForFunction(() => document.getElementById('step')?.textContent === '0');
    await waitForPause(page);
    expect((await numbersOf(page, 'loss'))['steps drawn']).toEqual(['0']);
    expect(await oneStep(1)).toBe(first);
    expect(await oneStep(2)).toBe(second);
    expect((await numbersOf(page, 'loss'))['steps drawn']).toEqual(['2']);
    expect(noise).toEqual([]);
    await page.close();
  });

  it('a link with a step trains to it and shows the same loss as the page it was copied from', async () => {
    const one = await lab.open();
    await start(one.page);
    await waitForStep(one.page, 40);
    await one.page.click('#run');
    await waitForPause(one.page);
    const { state, progress, step } = await snapshotOf(one.page);
    expect(state.at).toBe(step);
    const two = await lab.open(state);
    await waitForStep(two.page, step);
    await waitForPause(two.page);
    expect((await snapshotOf(two.page)).progress.lastLoss).toBe(progress.lastLoss);
    await Promise.all([one.page.close(), two.page.close()]);
  });

  it('a run that diverges says where and why, and can be continued at half of eta', async () => {
    const { page, noise } = await lab.open({ optimiser: { type: 'sgd', learningRate: 1e4 } });
    await start(page);
    await page.waitForSelector('#diverged', { timeout: 60_000 });
    const { diverged } = await snapshotOf(page);
    expect(await page.textContent('#diverged')).toContain(`Diverged at step ${diverged!.at}`);
    await page.click('#diverged button');
    await page.waitForSelector('#diverged', { state: 'detached' });
    await waitForPause(page);
    expect((await snapshotOf(page)).state.changes).toEqual([{ at: 0, key: 'learningRate', value: 5000 }]);
    expect(noise).toEqual([]);
    await page.close();
  });

  it('a worker that dies is started again from its checkpoint, and the page says so', async () => {
    const { page } = await lab.open();
    await start(page);
    await waitForStep(page, 200);
    const workers = page.workers();
    const names = await Promise.all(workers.map((worker) => worker.evaluate(() => self.name)));
    const training = workers[names.indexOf('training')];
    await training.evaluate(() => {
      setTimeout(() => {
        throw new Error('made to die');
      });
    });
    await page.waitForSelector('.told:has-text("made to die")', { timeout: 60_000 });
    const { told, step } = await snapshotOf(page);
    expect(told[0].sentence).toMatch(
      /worker that trains stopped .* started again from its checkpoint after step \d+\.$/,
    );
    await waitForStep(page, step + 100);
    const loss = await numbersOf(page, 'loss');
    expect(loss['last minibatch'][0]).not.toBe('–');
    await page.close();
  });

  it('zooms by keys, and says how many points a pixel stands for', async () => {
    const { page, noise } = await lab.open({ at: 4000 });
    await waitForStep(page, 4000);
    const merged = () => page.getAttribute('[data-panel="loss"]', 'data-merged').then(Number);
    await page.waitForFunction(
      () => Number(document.querySelector<HTMLElement>('[data-panel="loss"]')?.dataset.merged) > 1,
    );
    const whole = await merged();
    await page.focus('[data-panel="loss"]');
    for (let k = 0; k < 3; k++) await page.keyboard.press('+');
    await page.waitForFunction(
      () => document.querySelector<HTMLElement>('[data-panel="loss"]')?.dataset.merged === '1',
    );
    await page.keyboard.press('0');
    await page.waitForFunction(
      (m) => Number(document.querySelector<HTMLElement>('[data-panel="loss"]')?.dataset.merged) === m,
      whole,
    );
    expect(noise).toEqual([]);
    await page.close();
  });
});
