/** The view Landscape of the built page in Chromium. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { benchOf } from '../../src/lab/engine/bench.js';
import { landscapeMeasurements } from '../../src/lab/engine/landscape.js';
import { LabSession } from '../../src/lab/engine/session.js';
import type { LabState } from '../../src/lab/protocol.js';
import { formatNumber } from '../../src/report/format.js';
import {
  hasChromium,
  LabBrowser,
  numbersOf,
  SMALL,
  snapshotOf,
  waitForPause,
  waitForStep,
} from '../support/lab-browser.js';

describe.skipIf(!hasChromium)('the view Landscape (skipped: needs Chromium)', () => {
  let lab: LabBrowser;
  beforeAll(async () => {
    lab = await LabBrowser.start();
  });
  afterAll(() => lab?.stop());

  it('measures profiles, a plane and the potential, with the numbers of Node, and lights a direction everywhere', async () => {
    const state: LabState = { ...SMALL, view: 'landscape', at: 800, landscape: { a: 2, b: 3, k: 5 } };
    const { page, noise } = await lab.open(state);
    await waitForStep(page, 800);
    await waitForPause(page);
    await page.click('#measure-landscape');
    await page.waitForFunction(
      () => {
        const { thermogradLab } = window as unknown as { thermogradLab: { snapshot(): { results: object } } };
        const { results } = thermogradLab.snapshot();
        return ['slice', 'potential', 'flatness'].every((kind) => kind in results);
      },
      undefined,
      { timeout: 120_000 },
    );
    const session = await LabSession.open(state);
    session.trainTo(800);
    const bench = await benchOf(state);
    const snapshot = session.snapshot(true);
    const slice = await landscapeMeasurements.slice(bench, snapshot, { ranks: [2, 3] }, async () => {});
    const told = await numbersOf(page, 'slice');
    expect(told['loss at the centre (nat)'][0]).toBe(formatNumber(slice.centreLoss, 4));
    expect(await page.textContent('#off-plane')).toContain('lies outside this plane');
    const potential = await landscapeMeasurements.potential(
      bench,
      snapshot,
      { ranks: [2, 3], directions: 5 },
      async () => {},
    );
    const motion = await numbersOf(page, 'potential-plane');
    expect(motion['curvature of the loss: xx, xy, yy (nat/weight²)'][0]).toBe(
      potential.planes[0].hessian.map((v) => formatNumber(v)).join(', '),
    );
    expect(Object.keys(await numbersOf(page, 'profiles')).length).toBeGreaterThan(10);

    // the second mark of this panel belongs to direction 2: its neighbours are told by the table of variances
    await page.focus('[data-panel="vortices"]');
    await page.keyboard.press('ArrowRight');
    const lit = (await snapshotOf(page)).highlight;
    expect(potential.ranks).toContain(lit);
    expect(await page.textContent('.area-now')).toContain(`Direction ${lit} is lit.`);
    expect(noise).toEqual([]);
    await page.close();
  }, 180_000);

  it('says what is wrong with a plane that there is not', async () => {
    const { page } = await lab.open({ view: 'landscape', at: 80, landscape: { a: 2, b: 2 } });
    await waitForStep(page, 80);
    await waitForPause(page);
    await page.click('#panel-slice button');
    await page.waitForFunction(
      () => document.querySelector('#panel-slice')!.textContent!.includes('two different'),
      undefined,
      {
        timeout: 60_000,
      },
    );
    await page.close();
  }, 90_000);
});
