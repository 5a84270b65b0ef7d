/** `reproduce ivf2021 --seeds N` on a tiny teacher: runs, findings over them, more seeds later, stopping, and bad input. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import type { DirectionDynamics, PcaSummary } from '../src/analyse/trajectory/results.js';
import { reproduceIvf2021Seeds, type SeedsRun } from '../src/experiments/ivf2021/seeds/experiment.js';
import { InterruptedError, type Progress } from '../src/jobs/context.js';
import { InputError } from '../src/numeric/errors.js';
import { readJson } from '../src/record/json.js';
import type { Finding } from '../src/report/finding.js';
import type { PartialConfig } from '../src/runs/schema.js';
import { begin, filesOf, scratch } from './support/cli.js';
import { thermogradHere } from './support/here.js';
import { meanAndError } from './support/naive-statistics.js';
import { pageTables, pageWords, prints, readCsv } from './support/reading.js';

const CONFIG: PartialConfig = {
  data: { set: 'teacher', teacher: { network: { widths: [8, 6, 3] }, train: 300, test: 50 } },
  network: { widths: [8, 6, 3] },
  training: { batchSize: 15, stop: { rule: 'epochs', epochs: 3 }, maxEpochs: 20 },
  record: { layer: 'layer1', windowEpochs: 6 },
  analysis: { directions: 12, profiles: [1] },
  seed: 4,
};
const home = mkdtempSync(join(tmpdir(), 'seeds-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const out = join(home, 'three');
const progress: Progress[] = [];
const said: string[] = [];
let two: SeedsRun;
beforeAll(async () => {
  two = await reproduceIvf2021Seeds(CONFIG, {
    seeds: 2,
    out,
    onProgress: (p) => progress.push(p),
    onStart: (text) => said.push(text),
  });
});

const of = (findings: readonly Finding[], id: string) => findings.find((f) => f.id === id)!;
/** Share of PC1 and |cos| of the run of a seed, from its own documents. */
const numbersOf = (seed: number) => {
  const folder = join(out, `seed${seed}`);
  const { variances, totalVariance } = readJson<PcaSummary>(join(folder, 'pca.json'))!;
  const { dynamics } = readJson<{ dynamics: DirectionDynamics[] }>(join(folder, 'dynamics.json'))!;
  return { share: variances[0] / totalVariance, cos: Math.abs(dynamics[0].cosWithWeights) };
};

describe('two seeds, then a third', () => {
  it('one run folder a seed from the seed of the config on, and the documents over all of them', () => {
    expect(said).toEqual([
      expect.stringMatching(
        /: 2 runs, seeds 4 to 5, one after another; needs about \d+ MB of memory and \d+ MB of disk$/,
      ),
    ]);
    const names = [...filesOf(out).keys()];
    for (const name of ['seeds.json', 'report.html', 'report.json', 'findings.json', 'tables/seeds.csv'])
      expect(names).toContain(name);
    for (const seed of [4, 5]) {
      const record = readJson<{ config: { seed: number }; stages: Record<string, { status: string }> }>(
        join(out, `seed${seed}`, 'run.json'),
      )!;
      expect(record.config.seed).toBe(seed);
      for (const [stage, { status }] of Object.entries(record.stages)) expect(status, stage).toBe('done');
    }
    expect(names.some((n) => n.startsWith('seed6/'))).toBe(false);
    expect(names).not.toContain('lock');
    expect(two.folder).toBe(out);
    expect(readJson(join(out, 'findings.json'))).toEqual(JSON.parse(JSON.stringify(two.findings)));
  });

  it('tells which seed it is at', () => {
    const stages = new Set(progress.map((p) => p.stage));
    for (const s of ['seed 4 (1 of 2) train', 'seed 5 (2 of 2) train']) expect(stages).toContain(s);
    // the stages around the runs have no seed
    for (const s of stages) if (s !== 'runs' && s !== 'report') expect(s).toMatch(/^seed [45] \([12] of 2\) /);
  });

  it('findings are means over the seeds, with the scatter over them', () => {
    const runs = [4, 5].map(numbersOf);
    for (const [id, values] of [
      ['ivf.drift-share', runs.map((r) => r.share)],
      ['ivf.drift-aligned', runs.map((r) => r.cos)],
    ] as const) {
      const { measured } = of(two.findings, id);
      const { mean, error } = meanAndError(values);
      expect(measured.value).toBeCloseTo(mean, 12);
      expect(measured.standardError).toBeCloseTo(error, 12);
      expect(measured.n).toBe(2);
    }
    expect(of(two.findings, 'ivf.drift-share').reason).toContain('(mean over 2 seeds)');
  });

  it('more seeds later: the runs that are there stay as they are, byte by byte', async () => {
    const before = filesOf(out);
    const three = await reproduceIvf2021Seeds(CONFIG, { seeds: 3, out, resume: true });
    const after = filesOf(out);
    const runs = [...before.keys()].filter((n) => /^seed[45]\//.test(n));
    expect(runs.length).toBeGreaterThan(20);
    for (const name of runs) expect(after.get(name)!.equals(before.get(name)!), name).toBe(true);
    const values = [4, 5, 6].map((seed) => numbersOf(seed).share);
    const { measured } = of(three.findings, 'ivf.drift-share');
    expect(measured.value).toBeCloseTo(meanAndError(values).mean, 12);
    expect(measured.standardError).toBeCloseTo(meanAndError(values).error, 12);
    expect(measured.n).toBe(3);
    expect(readJson(join(out, 'seeds.json'))).toMatchObject({ seeds: 3 });

    // fewer than before, or none named: all that there are
    for (const seeds of [{ seeds: 2 }, {}]) {
      const again = await reproduceIvf2021Seeds(CONFIG, { ...seeds, out, resume: true });
      expect(again.findings).toEqual(three.findings);
    }
  });

  it('page and seeds.csv show each seed', () => {
    const html = readFileSync(join(out, 'report.html'), 'utf8');
    expect(html).toContain('8-6-3 on teacher, layer1, 3 seeds');
    expect(pageWords(html, '.summary')[0]).toContain('3 networks were trained, recorded and measured alike');
    const csv = readCsv(readFileSync(join(out, 'tables/seeds.csv'), 'utf8'));
    expect(csv.numbers('seed')).toEqual([4, 5, 6]);
    const table = pageTables(html, '#seeds')[1];
    [4, 5, 6].forEach((seed, k) => {
      const { share, cos } = numbersOf(seed);
      expect(csv.numbers('share')[k]).toBeCloseTo(share, 8);
      expect(csv.numbers('cos')[k]).toBeCloseTo(cos, 8);
      expect(prints(table.rows[k][table.heads.indexOf('share of PC1')], share, 3)).toBe(true);
      expect(prints(table.rows[k][table.heads.indexOf('cos of PC1')], cos, 3)).toBe(true);
    });
  });
});

describe('stopping', () => {
  it('names the folder of all seeds, keeps all work, and ends in the same numbers', async () => {
    const folder = join(home, 'stopped');
    const stop = new AbortController();
    const run = reproduceIvf2021Seeds(CONFIG, {
      seeds: 3,
      out: folder,
      signal: stop.signal,
      onProgress: ({ stage }) => {
        if (stage.startsWith('seed 5') && stage.endsWith('train')) stop.abort();
      },
    });
    await expect(run).rejects.toBeInstanceOf(InterruptedError);
    await expect(run).rejects.toMatchObject({ folder });
    expect(existsSync(join(folder, 'lock'))).toBe(false);
    expect(existsSync(join(folder, 'report.html'))).toBe(false);
    expect(readJson(join(folder, 'seeds.json'))).toMatchObject({
      stages: { runs: { status: 'interrupted' }, report: { status: 'waiting' } },
    });
    // a folder that was made and holds no record yet is begun
    mkdirSync(join(folder, 'seed6'));
    await reproduceIvf2021Seeds({}, { out: folder, resume: true });
    const csv = (f: string) => readFileSync(join(f, 'tables/seeds.csv'), 'utf8');
    expect(csv(folder).trim().split('\n').length).toBe(4);
    // the study above has two or three of these seeds by now
    expect(csv(folder).startsWith(csv(out))).toBe(true);
  });
});

describe('bad input', () => {
  const refused = async (request: Parameters<typeof reproduceIvf2021Seeds>[1], change: PartialConfig = {}) => {
    const error = await reproduceIvf2021Seeds([CONFIG, change], request).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    return (error as InputError).message;
  };

  test.each([1, 0, 2.5])('%f seeds: a sentence, and no folder', async (seeds) => {
    const folder = join(home, 'none');
    expect(await refused({ seeds, out: folder })).toBe(
      `findings over seeds need at least 2 of them; got ${seeds}. One run is made with --seed.`,
    );
    expect(existsSync(folder)).toBe(false);
  });

  it('a folder that is there, another config, another first seed', async () => {
    const before = filesOf(out);
    expect(await refused({ seeds: 2, out })).toMatch(/--resume/);
    expect(await refused({ seeds: 3, out, resume: true }, { training: { learningRate: 0.07 } })).toMatch(
      /config key 'training\.learningRate' was 0\.1 and is now 0\.07/,
    );
    expect(await refused({ seeds: 3, out, resume: true }, { seed: 5 })).toMatch(/config key 'seed' was 4 and is now 5/);
    expect([...filesOf(out)].filter(([name, bytes]) => !bytes.equals(before.get(name)!))).toEqual([]);
  });
});

describe('the command', () => {
  const { folder, config } = scratch(CONFIG);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('says what is wrong with --seeds, exit 2', async () => {
    const one = await thermogradHere(
      'reproduce',
      'ivf2021',
      '--seeds',
      '1',
      '--config',
      config,
      '--out',
      join(folder, 'x'),
    );
    expect(one.code).toBe(2);
    expect(one.stderr).toContain('findings over seeds need at least 2 of them; got 1. One run is made with --seed.');
    expect(existsSync(join(folder, 'x'))).toBe(false);
    const other = await thermogradHere('reproduce', 'ao2022', '--seeds', '2');
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('--seeds belongs to ivf2021, controls, generality and valley2023');
  });

  it('is stopped with the line that continues it, which ends in one JSON document', async () => {
    const where = join(folder, 'both');
    const args = ['reproduce', 'ivf2021', '--seeds', '2', '--config', config, '--out', where];
    const running = begin(...args);
    await running.said('seed 5');
    running.child.kill('SIGINT');
    const { code, stderr } = await running.ended;
    expect(code).toBe(130);
    expect(stderr).toContain(`continue with:  thermograd reproduce ivf2021 --seeds 2 --out ${where} --resume`);
    // the line as it stands, without the config
    const done = await thermogradHere('reproduce', 'ivf2021', '--seeds', '2', '--out', where, '--resume', '--json');
    expect(done.code).toBe(0);
    const result = JSON.parse(done.stdout);
    expect(result).toMatchObject({ folder: where, report: join(where, 'report.html') });
    expect(result.findings.map((f: Finding) => f.id)).toEqual(two.findings.map((f) => f.id));
    // the first two seeds of the study above
    expect(result.findings.find((f: Finding) => f.id === 'ivf.drift-share').measured.value).toBeCloseTo(
      of(two.findings, 'ivf.drift-share').measured.value,
      12,
    );
    const text = await thermogradHere(
      'reproduce',
      'ivf2021',
      '--seeds',
      '2',
      '--config',
      config,
      '--out',
      where,
      '--resume',
    );
    expect(text.stdout).toContain('ivf.drift-share');
    expect(text.stdout).toContain(`report: ${join(where, 'report.html')}`);
  });
});
