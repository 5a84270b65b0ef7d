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
const MOST = 200_000;
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

/** A network that is trained in seconds. */
const TEACHER = 'data=teacher:2000&net=20-20-20-4&lr=0.2&B=50&layer=layer2&window=50';

/** For each view: what follows the view in the link, and what must be there before the picture is taken. */
const views = {
  train: { link: 'at=3000&moves=1600:lr:0.2', ready: (page) => paused(page, 3000), height: 700 },
  fluctuate: {
    link: 'data=mnist:5000&at=2400',
    ready: async (page) => {
      await paused(page, 2400);
      for (const kind of ['spectrum', 'displacement', 'temperature'])
        await page.waitForFunction((k) => k in window.thermogradLab.snapshot().results, kind, PATIENCE);
    },
  },
  landscape: {
    link: `${TEACHER.replace('window=50', 'window=10')}&at=12000&landscape.a=2&landscape.b=3`,
    ready: async (page) => {
      await paused(page, 12000);
      await page.click('#measure-landscape');
      for (const kind of ['flatness', 'slice', 'potential'])
        await page.waitForFunction((k) => k in window.thermogradLab.snapshot().results, kind, PATIENCE);
    },
    width: 1240,
    height: 900,
    area: ['#panel-profiles', '#panel-slice'],
  },
  valley: {
    link: `${TEACHER}&valley.particles=800&valley.at=1500`,
    ready: async (page) => {
      await page.waitForFunction(
        () => Number(document.querySelector('#valley-step')?.textContent.replace(/\D/g, '')) >= 1500,
        undefined,
        PATIENCE,
      );
      await page.waitForSelector('.counts[data-phase="paused"]', { state: 'attached', ...PATIENCE });
    },
    width: 1240,
    height: 1000,
    area: ['#panel-particles', '#panel-histogram'],
  },
  lessons: {
    link: TEACHER,
    ready: async (page) => {
      await page.click('[data-lesson="hot"]');
      await page.waitForSelector('#lesson[data-seen="true"]', PATIENCE);
    },
    width: 1000,
    height: 680,
  },
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

/** The rectangle that holds some elements. */
async function around(page, selectors) {
  const boxes = await Promise.all(selectors.map((selector) => page.locator(selector).boundingBox()));
  const [x, y] = ['x', 'y'].map((k) => Math.min(...boxes.map((b) => b[k])));
  const right = Math.max(...boxes.map((b) => b.x + b.width));
  const bottom = Math.max(...boxes.map((b) => b.y + b.height));
  return { x, y, width: right - x, height: bottom - y };
}

for (const [name, { view = name, link, ready, width = 1200, height = 820, area }] of Object.entries(views)) {
  if (only.length > 0 && !only.includes(name)) continue;
  const page = await browser.newPage({ viewport: { width, height }, reducedMotion: 'reduce' });
  page.on('pageerror', (error) => console.error(`${name}: ${error.message}`));
  await page.goto(`${lab.url}#${view}?v=1${link && `&${link}`}`);
  await page.waitForFunction(() => 'thermogradLab' in window);
  await ready(page);
  await page.waitForTimeout(1000); // drawing ends
  const path = join(out, `${name}.png`);
  await page.screenshot({ path, ...(area && { clip: await around(page, area) }) });
  const { size } = statSync(path);
  console.log(`${name}: ${Math.round(size / 1000)} kB at step ${(await snapshot(page)).step}`);
  if (size > MOST) console.error(`${name}: more than ${MOST / 1000} kB`);
  await page.close();
}
await browser.close();
await lab.close();
