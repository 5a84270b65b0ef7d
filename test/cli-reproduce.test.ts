/** The whole chain from the command line, on a set small enough for a test: reproduce, analyse, report. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { begin, filesOf, type Outcome, scratch, thermograd } from './support/cli.js';
import { thermogradHere } from './support/here.js';

const CONFIG = {
  seed: 2,
  data: { set: 'teacher', teacher: { network: { widths: [12, 10, 3] }, train: 600, test: 100, labelNoise: 0.05 } },
  network: { widths: [12, 10, 8, 3], activation: 'relu' },
  training: { batchSize: 15, stop: { rule: 'epochs', epochs: 12 }, maxEpochs: 30 },
  record: { layer: 'layer2', windowEpochs: 6 },
  analysis: { directions: 30, profiles: [1, 5, 20] },
};
const { folder, config } = scratch(CONFIG);
const out = join(folder, 'whole');
const STAGES = ['load', 'train', 'pca', 'dynamics', 'flatness', 'walk', 'fits', 'report'];
const RESULTS = ['pca.json', 'dynamics.json', 'flatness.json', 'walk.json', 'analysis.json', 'findings.json'];
let first: Outcome;
let duration: number;
beforeAll(() => {
  const start = performance.now();
  first = thermograd('reproduce', 'ivf2021', '--config', config, '--out', out, '--json');
  duration = performance.now() - start;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('reproduce', () => {
  it('goes through all stages and prints findings for machines', () => {
    expect(first.stderr).not.toContain('thermograd:');
    expect(first.code).toBe(0);
    const result = JSON.parse(first.stdout);
    expect(Object.keys(result.stages)).toEqual(STAGES);
    for (const stage of STAGES) expect(result.stages[stage].status, stage).toBe('done');
    const psi = result.findings.find((f: { id: string }) => f.id === 'ivf.psi');
    expect(psi.measured.n).toBeGreaterThan(5);
    expect(psi.verdict.length).toBeGreaterThan(5);
    expect(existsSync(result.report)).toBe(true);
  });

  it('leaves report, figures, tables and numbers; one page, no network', () => {
    const names = [...filesOf(out).keys()];
    for (const name of [
      ...RESULTS,
      'report.html',
      'report.json',
      'figures/variance-flatness.svg',
      'tables/flatness.csv',
    ])
      expect(names).toContain(name);
    expect(names.filter((n) => n.endsWith('.tmp') || n === 'lock')).toEqual([]);
    const html = readFileSync(join(out, 'report.html'), 'utf8');
    expect(html).toContain('12-10-8-3 on teacher');
    expect(html).not.toMatch(/(?:src|href)="https?:[^"]*\.(?:js|css|png|svg)/);
  });

  it('measured the directions asked for, around the window mean', () => {
    const flatness = JSON.parse(readFileSync(join(out, 'flatness.json'), 'utf8'));
    expect(flatness.centre).toBe('mean');
    expect(flatness.samples).toBe(600);
    const ranks = flatness.directions.map((d: { index: number }) => d.index);
    expect(ranks[0]).toBe(1);
    expect(ranks).toContain(20);
    expect(ranks).toEqual([...ranks].sort((a: number, b: number) => a - b));
    expect(flatness.profiles.map((p: { index: number }) => p.index)).toEqual([1, 5, 20]);
  });

  it('done is done: --resume computes nothing again', async () => {
    const before = filesOf(out);
    const { code, stderr } = await thermogradHere('reproduce', 'ivf2021', '--out', out, '--resume');
    expect(code).toBe(0);
    expect(stderr).not.toContain('flatness');
    expect([...filesOf(out)].filter(([name, bytes]) => !bytes.equals(before.get(name)!)).map(([name]) => name)).toEqual(
      [],
    );
  });

  it('after train it goes on with --resume, to the same numbers', async () => {
    const staged = join(folder, 'staged');
    expect((await thermogradHere('train', '--config', config, '--out', staged)).code).toBe(0);
    const rest = await thermogradHere('reproduce', 'ivf2021', '--out', staged, '--resume', '--workers', '1');
    expect(rest.code).toBe(0);
    for (const name of RESULTS)
      expect(readFileSync(join(staged, name), 'utf8'), name).toBe(readFileSync(join(out, name), 'utf8'));
  });

  // all shares, and many more with `npm run kill`, in CI
  const shares = process.env.CI === undefined ? [0.65] : [0.35, 0.5, 0.65, 0.8];
  it.each(shares)('killed after %d of its time and resumed: the same numbers', async (share) => {
    const killed = join(folder, `killed-${share}`);
    const args = ['reproduce', 'ivf2021', '--config', config, '--out', killed];
    const run = begin(...args);
    await Promise.race([setTimeout(share * duration), run.ended]);
    run.child.kill('SIGKILL');
    await run.ended;
    const resume = existsSync(join(killed, 'run.json')) ? ['--resume'] : [];
    const { code, stderr } = thermograd(...args, ...resume);
    expect(stderr).not.toContain('thermograd:');
    expect(code).toBe(0);
    for (const name of RESULTS)
      expect(readFileSync(join(killed, name), 'utf8'), name).toBe(readFileSync(join(out, name), 'utf8'));
    rmSync(killed, { recursive: true });
  });

  it('Ctrl-C while measuring is heard at once', async () => {
    const stopped = join(folder, 'stopped');
    const run = begin('reproduce', 'ivf2021', '--config', config, '--directions', 'all', '--out', stopped);
    await run.said('flatness');
    run.child.kill('SIGINT');
    const { code, stderr } = await run.ended;
    expect(code).toBe(130);
    expect(stderr).toContain(`continue with:  thermograd reproduce ivf2021 --out ${stopped} --resume`);
    const record = JSON.parse(readFileSync(join(stopped, 'run.json'), 'utf8'));
    expect(record.stages.flatness.status).toBe('interrupted');
    expect(thermograd('reproduce', 'ivf2021', '--out', stopped, '--resume').code).toBe(0);
  });
});

describe('analyse and report', () => {
  it('other settings go to a folder of their own; the run keeps its results', async () => {
    const before = filesOf(out);
    const { code, stdout } = await thermogradHere(
      'analyse',
      out,
      '--centre',
      'last',
      '--directions',
      '1-4,9',
      '--json',
    );
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result.out).toBe(join(out, 'analysis-2'));
    const flatness = JSON.parse(readFileSync(join(result.out, 'flatness.json'), 'utf8'));
    expect(flatness.centre).toBe('last');
    expect(flatness.directions.map((d: { index: number }) => d.index)).toEqual([1, 2, 3, 4, 9]);
    expect(existsSync(result.report)).toBe(true);
    for (const [name, bytes] of before) expect(bytes.equals(readFileSync(join(out, name))), name).toBe(true);
    const next = await thermogradHere('analyse', out, '--directions', '3,', '--json');
    expect(JSON.parse(next.stdout).out).toBe(join(out, 'analysis-3'));
  });

  it('a rank beyond the last is refused', async () => {
    const { code, stdout } = await thermogradHere('analyse', out, '--directions', '1,500', '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stdout).error.code).toBe('no-such-direction');
  });

  it('the report is drawn again from the numbers alone', async () => {
    const page = join(out, 'report.html');
    const html = readFileSync(page, 'utf8');
    rmSync(page);
    const { code, stdout } = await thermogradHere('report', out);
    expect(code).toBe(0);
    expect(stdout).toContain('ivf.psi');
    expect(readFileSync(page, 'utf8').length).toBeGreaterThan(0.9 * html.length);
    expect((await thermogradHere('report', join(out, 'analysis-2'))).code).toBe(0);
  });

  it('numbers that are damaged are named', async () => {
    const path = join(out, 'findings.json');
    const text = readFileSync(path);
    writeFileSync(path, text.subarray(0, 100));
    const { code, stderr } = await thermogradHere('report', out);
    writeFileSync(path, text);
    expect(code).toBe(2);
    expect(stderr).toMatch(/findings\.json is not as the run wrote it/);
  });
});
