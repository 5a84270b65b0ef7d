/** Every figure of every report as a narrow screen shows it: letters as large, nothing on another, nothing outside. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { renderAdvice } from '../src/experiments/advise/page.js';
import { ao2022Findings } from '../src/experiments/ao2022/findings.js';
import { renderAo2022 } from '../src/experiments/ao2022/page.js';
import { renderCeilings } from '../src/experiments/ceilings/page.js';
import { renderControls } from '../src/experiments/controls/page.js';
import { renderForget } from '../src/experiments/forget/page.js';
import { renderGenerality } from '../src/experiments/generality/page.js';
import { renderReport } from '../src/experiments/ivf2021/page.js';
import { renderSeeds } from '../src/experiments/ivf2021/seeds/page.js';
import { renderSimulation } from '../src/experiments/simulate/page.js';
import { renderSweep } from '../src/experiments/sweep/page.js';
import { renderValley2023 } from '../src/experiments/valley2023/page.js';
import type { Drawings, FrameOptions } from '../src/report/figures/frame.js';
import { adviceStudy } from './support/advise-results.js';
import { syntheticAo2022 } from './support/ao2022-results.js';
import { ceilingsStudy } from './support/ceilings-results.js';
import { figureCollisions } from './support/collisions.js';
import { syntheticControls } from './support/controls-results.js';
import { madeComparison } from './support/forget-results.js';
import { generalityStudy } from './support/generality-results.js';
import { syntheticAnalysis, syntheticReport } from './support/ivf2021-results.js';
import { line, plane } from './support/simulate-results.js';
import { diagramCells } from './support/sweep-cells.js';
import { unlikeStudy } from './support/valley-network-results.js';
import { unlikeValley } from './support/valley-unlike.js';

const drawings = vi.hoisted(() => new Map<string, Drawings>());

vi.mock('../src/report/figures/frame.js', async (original) => {
  const frame = await original<typeof import('../src/report/figures/frame.js')>();
  const drawFigure = (o: FrameOptions): Drawings => {
    const drawn = frame.drawFigure(o);
    drawings.set(o.name, drawn);
    return drawn;
  };
  return { ...frame, drawFigure };
});

const run = syntheticReport().run;
const ao2022 = syntheticAo2022();
const REPORTS = {
  advise: () => renderAdvice(adviceStudy()),
  ao2022: () => renderAo2022({ title: 'a', results: ao2022, findings: ao2022Findings(ao2022), run }),
  ceilings: () => renderCeilings(ceilingsStudy()),
  controls: () => renderControls(syntheticControls()),
  forget: () => renderForget(madeComparison()),
  generality: () => renderGenerality(generalityStudy()),
  ivf2021: () => renderReport(syntheticReport()),
  seeds: () =>
    renderSeeds({ title: 's', runs: [1, 2].map((seed) => ({ seed, analysis: syntheticAnalysis({ seed, epochs: 40 }) })), run }), // biome-ignore format: one line
  simulate: () => [renderSimulation(plane(33, 20)), renderSimulation(line())],
  sweep: () =>
    renderSweep({
      title: 'a',
      cells: diagramCells(),
      run,
      config: {
        name: 'made-up',
        experiment: 'train',
        base: { data: { set: 'mnist', limit: 2000 } },
        axes: [
          { key: 'training.learningRate', form: { kind: 'log', from: 0.02, to: 2, count: 8 } },
          { key: 'training.batchSize', form: { kind: 'powers', base: 2, from: 2, to: 8 } },
        ],
        design: { kind: 'product', groups: [['training.learningRate'], ['training.batchSize']] },
        measure: ['loss', 'trace', 'ceiling', 'flatness', 'divergence'].map((name) => ({ name })),
        until: { loss: 0.05, within: 6000 },
        laws: [],
        figures: [],
      } as never,
    }),
  valley: () => renderValley2023({ title: 'v', model: unlikeValley(), network: unlikeStudy(), run }),
};

describe('figures for a screen of 420 pixels', () => {
  beforeAll(() => {
    for (const render of Object.values(REPORTS)) render();
  });

  test('are at most 380 wide, with the letters of the wide ones', () => {
    expect(drawings.size).toBeGreaterThan(90);
    for (const [name, { svg, narrow }] of drawings) {
      const of = (s: string, key: string) => new RegExp(`^<svg[^>]* ${key}="([^"]*)"`).exec(s)?.[1];
      expect(Number(of(narrow, 'width')), name).toBeLessThanOrEqual(380);
      expect(of(narrow, 'font-size'), name).toBe(of(svg, 'font-size'));
    }
  });

  describe.skipIf(!existsSync('/usr/bin/chromium'))('in Chromium (needs Chromium)', () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
    });
    afterAll(async () => {
      await browser?.close();
    });
    test.each(['svg', 'narrow'] as const)('no text of a figure touches another or leaves it: %s', async (layout) => {
      const page = await browser.newPage({ viewport: { width: layout === 'narrow' ? 420 : 1200, height: 900 } });
      const figures = [...drawings].map(([name, drawn]) => `<figure id="${name}" style="margin:0">${drawn[layout]}</figure>`); // biome-ignore format: one line
      await page.setContent(`<!doctype html><body style="margin:20px">${figures.join('')}`);
      const found = await figureCollisions(page);
      expect(found.figures).toBe(drawings.size);
      expect(found.collisions).toEqual([]);
      await page.close();
    });
  });
});
