/** The same link in the built page and in Node: the same numbers, with the same kernel build. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { benchOf } from '../../src/lab/engine/bench.js';
import { measurements } from '../../src/lab/engine/measurements.js';
import { LabSession } from '../../src/lab/engine/session.js';
import type { MeasureResults } from '../../src/lab/measures.js';
import type { LabState, SessionFacts } from '../../src/lab/protocol.js';
import { forceKernelBuild } from '../../src/numeric/kernel-build.js';
import { hasChromium, LabBrowser, SMALL, snapshotOf, waitForPause, waitForStep } from '../support/lab-browser.js';

const STATE: LabState = {
  ...SMALL,
  optimiser: { type: 'sgd', learningRate: 0.1, momentum: 0.5, weightDecay: 0.001 },
  changes: [
    { at: 40, key: 'learningRate', value: 0.2 },
    { at: 61, key: 'batchSize', value: 30 },
    { at: 61, key: 'momentum', value: 0 },
  ],
  at: 200,
};

describe.skipIf(!hasChromium)('a link (skipped: needs Chromium)', () => {
  let lab: LabBrowser;
  beforeAll(async () => {
    lab = await LabBrowser.start();
  });
  afterAll(async () => {
    forceKernelBuild(undefined);
    await lab?.stop();
  });

  it('shows the losses of Node to the last bit, and its measurements within rounding', async () => {
    const { page, noise } = await lab.open({ ...STATE, view: 'fluctuate' });
    await waitForStep(page, 200);
    await waitForPause(page);
    await page.waitForFunction(() => {
      const { results } = (
        window as never as { thermogradLab: { snapshot(): { results: object } } }
      ).thermogradLab.snapshot();
      return 'cloud' in results && 'ceiling' in results && 'temperature' in results;
    });
    const shown = (await snapshotOf(page)) as Awaited<ReturnType<typeof snapshotOf>> & { session: SessionFacts };
    forceKernelBuild(shown.session.kernel);
    const session = await LabSession.open(STATE);
    const reports = session.trainTo(200).filter((e) => e.type === 'epoch');
    expect(shown.step).toBe(200);
    expect(shown.progress.lastLoss).toBe(session.since(199).loss[0]);
    expect(shown.epoch?.trainLoss).toBe(reports.at(-1)!.trainLoss);
    expect(shown.session).toEqual(JSON.parse(JSON.stringify(session.facts)));

    const bench = await benchOf(STATE);
    const snapshot = session.snapshot(true);
    const quiet = async () => {};
    const near = (a: number, b: number) => expect(Math.abs(a / b - 1)).toBeLessThan(1e-9);
    const cloud = shown.results.cloud as MeasureResults['cloud'];
    const own = await measurements.cloud!(bench, snapshot, { directions: 3, rows: 600 }, quiet);
    expect(cloud.basis).toEqual(own.basis);
    near(cloud.totalVariance, own.totalVariance);
    cloud.variances.forEach((v, k) => {
      near(v.value, own.variances[k].value);
    });
    const ceiling = shown.results.ceiling as MeasureResults['ceiling'];
    near(ceiling.edge.value, (await measurements.ceiling!(bench, snapshot, {}, quiet)).edge.value);
    const temperature = shown.results.temperature as MeasureResults['temperature'];
    const direct = await measurements.temperature!(bench, snapshot, {}, quiet);
    near(temperature.directions[1].temperature.value, direct.directions[1].temperature.value);
    expect(noise).toEqual([]);
    await page.close();
  });
});
