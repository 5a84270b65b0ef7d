// Measures the built live page in Chromium: steps a second of 784-50-50-10 on MNIST with all panels of a view on, and the longest tasks
// of the main thread, in time on the wall and in time of the processor (the second does not depend on what else the machine does).
//
//   npm run build && node scripts/lab-speed.mjs [--seconds 10] [--views train,fluctuate]
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { serveLab } from '../dist/lab/server/serve.js';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '10' }, views: { type: 'string', default: 'train,fluctuate' } },
});
const folder = mkdtempSync(join(tmpdir(), 'thermograd-lab-speed-'));
const lab = await serveLab({ folders: [] });
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--headless', '--disable-gpu'],
});
try {
  for (const view of values.views.split(',')) console.log(JSON.stringify(await measure(view)));
} finally {
  await browser.close();
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
}

async function measure(view) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 3200 } }); // all panels in sight
  await page.goto(`${lab.url}#${view}?v=1`);
  await page.click('#run:enabled', { timeout: 300_000 });
  await page.waitForFunction(() => window.thermogradLab.step > 2000, undefined, { timeout: 300_000, polling: 200 });
  const file = join(folder, `${view}.json`);
  await browser.startTracing(page, { path: file, categories: ['toplevel'] });
  const now = () => page.evaluate(() => ({ step: window.thermogradLab.step, at: performance.now() }));
  const from = await now();
  await page.waitForTimeout(1000 * Number(values.seconds));
  const to = await now();
  await browser.stopTracing();
  const measured = await page.evaluate(() => window.thermogradLab.measured);
  await page.close();
  const seconds = (to.at - from.at) / 1000;
  const tasks = mainThreadTasks(JSON.parse(readFileSync(file, 'utf8')).traceEvents);
  const longest = (key) => Number((Math.max(...tasks.map((t) => t[key])) / 1000).toFixed(1));
  return {
    view,
    seconds: Number(seconds.toFixed(1)),
    stepsPerSecond: Math.round((to.step - from.step) / seconds),
    tasks: tasks.length,
    longestTask: {
      processorMs: longest('tdur'),
      wallMs: longest('dur'),
      over50ms: tasks.filter((t) => t.dur > 50_000).length,
    },
    processorShare: Number((tasks.reduce((sum, t) => sum + t.tdur, 0) / 1e6 / seconds).toFixed(3)),
    measured: Object.keys(measured),
    load: loadavg().map((l) => Number(l.toFixed(1))),
  };
}

/** The tasks of the main thread of the renderer that was busiest: that of the page. */
function mainThreadTasks(events) {
  const mains = new Set(
    events.filter((e) => e.name === 'thread_name' && e.args.name === 'CrRendererMain').map((e) => `${e.pid}:${e.tid}`),
  );
  const byThread = new Map([...mains].map((thread) => [thread, []]));
  for (const e of events)
    if (e.ph === 'X' && e.name.endsWith('RunTask') && e.tdur !== undefined) byThread.get(`${e.pid}:${e.tid}`)?.push(e);
  const total = (list) => list.reduce((sum, e) => sum + e.tdur, 0);
  return [...byThread.values()].sort((a, b) => total(b) - total(a))[0] ?? [];
}
