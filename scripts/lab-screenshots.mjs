// Takes the pictures of the live page in docs/images/lab from the built page, in the Chromium that is installed.
//
//   npm run build && node scripts/lab-screenshots.mjs RUNS [VIEW …]
//
// RUNS is a folder with runs, two of which have findings; views are named to take some of the pictures only.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { serveLab } from '../dist/lab/server/serve.js';

const [runs, ...only] = process.argv.slice(2);
if (!runs) throw new Error('give a folder with runs.');
const out = fileURLToPath(new URL('../docs/images/lab', import.meta.url));
mkdirSync(out, { recursive: true });
/** Most bytes of a picture. */
const MOST = 250_000;
const PATIENCE = { timeout: 600_000 };

const lab = await serveLab({ folders: [runs] });
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--headless', '--disable-gpu'],
});

const snapshot = (page) => page.evaluate(() => window.thermogradLab.snapshot());
const paused = (page, step) =>
  page.waitForFunction(
    (n) => {
      const { step, phase } = window.thermogradLab.snapshot();
      return step >= n && phase === 'paused';
    },
    step,
    PATIENCE,
  );

/** Waits for results of measurements. */
const measured = async (page, ...kinds) => {
  for (const kind of kinds)
    await page.waitForFunction((k) => k in window.thermogradLab.snapshot().results, kind, PATIENCE);
};

/** For each view: what follows the view in the link, and what must be there before the picture is taken. */
const views = {
  train: { link: 'at=3000&moves=1600:lr:0.2', ready: (page) => paused(page, 3000), height: 700 },
  fluctuate: {
    link: 'at=6400',
    ready: async (page) => {
      await paused(page, 6400);
      await measured(page, 'spectrum', 'displacement', 'temperature');
      await page.getByRole('button', { name: 'Measure controls' }).click();
      await measured(page, 'flatness', 'controls');
      await page.getByText('Nothing is being measured.').waitFor(PATIENCE);
    },
    height: 1640,
  },
  landscape: {
    link: 'data=mnist:2000&at=1200',
    ready: async (page) => {
      await paused(page, 1200);
      await page.getByRole('button', { name: 'Measure all' }).click();
      await measured(page, 'flatness', 'slice', 'potential');
    },
    width: 960,
    height: 640,
  },
  valley: {
    link: '',
    ready: async (page) => {
      await page.getByRole('button', { name: 'Start', exact: true }).click();
      const step = () => Number(document.querySelector('main .counts dd')?.textContent?.replace(/\D/g, '')) > 1500;
      await page.waitForFunction(step, undefined, PATIENCE);
      await page.getByRole('button', { name: 'Pause' }).click();
    },
    width: 960,
    height: 600,
  },
  lessons: { link: '', ready: (page) => page.waitForSelector('main h3, main li') },
  open: { link: '', ready: (page) => page.waitForSelector('[data-run]') },
  run: { view: 'open', link: '', ready: openFirst, width: 900, height: 560 },
  compare: { link: '', ready: compareFirst, width: 1100, height: 640 },
};

/** Runs with findings, the first of them first. */
async function withFindings() {
  const text = await (await fetch(`${lab.url}api/runs`)).text();
  const all = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return all.filter((run) => run.numbers.length > 0 && run.experiment === 'ivf2021').map((run) => run.id);
}

async function openFirst(page) {
  const [id] = await withFindings();
  await page.goto(`${lab.url}#open?v=1&runs.open=${id}`);
  const figure = page.locator('[data-figure="variance-flatness"]');
  await figure.locator('circle').nth(8).hover({ force: true });
  await figure.scrollIntoViewIfNeeded();
}

async function compareFirst(page) {
  const ids = (await withFindings()).slice(0, 3);
  await page.goto(`${lab.url}#compare?v=1&runs.compare=${encodeURIComponent(JSON.stringify(ids))}`);
  await page.waitForSelector('[data-table="compare"]');
}

for (const [name, { view = name, link, ready, width = 1200, height = 820 }] of Object.entries(views)) {
  if (only.length > 0 && !only.includes(name)) continue;
  const page = await browser.newPage({ viewport: { width, height }, reducedMotion: 'reduce' });
  page.on('pageerror', (error) => console.error(`${name}: ${error.message}`));
  await page.goto(`${lab.url}#${view}?v=1${link && `&${link}`}`);
  await page.waitForFunction(() => 'thermogradLab' in window);
  await ready(page);
  await page.waitForTimeout(1000); // drawing ends
  const path = join(out, `${name}.png`);
  await page.screenshot({ path });
  const { size } = statSync(path);
  console.log(`${name}: ${Math.round(size / 1000)} kB at step ${(await snapshot(page)).step}`);
  if (size > MOST) console.error(`${name}: more than ${MOST / 1000} kB`);
  await page.close();
}
await browser.close();
await lab.close();
