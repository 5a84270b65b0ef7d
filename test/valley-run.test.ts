/** `reproduce valley2023` on a model small enough for a test: folder, resume, workers; and what the command refuses. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reproduceValley2023, type ValleyRun } from '../src/experiments/valley2023/experiment.js';
import type { CirculationResult, PotentialResult } from '../src/experiments/valley2023/measured.js';
import { InterruptedError } from '../src/jobs/context.js';
import { readNpz } from '../src/record/npz.js';
import { thermogradHere } from './support/here.js';
import { smallNetworks, smallValley } from './support/small-studies.js';

const CONFIG = smallValley([64, 16, 32]);
const STAGES = ['potential', 'densities', 'convergence', 'phase', 'freezing', 'circulation'];
const home = mkdtempSync(join(tmpdir(), 'valley-'));
const out = join(home, 'run');
const read = (folder: string, file: string) => readFileSync(join(folder, file), 'utf8');
let run: ValleyRun;
beforeAll(async () => {
  run = await reproduceValley2023({ out, part: 'model', config: CONFIG });
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('the run', () => {
  it('leaves a document and arrays for each stage, and a report; nothing half-done', async () => {
    for (const stage of STAGES) {
      expect(existsSync(join(out, `${stage}.json`)), stage).toBe(true);
      const arrays = await readNpz(readFileSync(join(out, `${stage}.npz`)), stage);
      expect(arrays.size, stage).toBeGreaterThan(2);
    }
    expect(readdirSync(out).filter((f) => /tmp|lock/.test(f))).toEqual([]);
    expect(readdirSync(join(out, 'parts'))).toEqual([]);
    expect(readdirSync(join(out, 'figures')).length).toBeGreaterThan(8);
    expect(JSON.parse(read(out, 'findings.json')).length).toBe(run.findings.length);
    expect(read(out, 'report.html')).not.toMatch(/undefined|NaN/);
  });

  it('finds what detailed balance makes exact, whatever the grid', () => {
    const { cases } = JSON.parse(read(out, 'potential.json')) as PotentialResult;
    const level = cases.find((c) => c.anisotropy === 1)!.slopes[0];
    // the grid is exact at the centres of cells, the cubic through the middle of four to 1e-6
    expect(Math.abs(level.floor.value)).toBeLessThan(1e-5);
    expect(Math.abs(level.marginal.value + 1)).toBeLessThan(1e-5);
    const { rows } = JSON.parse(read(out, 'circulation.json')) as CirculationResult;
    expect(rows[0].strength).toBe(0);
    expect(rows[0].fokkerPlanck.value).toBeLessThan(1e-12);
    // the phase diagram has all four phases at its corners
    const phase = JSON.parse(read(out, 'phase.json'));
    expect(phase.diverged[0]).toBe(0);
    expect(phase.diverged.at(-1)).toBe(1);
    expect(phase.flatness[0]).toBeLessThan(phase.flatness[3]);
  });

  it('goes on where it was stopped, to the same bits', async () => {
    const folder = join(home, 'stopped');
    const stop = new AbortController();
    let seen = 0;
    const attempt = reproduceValley2023({
      out: folder,
      part: 'model',
      config: CONFIG,
      signal: stop.signal,
      onProgress({ stage, note }) {
        if (stage === 'phase' && note?.startsWith('eta') && ++seen === 3) stop.abort();
      },
    });
    await expect(attempt).rejects.toThrow(InterruptedError);
    expect(existsSync(join(folder, 'convergence.json'))).toBe(true);
    expect(existsSync(join(folder, 'phase.json'))).toBe(false);
    expect(readdirSync(join(folder, 'parts', 'phase')).length).toBeGreaterThan(0);
    await reproduceValley2023({ out: folder, part: 'model', config: CONFIG, resume: true });
    for (const stage of STAGES) expect(read(folder, `${stage}.json`), stage).toBe(read(out, `${stage}.json`));
    expect(read(folder, 'findings.json')).toBe(read(out, 'findings.json'));
  });

  // as test/workers.test.ts for all of it
  it.skipIf(process.env.CI === undefined)('gives the same numbers on two worker threads as in this one', async () => {
    // worker threads start from the compiled program
    const built = (await import(new URL('../dist/experiments/valley2023/experiment.js', import.meta.url).href)) as {
      reproduceValley2023: typeof reproduceValley2023;
    };
    const folder = join(home, 'threads');
    await built.reproduceValley2023({ out: folder, part: 'model', config: CONFIG, workers: 2 });
    for (const stage of STAGES) expect(read(folder, `${stage}.json`), stage).toBe(read(out, `${stage}.json`));
  });

  it('refuses a folder that holds something else, other settings, and no seeds', async () => {
    await expect(reproduceValley2023({ out, part: 'model', config: CONFIG })).rejects.toThrow(
      /continue it with --resume/,
    );
    await expect(reproduceValley2023({ out, part: 'model', config: CONFIG, seeds: 7, resume: true })).rejects.toThrow(
      /begun with other settings/,
    );
    await expect(reproduceValley2023({ out: join(home, 'none'), preset: 'quick', seeds: 0 })).rejects.toThrow(
      /at least one seed/,
    );
  });
});

describe('real networks', () => {
  it('join the folder and the report; the numbers of the model stay', async () => {
    const network = smallNetworks();
    const before = read(out, 'findings.json');
    const whole = await reproduceValley2023({ out, part: 'network', network, seeds: 1, resume: true });
    const own = whole.findings.filter((f) => f.id.startsWith('valley.'));
    expect(own).toEqual(run.findings);
    expect(whole.findings.length).toBeGreaterThan(own.length + 5);
    const page = read(out, 'report.html');
    expect(page).toContain('id="findings"');
    expect(page).toContain('id="potential"');
    expect(Object.keys(whole.seconds)).toContain('network');
    expect(existsSync(join(out, 'tables', 'network-solutions.csv'))).toBe(true);
    expect(before).not.toBe(read(out, 'findings.json'));
    // another look at the model alone leaves the networks in the report
    const again = await reproduceValley2023({ out, part: 'model', config: CONFIG, resume: true });
    expect(again.findings).toEqual(whole.findings);
  });
});

describe('the command', () => {
  it('refuses what it does not know', async () => {
    const place = ['--out', join(home, 'cli')];
    expect((await thermogradHere('reproduce', 'valley2023', '--layer', 'layer1', ...place)).stderr).toMatch(
      /--layer is fixed/,
    );
    const paper = await thermogradHere('reproduce', 'valley2023', '--preset', 'paper', ...place);
    expect(paper.code).toBe(2);
    expect(paper.stderr).toMatch(/quick and standard/);
    expect((await thermogradHere('reproduce', 'valley2023', '--out', out)).code).toBe(2);
    expect((await thermogradHere('reproduce', 'ivf2021', '--part', 'model')).code).toBe(2);
    expect(existsSync(join(home, 'cli'))).toBe(false);
  });
});
