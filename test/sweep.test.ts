/** `thermograd sweep` on a synthetic set, small enough for a test: its documents on any number of workers, stopped, continued and done one by one, and what is refused. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pid } from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { program } from '../src/cli/commands.js';
import { studyAt } from '../src/experiments/studies.js';
import { completeSweep, readSweepFile } from '../src/experiments/sweep/config.js';
import { planSweep, runSweep, type SweepRequest } from '../src/experiments/sweep/experiment.js';
import type { SweepCell } from '../src/experiments/sweep/measured.js';
import { MEASURES } from '../src/experiments/sweep/measures/registry.js';
import { rulesOf } from '../src/experiments/sweep/rules.js';
import type { PartialSweep } from '../src/experiments/sweep/schema.js';
import { InterruptedError } from '../src/jobs/context.js';
import { thermogradHere } from './support/here.js';

const BASE = {
  data: { set: 'teacher', teacher: { network: { widths: [6, 5, 3] }, train: 60, test: 30 } },
  network: { widths: [6, 5, 3] },
  training: { batchSize: 20 },
  record: { layer: 'layer1' },
};
const SWEEP: PartialSweep = {
  name: 'small',
  base: BASE,
  axes: { seed: '0..1', 'training.learningRate': [0.1, 1e6], 'training.batchSize': [10, 20] },
  until: { epochs: 8 },
  measure: ['loss', 'divergence'],
};
const home = mkdtempSync(join(tmpdir(), 'sweep-'));
const out = (name: string) => join(home, name);
const run = (name: string, request: SweepRequest = {}, sweep: PartialSweep | null = SWEEP) =>
  runSweep(sweep ?? undefined, { out: out(name), ...request });
const text = (name: string, file: string) => readFileSync(join(out(name), file), 'utf8');
const cells = (name: string) =>
  readdirSync(out(name), { recursive: true, encoding: 'utf8' })
    .filter((f) => /cells\/\d+\/\d+\.json$/.test(f))
    .sort();
const cell = (name: string, index: number) => JSON.parse(text(name, `cells/0000/${index}.json`)) as SweepCell;
/** Everything but the record, the report and times. */
const results = (name: string) =>
  Object.fromEntries(
    [...cells(name), 'table.csv', 'points.csv', 'findings.json'].map((f) => [
      f,
      text(name, f).replace(/"seconds": .*/, ''),
    ]),
  );

beforeAll(async () => {
  await run('whole');
}, 60_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('a sweep', () => {
  it('leaves a document for each point and seed, with the config of the cell, and divergence as a result', () => {
    expect(cells('whole')).toHaveLength(8);
    expect(cell('whole', 5)).toMatchObject({
      index: 5,
      seed: 1,
      point: { 'training.learningRate': 0.1, 'training.batchSize': 20 },
      config: { eta: 0.1, B: 20, N: 60, network: '6-5-3' },
      ended: 'rule',
      epochs: 8,
    });
    expect(cell('whole', 2)).toMatchObject({ ended: 'diverged', point: { 'training.learningRate': 1e6 } });
    expect(cell('whole', 0).measured.loss).not.toEqual(cell('whole', 4).measured.loss);
  });

  it('has one row a cell and one row a point', () => {
    const rows = text('whole', 'table.csv').trimEnd().split('\r\n');
    expect(rows).toHaveLength(9);
    expect(rows[3]).toMatch(/^2,0,1000000,10,.*,diverged,true,/);
    const points = text('whole', 'points.csv').trimEnd().split('\r\n');
    expect(points).toHaveLength(5);
    expect(points[0]).toMatch(/^training\.learningRate,training\.batchSize,runs,diverged,diverged_share,/);
    expect(points[1]).toMatch(/^0\.1,10,2,0,0,/);
    expect(points[3]).toMatch(/^1000000,10,2,2,1,/);
    for (const file of ['table.parquet', 'points.parquet', 'report.html', 'report.json'])
      expect(existsSync(join(out('whole'), file)), file).toBe(true);
  });

  it('does the same, cell by cell, in any order and by any process', async () => {
    const told = await run('prepared', { prepare: true });
    expect(told.instead?.sentence).toContain('8 cells are known');
    const study = await studyAt(out('prepared'));
    const lines = study.list();
    expect(lines.map((l) => l.status)).toEqual(new Array(8).fill('ready'));
    const ready = await study.prepare(lines);
    for (const k of [7, 0, 3]) expect(await ready.do(lines[k], 0, () => {})).toBe(true);
    expect(study.list().filter((l) => l.status === 'done')).toHaveLength(3);
    const before = text('prepared', 'cells/0000/7.json');
    await run('prepared', { resume: true });
    expect(text('prepared', 'cells/0000/7.json')).toBe(before);
    expect(results('prepared')).toEqual(results('whole'));
  }, 60_000);

  it('is stopped with all finished cells kept, and continued to the same results, also without its file', async () => {
    const stop = new AbortController();
    const stopped = run('stopped', {
      signal: stop.signal,
      onProgress: ({ done }) => {
        if (done >= 3) stop.abort();
      },
    });
    await expect(stopped).rejects.toThrow(InterruptedError);
    const kept = cells('stopped').length;
    expect(kept).toBeGreaterThanOrEqual(3);
    expect(kept).toBeLessThan(8);
    await run('stopped', { resume: true }, null);
    expect(results('stopped')).toEqual(results('whole'));
  }, 60_000);

  it('takes more seeds, which change no cell that was there', async () => {
    await run('seeds', { seeds: 1 });
    expect(cells('seeds')).toHaveLength(4);
    const more = await run('seeds', { resume: true, seeds: [5, 1] });
    expect(more).toMatchObject({ points: 4, seeds: 3, cells: 12 });
    expect([0, 4, 8].map((k) => cell('seeds', k).seed)).toEqual([0, 5, 1]);
    for (let k = 0; k < 4; k++) expect(cell('seeds', 8 + k).measured).toEqual(cell('whole', 4 + k).measured);
  }, 60_000);

  it('takes other laws and figures later, and nothing else', async () => {
    const laws = { ...SWEEP, laws: ['loss ~ B^a'] };
    const before = text('whole', 'cells/0000/0.json');
    const again = await run('whole', { resume: true }, laws);
    expect(again.findings.map((f) => f.id)).toContain('sweep.law-1');
    expect(text('whole', 'cells/0000/0.json')).toBe(before);
    await expect(run('whole', { resume: true }, { ...SWEEP, until: { epochs: 3 } })).rejects.toThrow(
      'begun with another until',
    );
    await expect(run('whole', { resume: true }, { ...SWEEP, measure: ['loss'] })).rejects.toThrow(
      'begun with another measure',
    );
    await run('whole', { resume: true });
  }, 60_000);

  it('without an axis repeats one run over seeds', async () => {
    const one = await run('repeat', {}, { base: BASE, axes: { seed: '3..4' }, until: { steps: 3 } });
    expect(one).toMatchObject({ points: 1, seeds: 2, cells: 2 });
    expect(cell('repeat', 1)).toMatchObject({ seed: 4, steps: 3, point: {} });
  }, 60_000);

  it('changes widths, networks and data', async () => {
    const axes = {
      'network.hidden': [4, '7-5'],
      'data.limit': [30, 60],
    };
    await run('widths', {}, { base: BASE, axes, until: { epochs: 1 }, measure: ['loss'] });
    expect([0, 1, 2].map((k) => [cell('widths', k).config.network, cell('widths', k).config.N])).toEqual([
      ['6-4-3', 30],
      ['6-4-3', 60],
      ['6-7-5-3', 30],
    ]);
  }, 60_000);
});

describe('refuses', () => {
  const refusal = async (sweep: PartialSweep | null, request: SweepRequest = {}, name = 'none') => {
    try {
      await run(name, request, sweep);
    } catch (error) {
      return (error as Error).message;
    }
    return 'not refused';
  };

  it('many cells without --yes, and tells how many; nothing is written', async () => {
    const sentence = await refusal({
      ...SWEEP,
      axes: { seed: '0..9', 'training.learningRate': 'lin 0.1..1 x 100000' },
    });
    expect(sentence).toContain('1,000,000 cells (100,000 points, 10 seeds)');
    expect(sentence).toContain('--yes');
    expect(existsSync(out('none'))).toBe(false);
  }, 30_000);

  it('a folder that holds a sweep, or something else', async () => {
    expect(await refusal(SWEEP, {}, 'whole')).toContain('continue it with --resume');
    mkdirSync(out('other'));
    writeFileSync(join(out('other'), 'run.json'), '{\n "format": "thermograd run"}');
    expect(await refusal(SWEEP, {}, 'other')).toContain('holds something else (run.json)');
    expect(await refusal(null, { resume: true })).toContain('there is no sweep to continue');
  });

  it('data and networks that do not fit, naming the point; nothing is written', async () => {
    expect(await refusal({ ...SWEEP, axes: { 'network.widths': [[6, 4, 3], [7, 4, 3]] } })).toContain('at network.widths 7-4-3:'); // biome-ignore format: one line
    expect(await refusal({ ...SWEEP, axes: { 'training.batchSize': [10, 100] } })).toContain(
      'at training.batchSize 100:',
    );
    expect(await refusal({ ...SWEEP, measure: [{ name: 'psi', layers: ['hidden2'] }] })).toMatch(/hidden2.*layer1/);
    expect(existsSync(out('none'))).toBe(false);
  });

  it('names in laws and figures that the sweep will not have', async () => {
    expect(await refusal({ ...SWEEP, laws: ['los ~ eta^a'] })).toContain('did you mean loss?');
    expect(await refusal({ ...SWEEP, laws: ['loss = eta'] })).toContain('no single ~');
    expect(await refusal({ ...SWEEP, figures: [{ kind: 'curve', x: 'eta', y: 'trace' }] })).toContain('names trace');
    expect(await refusal({ ...SWEEP, figures: [{ kind: 'heat', x: 'eta' }] })).toContain("needs 'y'");
  });
});

describe('a plan', () => {
  it('states what a sweep needs and writes nothing', async () => {
    const plan = await planSweep(SWEEP, { out: out('plan'), seeds: 7 });
    expect(plan).toMatchObject({ folder: out('plan'), points: 4, seeds: 7, cells: 28 });
    expect(plan.words).toContain('4 points × 7 seeds = 28 cells');
    expect(existsSync(out('plan'))).toBe(false);
  });
});

describe('a file', () => {
  it('has the name of its sweep where it states none', () => {
    const path = join(home, 'my sweep.yaml');
    writeFileSync(path, 'axes:\n  seed: 0..3\n');
    expect(readSweepFile(path).name).toBe('my-sweep');
    expect(completeSweep(readSweepFile(path)).seeds).toEqual([0, 1, 2, 3]);
  });
});

describe('whole experiments', () => {
  const simulation: PartialSweep = {
    experiment: 'simulate',
    base: {
      variables: ['x'],
      landscape: { loss: 'k*x^2/2' },
      parameters: { k: 1 },
      noise: { covariance: { xx: 1 } },
      learningRate: 0.1,
      grid: { x: { from: -3, to: 3, cells: 60 } },
      time: { length: 1 },
      methods: { 'fokker-planck': {} },
    },
    axes: { 'parameters.k': [1, 2] },
    measure: ['fokker-planck.covariance.xx', 'sgd.loss'],
  };

  it('are cells whose numbers are kept, and leave no scratch folder', async () => {
    mkdirSync(join(out('simulate'), 'scratch', `${hostname()}-${pid}-9`), { recursive: true });
    await run('simulate', {}, simulation);
    const found = [0, 1].map((k) => cell('simulate', k).measured['fokker-planck.covariance.xx'] as { value: number });
    // D/k with D = eta C/2
    expect(found[0].value).toBeCloseTo(0.05, 3);
    expect(found[1].value).toBeCloseTo(0.025, 3);
    expect(cell('simulate', 0).measured['sgd.loss']).toEqual({ why: 'this run of simulate has no sgd.loss' });
    expect(existsSync(join(out('simulate'), 'scratch'))).toBe(false);
    const [header, row] = text('simulate', 'table.csv').split('\r\n');
    expect(header).toMatch(
      /^cell,seed,parameters\.k,steps,epochs,ended,diverged,reason,fokker-planck\.covariance\.xx,/,
    );
    expect(row).toMatch(/^0,0,1,,,rule,false,/);
  }, 60_000);

  it.each([
    ['ivf2021', 'ivf.psy', "did you mean 'ivf.psi'?"],
    ['ao2022', 'sigma', "did you mean 'ao.sigma'?"],
    ['simulate', 'sgd.means.x', "did you mean 'sgd.mean.x'?"],
    ['controls', 'controls.window', undefined],
    ['ivf2021', 'ivf.psi@conv1', undefined],
    ['forget', 'forget.prevents.ewc', undefined],
    ['forget', 'forget.prevents.', 'which forget does not have'],
    ['valley2023', 'valley.kramer', "did you mean 'valley.kramers'?"],
    ['advise', 'advice.ceilings', "did you mean 'advice.ceiling'?"],
  ])('%s has findings by id: %s', async (experiment, id, words) => {
    const rules = await rulesOf(experiment);
    if (words === undefined) expect(rules.measures([id])).toEqual([{ name: id, options: {} }]);
    else expect(() => rules.measures([id])).toThrow(words);
  });

  it.each([
    ['valley2023', { 'phase.stepz': [1] }, "did you mean 'phase.steps'?"],
    ['valley2023', { 'phase.steps': ['a'] }, 'expected a number'],
    ['valley2023', { seed: '0..3' }, 'draws seeds of its own'],
    ['controls', { 'training.learningRat': [1] }, "did you mean 'training.learningRate'?"],
    ['forget', { 'training.epoch': [1] }, "did you mean 'training.epochs'?"],
    ['advise', { 'advise.safty': [1] }, "did you mean 'advise.safety'?"],
    ['simulate', { 'methods.sgd.walkrs': [5] }, 'walkers'],
  ])('%s refuses a key that it does not have: %j', async (experiment, axes, words) => {
    const rules = await rulesOf(experiment);
    const base = experiment === 'simulate' ? simulation.base! : {};
    expect(() => completeSweep({ experiment: experiment as 'simulate', base, axes }, rules)).toThrow(words);
  });
});

describe('the command', () => {
  it('prints a plan, results and refusals, with exit codes', async () => {
    const file = join(home, 'a.yaml');
    const sweep = { ...SWEEP, axes: { seed: 0 }, laws: [] };
    writeFileSync(file, JSON.stringify(sweep));
    const plan = await thermogradHere('sweep', file, '--dry-run', '--out', out('cli'), '--json');
    expect(plan.code).toBe(0);
    expect(JSON.parse(plan.stdout)).toMatchObject({ points: 1, cells: 1 });
    const done = await thermogradHere('sweep', file, '--out', out('cli'), '--seeds', '2..3', '--workers', '1');
    expect(done).toMatchObject({ code: 0 });
    expect(done.stdout).toContain('2 cells (1 point, 2 seeds), of which 0 diverged');
    const again = await thermogradHere('sweep', file, '--out', out('cli'));
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('holds a sweep already');
    expect((await thermogradHere('sweep')).stderr).toContain('sweep needs the file of a sweep');
    expect((await thermogradHere('sweep', file, '--seeds', '5..2')).stderr).toContain('a range such as 5..14');
    expect((await thermogradHere('sweep', '--example', 'fase')).stderr).toContain('phase');
  }, 60_000);
});

it('the help names every measure', () => {
  let text = '';
  const command = program().commands.find((c) => c.name() === 'sweep')!;
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  const listed = /Measures: ([^.]+)\./.exec(text)![1].split(/,\s+/);
  expect(listed).toEqual(MEASURES.map(({ name }) => name));
});
