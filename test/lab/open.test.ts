/** The views Open and Compare of the built page, in Chromium: runs that are served and dropped, recordings, wrong files, saving. */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readNpz, writeNpz } from '../../src/record/npz.js';
import { idOf } from '../../src/results/folder.js';
import { hasChromium, LabBrowser } from '../support/lab-browser.js';
import { recordedRows, writeRun } from '../support/lab-folders.js';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
/** What takes long runs in CI alone. */
const inCi = it.skipIf(!process.env.CI);

describe.skipIf(!hasChromium)('Open and Compare in Chromium (needs Chromium)', () => {
  let base: string;
  let lab: LabBrowser;
  const [a, b] = [idOf('runs/a'), idOf('runs/b')];

  beforeAll(async () => {
    base = realpathSync(mkdtempSync(join(tmpdir(), 'thermograd-open-')));
    writeRun(join(base, 'runs/a'), { psi: 4, error: 0.3, seed: 1 });
    writeRun(join(base, 'runs/b'), { psi: 2, error: 0.4, seed: 2 });
    writeRun(join(base, 'dropped'), { psi: 7, error: 0.1, seed: 3 });
    writeFileSync(join(base, 'weights.npy'), recordedRows());
    writeFileSync(join(base, 'photo.jpg'), 'no weights at all');
    writeFileSync(join(base, 'state.pt'), 'PK');
    writeFileSync(join(base, 'damaged.npy'), recordedRows().slice(0, 60));
    writeFileSync(join(base, 'wide.npz'), writeNpz(new Map([['w', { shape: [2, 3], data: new Float64Array(6) }]])));
    lab = await LabBrowser.start([join(base, 'runs')]);
  });
  afterAll(async () => {
    await lab?.stop();
    rmSync(base, { recursive: true, force: true });
  });

  const rows = (page: Page) => page.locator('[data-run]');
  const said = (page: Page, what: string) => page.locator(`[data-said="${what}"]`);
  const choose = (page: Page, files: string | string[], kind: 'files' | 'folder' = 'files') =>
    page.locator(`[data-choose="${kind}"]`).setInputFiles(files);
  const saved = async (page: Page, press: () => Promise<void>) => {
    const [download] = await Promise.all([page.waitForEvent('download'), press()]);
    return { name: download.suggestedFilename(), bytes: readFileSync((await download.path())!) };
  };

  it('lists the served runs, filters and sorts them', async () => {
    const { page, noise } = await lab.open({ view: 'open' });
    await rows(page).nth(1).waitFor();
    expect(await rows(page).count()).toBe(2);
    expect(await rows(page).first().textContent()).toMatch(/runs\/a.*ivf2021.*4\.00 ± 0\.30/);
    await page.locator('[data-sort="ivf.psi"]').click();
    expect(await rows(page).first().getAttribute('data-run')).toBe(b);
    await page.locator('[data-sort="ivf.psi"]').click();
    expect(await rows(page).first().getAttribute('data-run')).toBe(a);
    await page.locator('#runs-filter').fill('psi<3');
    await page.waitForFunction(() => document.querySelectorAll('[data-run]').length === 1);
    expect(await said(page, 'runs').textContent()).toBe('1 of 2 runs');
    expect(noise).toEqual([]);
    await page.close();
  });

  it('shows findings by verdict with their reasons, and figures that give the rows of their tables', async () => {
    const { page, noise } = await lab.open({ view: 'open', runs: { open: a } });
    const figure = page.locator('[data-figure="variance-flatness"]');
    await figure.waitFor();
    expect(await page.locator('.run-title').textContent()).toBe('A run with seed 1');
    const finding = await page.locator('[data-verdict="reproduced"]').textContent();
    expect(finding).toMatch(
      /The variance falls with the width.*ivf\.psi = 4\.00 ± 0\.30.*It is 4, as measured by hand/s,
    );
    expect(await page.locator('[data-verdict]').count()).toBe(2);

    await figure.locator('circle').nth(3).hover({ force: true });
    await page.waitForFunction(() =>
      document.querySelector('[data-said="figure"]')?.textContent?.startsWith('flatness.csv'),
    );
    const row = readFileSync(join(base, 'runs/a/tables/flatness.csv'), 'utf8').split('\n')[4].split(',');
    const words = (await said(page, 'figure').textContent())!;
    expect(row[0]).toBe('4');
    expect(words).toContain('index 4 ·');
    expect(words).toContain(`flatness ${Number(row[2]).toPrecision(6)}`);

    expect(await figure.locator('.switches label').allTextContents()).toEqual(['lines', 'points']);
    await figure.getByLabel('points').uncheck();
    await figure.locator('circle').first().waitFor({ state: 'hidden' });
    await figure.locator('.report-drawing').focus();
    await page.keyboard.press('ArrowRight');
    expect(await said(page, 'figure').textContent()).toMatch(/^lines: .*read from the axes/);
    const drawing = figure.locator('svg.tg-figure');
    const { x, y, width, height } = (await drawing.boundingBox())!;
    await page.mouse.move(x + width * 0.5, y + height * 0.4);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.75, y + height * 0.6);
    await page.mouse.up();
    const [left, , wide] = (await drawing.getAttribute('viewBox'))!.split(' ').map(Number);
    expect(left).toBeCloseTo(280, -1);
    expect(wide).toBeCloseTo(140, -1);
    await page.keyboard.press('0');
    expect(await drawing.getAttribute('viewBox')).toBe('0 0 560 380');
    expect(await page.evaluate('globalThis.hurt')).toBeUndefined();
    expect(await figure.locator('script, style').count()).toBe(0);
    expect(noise).toEqual([]);
    await page.close();
  });

  inCi('saves a figure as SVG, PNG and PDF, and a table as CSV', async () => {
    const { page } = await lab.open({ view: 'open', runs: { open: a } });
    const figure = page.locator('[data-figure="variance-flatness"]');
    await figure.waitFor();
    const save = (kind: string) => saved(page, () => figure.locator(`[data-save="${kind}"]`).click());
    const svg = await save('svg');
    expect(svg.bytes.equals(readFileSync(join(base, 'runs/a/figures/variance-flatness.svg')))).toBe(true);
    const png = await save('png');
    expect(png.bytes.subarray(1, 4).toString()).toBe('PNG');
    expect([png.bytes.readUInt32BE(16), png.bytes.readUInt32BE(20)]).toEqual([1680, 1140]);
    const pdf = (await save('pdf')).bytes.toString('latin1');
    expect(pdf).toMatch(/^%PDF-1\.4[\s\S]*\/Width 1680 \/Height 1140[\s\S]*%%EOF\n$/);
    const table = await saved(page, () => page.getByRole('button', { name: 'Save flatness.csv' }).click());
    expect([table.name, table.bytes.toString()]).toEqual([
      'flatness.csv',
      readFileSync(join(base, 'runs/a/tables/flatness.csv'), 'utf8'),
    ]);
    await page.close();
  });

  it('compares runs: differences, standard errors in quadrature, z and p, in the table and as CSV', async () => {
    const { page, noise } = await lab.open({ view: 'open' });
    await page.locator(`[data-run="${a}"] input`).check();
    await page.locator(`[data-run="${b}"] input`).check();
    await page.getByRole('button', { name: 'Compare 2 runs' }).click();
    const row = page.locator('[data-number="ivf.psi"]');
    await row.waitFor();
    expect(await row.textContent()).toMatch(/4\.00 ± 0\.30.*2\.0 ± 0\.4.*Δ −2\.0 ± 0\.5, z = −4(?:\.0)?, p < 0\.0001/);
    expect(await page.locator('[data-number="ivf.gamma"]').textContent()).toMatch(/z = 0(?:\.0)?, p = 1/);
    expect(await page.locator('tr.setting').allTextContents()).toEqual(['seed12']);
    const { bytes } = await saved(page, () => page.locator('.compare [data-save="csv"]').click());
    const [header, psi] = bytes
      .toString()
      .split('\r\n')
      .map((line) => line.split(','));
    expect(psi[header.indexOf('runs/b z')]).toMatch(/^-(?:4|3\.99999\d*|4\.00000\d*)$/);
    // the link holds what is compared
    const { page: again } = await lab.open({ view: 'compare', runs: { compare: [a, b] } });
    await again.locator('[data-number="ivf.psi"]').waitFor();
    expect(await page.evaluate(() => location.hash)).toContain('runs.compare=');
    expect(noise).toEqual([]);
    await page.close();
    await again.close();
  });

  inCi('opens a run folder that was chosen, and compares it with a served one', async () => {
    const { page, noise } = await lab.open({ view: 'open' });
    await choose(page, join(base, 'dropped'), 'folder');
    await page.locator(`[data-run="${idOf('dropped')}"] th button`).click();
    await page.locator('[data-figure="variance-flatness"] circle').first().waitFor();
    expect(await page.locator('[data-verdict="reproduced"]').textContent()).toContain('7.00 ± 0.10');
    expect(noise).toEqual([]);
    await page.close();
  });

  it('opens a recording with the readers of Node: its rows, the spectrum of its directions', async () => {
    const { page, noise } = await lab.open({ view: 'open' });
    await choose(page, join(base, 'weights.npy'));
    await page.locator(`[data-run="${idOf('weights.npy')}"] th button`).click();
    const table = page.locator('[data-numbers="recorded-spectrum"] tbody');
    await table.waitFor({ state: 'attached' });
    const cells = await table.locator('tr').first().locator('th,td').allTextContents();
    // 8 cos² and 2 sin² over whole turns: variances 4 and 1
    expect(cells[0]).toBe('1');
    expect(Number(cells[1])).toBeCloseTo(4, 2);
    expect(await page.locator('dl.key').textContent()).toMatch(/rows400.*weights in a row3/);
    await page.locator('[data-panel="recorded-displacement"]').waitFor();
    const save = (kind: string) =>
      saved(page, () => page.locator(`#panel-recorded-spectrum [data-save="${kind}"]`).click());
    const arrays = await readNpz((await save('npz')).bytes, 'saved');
    expect([...arrays.get('variances')!.data].slice(0, 2).map((v) => Math.round(Number(v) * 100))).toEqual([400, 100]);
    expect((await save('svg')).bytes.toString()).toMatch(/<svg[\s\S]*variance σᵢ² \(weight²\)/);
    expect((await save('pdf')).bytes.toString('latin1')).toMatch(/^%PDF/);
    expect((await save('png')).bytes.subarray(1, 4).toString()).toBe('PNG');
    expect(noise).toEqual([]);
    await page.close();
  });

  it.each([
    ['photo.jpg', /photo\.jpg is nothing that can be opened\. The page opens run folders/],
    ['state.pt', /state\.pt is a pickle of Python, which runs code when it is opened, and is not read/],
  ])('says what is wrong with %s', async (file, sentence) => {
    const { page, noise } = await lab.open({ view: 'open' });
    await choose(page, join(base, file));
    await page.waitForFunction(() => (document.querySelector('[data-said="drop"]')?.textContent ?? '').length > 20);
    expect(await said(page, 'drop').textContent()).toMatch(sentence);
    expect(noise).toEqual([]);
    await page.close();
  });

  it('says what is wrong with a recording that is damaged, or too short', async () => {
    const { page, noise } = await lab.open({ view: 'open' });
    await choose(page, [join(base, 'damaged.npy'), join(base, 'wide.npz')]);
    for (const [file, sentence] of [
      ['damaged.npy', /damaged\.npy/],
      ['wide.npz', /\S/],
    ] as const) {
      await page.locator(`[data-run="${idOf(file)}"] th button`).click();
      await said(page, 'recording').waitFor();
      expect(await said(page, 'recording').textContent()).toMatch(sentence);
      await page.getByRole('button', { name: 'All runs' }).click();
    }
    expect(noise).toEqual([]);
    await page.close();
  });

  it('takes what is dropped', async () => {
    const { page } = await lab.open({ view: 'open' });
    await page.locator('[data-drop="results"]').waitFor();
    await page.evaluate(
      (bytes) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([new Uint8Array(bytes)], 'dragged.npy'));
        document
          .querySelector('[data-drop="results"]')!
          .dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true }));
      },
      [...recordedRows(100)],
    );
    await page.locator(`[data-run="${idOf('dragged.npy')}"]`).waitFor();
    await page.close();
  });

  inCi('keeps a thousand runs in sight with few elements', async () => {
    const { page, noise } = await lab.open({ view: 'open' });
    await rows(page).first().waitFor();
    const folder = join(base, 'many');
    for (let k = 0; k < 1000; k++) {
      const text = JSON.stringify({ config: { seed: k }, stages: {} });
      writeRunRecord(join(folder, `r${k}`), text);
    }
    await choose(page, folder, 'folder');
    await page.waitForFunction(() => document.querySelector('[data-said="runs"]')?.textContent?.includes('002 runs'));
    expect(await rows(page).count()).toBeLessThan(80);
    const scroll = page.locator('.runs-scroll');
    await scroll.evaluate((e) => {
      e.scrollTop = e.scrollHeight;
    });
    await page.waitForFunction(() => document.querySelector('[data-run]:last-of-type') !== null);
    await page.locator('[aria-rowindex="1003"]').waitFor();
    expect(await rows(page).count()).toBeLessThan(80);
    expect(noise).toEqual([]);
    await page.close();
  });

  it('shares the state as a link and as a config', async () => {
    const { page, noise } = await lab.open({ view: 'train', seed: 5 });
    await page.getByRole('button', { name: 'Share', exact: true }).click();
    const link = await page.locator('#share-link').inputValue();
    expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#train\?v=1&.*seed=5/);
    const { name, bytes } = await saved(page, () => page.locator('[data-share="config"]').click());
    expect(name).toBe('thermograd-lab.yaml');
    expect(parse(bytes.toString())).toMatchObject({ seed: 5, data: { set: 'teacher' }, training: { batchSize: 50 } });
    await page.keyboard.press('Escape');
    expect(await page.locator('#share-box').count()).toBe(0);
    expect(noise).toEqual([]);
    await page.close();
  });

  inCi.each([1280, 360])(
    'at %s pixels: no wider than the screen, and nothing that axe calls serious',
    async (width) => {
      for (const state of [
        { view: 'open' as const },
        { view: 'open' as const, runs: { open: a } },
        { view: 'compare' as const, runs: { compare: [a, b] } },
      ]) {
        const { page } = await lab.open(state, { width, script: AXE, scheme: width === 360 ? 'dark' : 'light' });
        await page.locator('[data-run], [data-figure], [data-number]').first().waitFor();
        const violations = await page.evaluate(async () => {
          const { axe } = window as unknown as { axe: { run(): Promise<AxeResults> } };
          return (await axe.run()).violations.map(
            (v) => `${v.impact} ${v.id}: ${v.nodes.map((n) => n.target.join(' '))}`,
          );
        });
        expect(violations.filter((v) => /^(?:serious|critical)/.test(v))).toEqual([]);
        const [content, screen] = await page.evaluate(() => [
          document.documentElement.scrollWidth,
          document.documentElement.clientWidth,
        ]);
        expect(content).toBeLessThanOrEqual(screen);
        await page.close();
      }
    },
  );
});

function writeRunRecord(folder: string, text: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'run.json'), text);
}
