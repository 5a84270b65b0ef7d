/** The page as static files, behind a server that knows nothing: it trains, shares no memory, and works without a network once loaded. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashOf } from '../../src/lab/state-hash.js';
import { hasChromium, SMALL, snapshotOf, waitForPause, waitForStep } from '../support/lab-browser.js';
import { PAGE, pageFiles } from '../support/lab-page.js';

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html',
  js: 'text/javascript',
  css: 'text/css',
  svg: 'image/svg+xml',
};

describe.skipIf(!hasChromium)('static files in Chromium (needs Chromium)', () => {
  let server: Server;
  let url: string;
  let asked: string[] = [];
  beforeAll(async () => {
    const files = new Set(pageFiles());
    server = createServer((request, response) => {
      const name = request.url!.replace(/^\/lab\/|[?#].*$/g, '') || 'index.html';
      asked.push(name);
      if (!files.has(name)) return void response.writeHead(404).end();
      response.writeHead(200, { 'Content-Type': TYPES[name.split('.').pop()!] ?? 'application/octet-stream' });
      response.end(readFileSync(join(PAGE, name)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/lab/`;
  });
  afterAll(() => {
    server?.closeAllConnections();
    server?.close();
  });

  it('loads little at first, trains, and opens again without the server', async () => {
    const browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox', '--headless', '--disable-gpu'],
    });
    try {
      const context = await browser.newContext();
      const page = await context.newPage();
      const noise: string[] = [];
      page.on('console', (m) => noise.push(m.text()));
      page.on('pageerror', (e) => noise.push(e.message));
      asked = [];
      await page.goto(`${url}${hashOf({ ...SMALL, at: 16 })}`);
      await waitForStep(page, 16);
      await waitForPause(page);
      const loss = (await snapshotOf(page)).progress.lastLoss;
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
      // everything that was asked for before the service worker keeps the rest
      const first = asked.slice(0, asked.indexOf('service-worker.js'));
      const bytes = [...new Set(first)].reduce(
        (sum, name) => sum + gzipSync(readFileSync(join(PAGE, name)), { level: 6 }).length,
        0,
      );
      expect(first).toContain('index.html');
      expect(bytes).toBeLessThanOrEqual(300_000);
      await page.evaluate(async () => (await navigator.serviceWorker.ready).active?.state);
      await page.waitForFunction(() => navigator.serviceWorker.controller !== null);

      server.closeAllConnections();
      await context.setOffline(true);
      await page.reload();
      await waitForStep(page, 16);
      await waitForPause(page);
      expect((await snapshotOf(page)).progress.lastLoss).toBe(loss);
      await page.getByRole('link', { name: 'Open' }).click();
      await page.locator('[data-drop="results"]').waitFor();
      await page.getByRole('link', { name: 'Valley' }).click();
      await page.waitForFunction(() => !document.querySelector('main')?.textContent?.includes('could not be loaded'));
      expect(noise).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
