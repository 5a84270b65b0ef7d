/** The view Fluctuate of the built page in Chromium: every panel has numbers, one direction lights up everywhere, controls change psi. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MeasureResults } from '../../src/lab/measures.js';
import {
  hasChromium,
  LabBrowser,
  numbersOf,
  snapshotOf,
  waitForPause,
  waitForResult,
  waitForStep,
} from '../support/lab-browser.js';

const QUICK = ['cloud', 'spectrum', 'displacement', 'temperature', 'ceiling', 'noise-scale'] as const;

describe.skipIf(!hasChromium)('the view Fluctuate (skipped: needs Chromium)', () => {
  let lab: LabBrowser;
  let page: Page;
  let noise: string[];
  beforeAll(async () => {
    lab = await LabBrowser.start();
    // 240 steps: a whole window of 30 epochs with 8 steps each
    ({ page, noise } = await lab.open({ view: 'fluctuate', at: 240 }));
    await waitForStep(page, 240);
    await waitForPause(page);
  }, 120_000);
  afterAll(() => lab?.stop());

  it('measures by itself, and each panel holds the numbers of its result', async () => {
    for (const kind of QUICK) await waitForResult(page, kind, 240);
    const results = (await snapshotOf(page)).results as unknown as MeasureResults;
    expect(results.cloud.basis.rows).toBe(240);
    const cloud = await numbersOf(page, 'cloud');
    expect(Object.keys(cloud)).toEqual(['1', '2', '3']);
    expect(cloud['1'][1]).toMatch(/ %$/);
    expect(Object.keys(await numbersOf(page, 'spectrum'))).toEqual(expect.arrayContaining(['gamma', '1', '2', '100']));
    expect(Object.keys(await numbersOf(page, 'displacement'))).toEqual(
      results.displacement.directions.map((d) => String(d.index)),
    );
    expect(Object.keys(await numbersOf(page, 'temperature'))).toEqual(
      results.temperature.directions.map((d) => String(d.index)),
    );
    expect((await numbersOf(page, 'plane'))['batch size']).toEqual(['50']);
    expect((await numbersOf(page, 'plane'))['largest stable rate'][0]).toMatch(/±|exact|numerical/);
    for (const panel of ['cloud', 'spectrum', 'displacement', 'temperature', 'plane'])
      expect(await page.textContent(`#panel-${panel} .finding`), panel).toMatch(/Reason/);
  }, 180_000);

  it('a direction that arrow keys reach in one panel is lit in all', async () => {
    await page.focus('[data-panel="spectrum"]');
    for (let k = 0; k < 3; k++) await page.keyboard.press('ArrowRight');
    expect((await snapshotOf(page)).highlight).toBe(3);
    expect(await page.textContent('#panel-spectrum .tip')).toMatch(/^PC3: σ² = /);
    await page.keyboard.press('Escape');
    expect((await snapshotOf(page)).highlight).toBeUndefined();
  });

  it('widths appear one by one, and psi is that of the engine in the end', async () => {
    await waitForResult(page, 'flatness'); // once by itself, because the window is full
    await page.getByLabel('Directions with a width').selectOption('12');
    await page.evaluate(() => {
      const seen: number[] = [];
      new MutationObserver(() => {
        const rows = [...document.querySelectorAll('[data-numbers="relation"] tbody th')];
        const n = rows.filter((th) => th.textContent?.startsWith('PC')).length;
        if (seen.at(-1) !== n) seen.push(n);
      }).observe(document.body, { childList: true, subtree: true, characterData: true });
      Object.assign(window, { seen });
    });
    await page.click('text=Measure widths');
    await page.waitForFunction(
      () => {
        const words = document.getElementById('psi')?.textContent ?? '';
        return (
          (window as unknown as { seen: number[] }).seen.length > 2 && words.includes('R²') && !words.includes('so far')
        );
      },
      undefined,
      { timeout: 120_000 },
    );
    const seen = await page.evaluate(() => (window as unknown as { seen: number[] }).seen);
    const again = seen.slice(seen.indexOf(Math.min(...seen)));
    expect(again.length).toBeGreaterThan(2);
    expect(again.every((n, k) => k === 0 || n > again[k - 1])).toBe(true);
    const { flatness } = (await snapshotOf(page)).results as unknown as MeasureResults;
    const psi = Number(/ψ = (−?[\d.]+)/.exec((await page.textContent('#psi')) ?? '')?.[1].replace('−', '-'));
    expect(Math.abs(psi - flatness.psi.value)).toBeLessThanOrEqual(flatness.psi.standardError);
    expect(Object.keys(await numbersOf(page, 'relation'))).toHaveLength(flatness.parts.length);
  }, 180_000);

  it('a control is a switch away: it is measured, its exponent is shown, and the link keeps it', async () => {
    await page.click('label:has-text("Other half")');
    await waitForResult(page, 'controls');
    await page.waitForFunction(() => document.getElementById('psi')?.textContent?.startsWith('ψ = '));
    const { controls } = (await snapshotOf(page)).results as unknown as MeasureResults;
    const said: Record<string, string | null> = {};
    for (const [name, label] of [
      ['half', 'Other half'],
      ['hessian', 'Fixed basis'],
      ['walk', 'Own-noise walk'],
    ]) {
      await page.click(`label:has-text("${label}")`);
      const words = controls.controls.find((c) => c.name === name)!.words;
      await page.waitForFunction((w) => document.getElementById('psi')?.textContent?.includes(w), words);
      said[name] = await page.textContent('#psi');
      expect(await page.textContent('#panel-relation .finding')).toMatch(/Reason/);
    }
    expect(new Set(Object.values(said)).size).toBe(3);
    expect((await snapshotOf(page)).state.controls).toEqual({ shown: 'walk' });
    expect(noise).toEqual([]);
  }, 180_000);
});
