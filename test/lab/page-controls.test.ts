/** What is done by hand on the built page in Chromium: dropped files, typed numbers, colours, motion, a link that cannot be read. */
import { Buffer } from 'node:buffer';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, LabBrowser, SMALL, snapshotOf, waitForPause, waitForStep } from '../support/lab-browser.js';

/** A table of two classes that differ in their first column. */
const table = [
  'a,b,class',
  ...Array.from({ length: 100 }, (_, k) => `${(k % 2) + (k % 7) / 20},${(k * k) % 11},${k % 2 ? 'up' : 'down'}`),
].join('\n');

describe.skipIf(!hasChromium)('the page by hand (skipped: needs Chromium)', () => {
  let lab: LabBrowser;
  beforeAll(async () => {
    lab = await LabBrowser.start();
  });
  afterAll(() => lab?.stop());

  const drop = (page: Page, name: string, bytes: Buffer) =>
    page.getByLabel('Other data').setInputFiles({ name, mimeType: 'application/octet-stream', buffer: bytes });

  it('a CSV table that is dropped is trained on, with widths that fit it', async () => {
    const { page, noise } = await lab.open();
    await waitForPause(page);
    await drop(page, 'two.csv', Buffer.from(table));
    await page.waitForFunction(() => document.getElementById('facts')?.textContent?.includes('90'));
    await waitForPause(page);
    await page.click('text=One step');
    await waitForStep(page, 1);
    const { state, told } = await snapshotOf(page);
    expect(state.data).toMatchObject({ kind: 'file', name: 'two.csv' });
    expect(told).toEqual([]);
    expect(noise).toEqual([]);
    await page.close();
  });

  it.each([
    ['a picture', 'photo.csv', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0xfe, 0, 1]), /photo\.csv/],
    ['a table with a word among its numbers', 'word.csv', Buffer.from(table.replace('1.05', 'much')), /word\.csv: /],
    ['an empty file', 'empty.csv', Buffer.from(''), /empty\.csv: the file is empty/],
  ])('%s that is dropped gets a sentence, and the page goes on', async (_what, name, bytes, words) => {
    const { page } = await lab.open();
    await waitForPause(page);
    await drop(page, name, bytes);
    await page.waitForSelector('.told');
    expect((await snapshotOf(page)).told[0].sentence).toMatch(words);
    await page.getByLabel('Data', { exact: true }).selectOption('teacher');
    await waitForPause(page);
    await page.click('text=One step');
    await waitForStep(page, 1);
    await page.click('.told button');
    await page.waitForSelector('.told', { state: 'detached' });
    await page.close();
  });

  it('a typed number acts, and one that cannot be is refused beside its box', async () => {
    const { page } = await lab.open();
    await waitForPause(page);
    const box = page.getByRole('textbox', { name: 'Learning rate eta' });
    await box.fill('-3');
    await box.press('Enter');
    await box.blur();
    expect(await box.getAttribute('aria-invalid')).toBe('true');
    expect((await snapshotOf(page)).state.changes).toEqual([]);
    await box.fill('0.025');
    await box.blur();
    await page.waitForSelector('[data-numbers="learning-rate"] td:has-text("eta = 0.025")');
    expect(await box.getAttribute('aria-invalid')).toBe('false');
    await page.close();
  });

  it('another network begins anew with a layer that it has, and with the values of the sliders', async () => {
    const { page } = await lab.open();
    await waitForPause(page);
    const box = page.getByRole('textbox', { name: 'Learning rate eta' });
    await box.fill('0.05');
    await box.blur();
    await page.waitForSelector('[data-numbers="learning-rate"] td:has-text("eta = 0.05")');
    await page.getByLabel('Network', { exact: true }).selectOption('20-50-4');
    await page.waitForFunction(() => document.querySelector('[data-phase]')?.getAttribute('data-phase') === 'paused');
    await page.click('text=One step');
    await waitForStep(page, 1);
    const { state } = await snapshotOf(page);
    expect(state).toMatchObject({ network: '20-50-4', layer: 'layer1', changes: [] });
    expect(state.optimiser.learningRate).toBe(0.05);
    await page.close();
  });

  it('a slider that is moved while a session opens acts when it is there', async () => {
    const { page } = await lab.open();
    await waitForPause(page);
    await page.evaluate(() => {
      // both within one task, so that the session cannot be ready in between
      const select = [...document.querySelectorAll('select')].find((s) => s.value === 'shuffled')!;
      select.value = 'replaced';
      select.dispatchEvent(new Event('change', { bubbles: true }));
      const slider = document.querySelector<HTMLInputElement>('input[type="range"][aria-label^="Batch size"]')!;
      slider.value = String(Math.log10(20) * 40);
      slider.dispatchEvent(new Event('input', { bubbles: true }));
    });
    await page.waitForSelector('[data-numbers="learning-rate"] td:has-text("B = 20")');
    expect((await snapshotOf(page)).state).toMatchObject({
      sampling: 'replaced',
      batchSize: 50,
      changes: [{ at: 0, key: 'batchSize', value: 20 }],
    });
    await page.close();
  });

  it('colours follow the system until they are chosen, and the choice is kept', async () => {
    const { page } = await lab.open({}, { scheme: 'dark' });
    expect(await page.getAttribute('html', 'data-theme')).toBe('dark');
    await page.click('label:has-text("Light")');
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'light');
    await page.reload();
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'light');
    await page.click('label:has-text("System")');
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
    await page.close();
  });

  it.each([
    [true, 'Turn'],
    [false, 'Hold still'],
  ])('with less motion asked for: %s, the cloud offers to %s', async (still, words) => {
    const { page } = await lab.open({ view: 'fluctuate', at: 80 }, { still });
    await page.waitForSelector(`#panel-cloud button:has-text("${words}")`, { timeout: 120_000 });
    const picture = () =>
      page.evaluate(() => document.querySelector<HTMLCanvasElement>('#panel-cloud canvas')!.toDataURL());
    await waitForPause(page);
    await page.click('text=Measure while training'); // no newer cloud takes its place
    if (!still) {
      const first = await picture();
      await page.waitForFunction(
        (p) => document.querySelector<HTMLCanvasElement>('#panel-cloud canvas')!.toDataURL() !== p,
        first,
        { timeout: 60_000, polling: 100 },
      );
    }
    await page.close();
  });

  it('a link that cannot be read gets a sentence, and the page opens all the same', async () => {
    const { page } = await lab.open();
    await page.goto('about:blank');
    await page.goto(`${lab.lab.url}#train?data=teacher&limit=400&eta=many`);
    await page.waitForSelector('.told');
    expect((await snapshotOf(page)).told[0].sentence).toMatch(/^This link cannot be read: /);
    expect(await page.textContent('main h2')).toBe('Train');
    await page.close();
  });

  it('a tab opens another view of the same session', async () => {
    const { page } = await lab.open({ at: 16 });
    await waitForStep(page, 16);
    await page.click('nav >> text=Fluctuate');
    await page.waitForSelector('#panel-relation');
    const { state, step } = await snapshotOf(page);
    expect([state.view, step]).toEqual(['fluctuate', 16]);
    expect(page.url()).toContain('#fluctuate');
    expect(state.network).toBe(SMALL.network);
    await page.close();
  });
});
