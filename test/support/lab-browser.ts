/** The built page in Chromium: a server for it, a browser, pages that fail a test when the console says anything. */
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { LabState } from '../../src/lab/protocol.js';
import { type Lab, serveLab } from '../../src/lab/server/serve.js';
import { hashOf } from '../../src/lab/state-hash.js';
import { PAGE } from './lab-page.js';

const CHROMIUM = '/usr/bin/chromium';
const FLAGS = ['--no-sandbox', '--headless', '--disable-gpu', '--disable-background-networking', '--no-first-run'];

/** Whether this machine can open the page. */
export const hasChromium = existsSync(CHROMIUM);

/** What `window.thermogradLab.snapshot()` returns, as far as tests read it. */
export interface PageSnapshot {
  readonly state: LabState;
  readonly phase: string;
  readonly step: number;
  readonly highlight?: number;
  readonly progress: { readonly lastLoss?: number; readonly window?: { readonly rows: number } };
  readonly epoch?: { readonly trainLoss: number };
  readonly diverged?: { readonly at: number };
  readonly told: readonly { readonly sentence: string }[];
  readonly results: Readonly<Record<string, unknown>>;
}

/** A small network on the teacher set: an epoch has 8 steps. */
export const SMALL: LabState = {
  v: 1,
  view: 'train',
  data: { kind: 'teacher', limit: 400 },
  network: '20-12-12-4',
  optimiser: { type: 'sgd', learningRate: 0.1 },
  batchSize: 50,
  sampling: 'shuffled',
  seed: 1,
  layer: 'layer2',
  window: 30,
  changes: [],
  at: 0,
};

export interface OpenOptions {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: 'light' | 'dark';
  readonly still?: boolean;
  readonly script?: string;
}

/** One server and one browser for a test file. */
export class LabBrowser {
  private constructor(
    readonly lab: Lab,
    readonly browser: Browser,
  ) {}

  static async start(folders: readonly string[] = []): Promise<LabBrowser> {
    const lab = await serveLab({ folders, page: PAGE });
    return new LabBrowser(lab, await chromium.launch({ executablePath: CHROMIUM, args: FLAGS }));
  }

  /** Opens the page at a state; `noise` collects what the console says and every request to another host. */
  async open(state: Partial<LabState> = {}, o: OpenOptions = {}): Promise<{ page: Page; noise: string[] }> {
    const { width = 1280, height = 900, scheme = 'light', still = true, script } = o;
    const page = await this.browser.newPage({
      viewport: { width, height },
      colorScheme: scheme,
      reducedMotion: still ? 'reduce' : 'no-preference',
    });
    const noise: string[] = [];
    page.on('console', (m) => noise.push(m.text()));
    page.on('pageerror', (e) => noise.push(e.message));
    page.on('request', (r) => {
      const { protocol, origin } = new URL(r.url());
      if (protocol.startsWith('http') && origin !== new URL(this.lab.url).origin) noise.push(`asked ${r.url()}`);
    });
    if (script) await page.addInitScript({ path: script });
    await page.goto(`${this.lab.url}${hashOf({ ...SMALL, ...state })}`);
    await page.waitForFunction(() => 'thermogradLab' in window && document.querySelector('main h2') !== null);
    return { page, noise };
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.lab.close();
  }
}

/** What `window.thermogradLab` answers. */
interface Answers {
  readonly step: number;
  readonly phase: string;
  readonly measured: Readonly<Record<string, number>>;
  snapshot(): PageSnapshot;
}
type LabWindow = { readonly thermogradLab: Answers };

/** Reads the state and the last results of a page. */
export const snapshotOf = (page: Page): Promise<PageSnapshot> =>
  page.evaluate(() => (window as unknown as LabWindow).thermogradLab.snapshot());

/** How long something may take on a machine with much else to do, and how often it is asked for, in ms. */
const PATIENCE = { timeout: 120_000, polling: 50 };

/** Waits until the page has taken at least `steps` steps. */
export const waitForStep = (page: Page, steps: number) =>
  page.waitForFunction((n) => (window as unknown as LabWindow).thermogradLab.step >= n, steps, PATIENCE);

/** Waits until training stands still. */
export const waitForPause = (page: Page) =>
  page.waitForFunction(() => (window as unknown as LabWindow).thermogradLab.phase === 'paused', undefined, PATIENCE);

/** Waits until a measurement of this kind, asked for after `steps` steps or later, has a result. */
export const waitForResult = (page: Page, kind: string, steps = 0) =>
  page.waitForFunction(
    ([k, n]) => ((window as unknown as LabWindow).thermogradLab.measured[k] ?? -1) >= n,
    [kind, steps] as const,
    PATIENCE,
  );

/** Reads the numbers of a panel: a row for each row of its table, the first cell as its name. */
export const numbersOf = (page: Page, panel: string): Promise<Record<string, string[]>> =>
  page.evaluate(
    (id) =>
      Object.fromEntries(
        [...document.querySelectorAll(`[data-numbers="${id}"] tbody tr`)].map((row) => {
          const [name, ...rest] = [...row.children].map((cell) => cell.textContent ?? '');
          return [name, rest];
        }),
      ),
    panel,
  );
