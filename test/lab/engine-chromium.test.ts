/** The same link in the built page and in Node: the same numbers, with the same kernel build. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { benchOf } from '../../src/lab/engine/bench.js';
import { measurements } from '../../src/lab/engine/measurements.js';
import { LabSession } from '../../src/lab/engine/session.js';
import type { MeasureResults } from '../../src/lab/measures.js';
import type { LabState, SessionFacts } from '../../src/lab/protocol.js';
import { forceKernelBuild } from '../../src/numeric/kernel-build.js';
import { scratch } from '../support/cli.js';
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

  it('trains on with the same numbers after its worker died', async () => {
    const script = await scriptOf(`
      const Plain = Worker;
      window.workers = [];
      window.Worker = class extends Plain {
        constructor(url, options) {
          super(url, options);
          window.workers.push({ name: options.name, worker: this });
        }
      };`);
    const { page } = await lab.open({ ...STATE, at: 0, changes: [] }, { script });
    await page.click('#run:enabled', { timeout: 60_000 });
    await waitForStep(page, 100);
    await page.evaluate(() => {
      const { workers } = window as never as { workers: { name: string; worker: Worker }[] };
      const training = workers.find((w) => w.name === 'training')!.worker;
      training.dispatchEvent(new ErrorEvent('error', { message: 'out of memory', cancelable: true }));
    });
    await page.waitForFunction(() => document.body.textContent?.includes('started again from its checkpoint'));
    const { step } = await snapshotOf(page);
    await waitForStep(page, step + 100);
    await page.click('#run');
    await waitForPause(page);
    const shown = (await snapshotOf(page)) as Awaited<ReturnType<typeof snapshotOf>> & { session: SessionFacts };
    forceKernelBuild(shown.session.kernel);
    const session = await LabSession.open({ ...STATE, at: 0, changes: [] });
    session.trainTo(shown.step, false);
    expect(shown.progress.lastLoss).toBe(session.since(shown.step - 1).loss[0]);
    expect(await page.evaluate(() => (window as never as { workers: unknown[] }).workers.length)).toBeGreaterThan(1);
    await page.close();
  });

  it.each([
    ['delete window.Worker;', 'starts no workers'],
    ['delete window.WebAssembly;', 'runs no WebAssembly'],
    ['WebAssembly.validate = () => false;', 'WebAssembly without SIMD'],
  ])('says in a sentence what the browser lacks: %s', async (code, sentence) => {
    const page = await lab.browser.newPage();
    await page.addInitScript({ content: code });
    await page.goto(lab.lab.url);
    await page.waitForFunction((text) => document.body.textContent?.includes(text), sentence);
    await page.close();
  });
});

/** Writes a script that a page runs before its own. */
async function scriptOf(content: string): Promise<string> {
  const { folder } = scratch();
  const path = join(folder, 'script.js');
  writeFileSync(path, content);
  return path;
}
