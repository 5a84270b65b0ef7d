/** Runs that record several layers: their windows, resuming, findings for each layer, report, analysis, needs and refusals. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reproduceIvf2021 } from '../src/experiments/ivf2021/experiment.js';
import { analyseRun, reportRun } from '../src/experiments/ivf2021/reanalyse.js';
import { windowEnds } from '../src/experiments/ivf2021/relation-ends.js';
import type { RelationDocument } from '../src/experiments/ivf2021/relation-stage.js';
import { reproduceIvf2021Seeds } from '../src/experiments/ivf2021/seeds/experiment.js';
import { InterruptedError } from '../src/jobs/context.js';
import { readCheckpoint } from '../src/record/checkpoint.js';
import { readJson } from '../src/record/json.js';
import { Trajectory } from '../src/record/trajectory.js';
import type { Finding } from '../src/report/finding.js';
import { completeRunConfig, configHash } from '../src/runs/config.js';
import { networkIn, readRecord } from '../src/runs/folder.js';
import { loadFor, planRun } from '../src/runs/prepare.js';
import { trainRun } from '../src/runs/run.js';
import type { PartialConfig } from '../src/runs/schema.js';
import { layersOfFlags } from '../src/terminal/flags.js';

const scratch = mkdtempSync(join(tmpdir(), 'thermograd-several-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const out = (...names: string[]) => join(scratch, ...names);

/** Three layers of different sizes, of which the last and the first are recorded. */
const CONFIG: PartialConfig = {
  data: { set: 'teacher', teacher: { network: { widths: [8, 6, 3] }, train: 120, test: 30 } },
  network: {
    layers: [
      { type: 'dense', outputs: 7, name: 'wide' },
      { type: 'tanh' },
      { type: 'dense', outputs: 5, name: 'middle' },
      { type: 'tanh' },
      { type: 'dense', outputs: 3, name: 'last' },
    ],
  },
  optimiser: { type: 'sgd', learningRate: 0.05, momentum: 0.5, clipNorm: 0.4 },
  training: { batchSize: 6, stop: { rule: 'epochs', epochs: 4 }, maxEpochs: 20 },
  record: { layers: ['last', 'wide'], windowEpochs: 4 },
  analysis: { directions: 10 },
  workers: 1,
};
const place = (layer: string) => (layer === 'last' ? [] : ['layers', layer]);
const window = async (name: string, ...where: string[]) => {
  const t = await Trajectory.open(out(name, ...where, 'trajectory.zarr'));
  return { layer: t.layer, rows: await t.rows(0, t.recorded), step: t.step };
};

describe('two layers of one run', () => {
  beforeAll(async () => {
    await reproduceIvf2021(CONFIG, { out: out('both') });
  }, 60000);

  it('are recorded as each is alone, after the same steps', async () => {
    for (const layer of ['last', 'wide']) {
      await trainRun([CONFIG, { record: { layer } }], { out: out(layer) });
      const [both, alone] = [await window('both', ...place(layer)), await window(layer)];
      expect(both).toEqual(alone);
      expect([both.layer, both.step.length]).toEqual([layer, 80]);
    }
  });

  it('end with the same bytes when the run was stopped in the window and continued', async () => {
    const controller = new AbortController();
    const stopped = trainRun(CONFIG, {
      out: out('stopped'),
      signal: controller.signal,
      checkpointSeconds: 0,
      onProgress: (p) => {
        if (p.stage === 'train' && p.done >= 100) controller.abort();
      },
    });
    await expect(stopped).rejects.toBeInstanceOf(InterruptedError);
    await reproduceIvf2021(CONFIG, { out: out('stopped'), resume: true });
    for (const layer of ['last', 'wide']) {
      expect(await window('stopped', ...place(layer))).toEqual(await window('both', ...place(layer)));
      for (const name of ['flatness.json', 'relation.json', 'analysis.json'])
        expect(readJson(out('stopped', ...place(layer), name))).toEqual(readJson(out('both', ...place(layer), name)));
    }
    expect(readJson(out('stopped', 'findings.json'))).toEqual(readJson(out('both', 'findings.json')));
  }, 30000);

  it('have findings of their own, under the name of the layer', () => {
    const findings = readJson<Finding[]>(out('both', 'findings.json'))!;
    const names = (layer: string) => findings.filter((f) => f.id.endsWith(`@${layer}`)).map((f) => f.id.split('@')[0]);
    expect(names('wide')).toEqual(names('last'));
    expect(names('wide')).toContain('ivf.inverse');
    expect(findings).toHaveLength(2 * names('wide').length);
    const measured = (layer: string) => findings.find((f) => f.id === `ivf.drift-share@${layer}`)!.measured.value;
    for (const layer of ['last', 'wide']) {
      const pca = readJson<{ variances: number[]; totalVariance: number; P: number }>(
        out('both', ...place(layer), 'pca.json'),
      )!;
      expect(pca.P).toBe(layer === 'last' ? 15 : 56);
      expect(measured(layer)).toBeCloseTo(pca.variances[0] / pca.totalVariance, 12);
    }
  });

  it('compare loss and noise of both ends of the window, and count clipped steps, each by itself', async () => {
    const record = readRecord(out('both'));
    const network = networkIn(record);
    const { train } = await loadFor(record.config);
    const state = (name: string) => readCheckpoint<{ clipped: number; step: number }>(out('both', name), network)!;
    const [start, end] = [state('window-start.safetensors'), state('checkpoint.safetensors')];
    expect([start.state.step, end.state.step]).toEqual([80, 160]);
    expect(start.state.clipped).toBeGreaterThan(0);
    expect(start.state.clipped).toBeLessThanOrEqual(80);
    expect(end.state.clipped).toBeGreaterThanOrEqual(start.state.clipped);
    const noises = [];
    for (const layer of ['last', 'wide']) {
      const document = readJson<RelationDocument>(out('both', ...place(layer), 'relation.json'))!;
      const request = { network, samples: train, layer, start: start.weights, end: end.weights };
      expect(document.ends).toEqual(await windowEnds(request));
      noises.push(document.ends!.noise.start);
      const clipped = end.state.clipped - start.state.clipped > 0.08;
      expect(document.fails!.some((f) => f.id === 'clipping')).toBe(clipped);
    }
    expect(noises[0]).not.toBeCloseTo(noises[1], 6);
  });

  it('stand on one page: a table of both, a part for each in every section, anchors that are used once', () => {
    const html = readFileSync(out('both', 'report.html'), 'utf8');
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(ids.length).toBe(new Set(ids).size);
    for (const [, id] of html.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(id);
    for (const layer of ['last', 'wide'])
      for (const id of [`relation-${layer}`, `controls-${layer}`, `sensitivity-${layer}`, `ivf.psi@${layer}`])
        expect(ids).toContain(id);
    expect(html).toContain('teacher, last, wide, sgd');
    expect(html).toContain('Layers that were recorded in this run.');
    const tables = readdirSync(out('both', 'tables'));
    expect(tables).toEqual(
      expect.arrayContaining(['findings.csv', 'training.csv', 'last-flatness.csv', 'wide-flatness.csv']),
    );
    expect(tables).not.toContain('flatness.csv');
    const rows = (layer: string) =>
      readFileSync(out('both', 'tables', `${layer}-variances.csv`), 'utf8')
        .trim()
        .split('\n');
    expect([rows('last').length, rows('wide').length]).toEqual([16, 57]);
    const document = readJson<{ further: { analysis: { layer: string } }[] }>(out('both', 'report.json'))!;
    expect(document.further.map((f) => f.analysis.layer)).toEqual(['wide']);
  });

  it('are analysed again together; the report of both is written again, and a changed document is refused', async () => {
    const analysis = await analyseRun(out('both'), { analysis: { centre: 'last' }, out: out('again') });
    const centre = (...where: string[]) =>
      readJson<{ centre: string }>(join(analysis, ...where, 'flatness.json'))!.centre;
    expect([centre(), centre('layers', 'wide')]).toEqual(['last', 'last']);
    expect(readFileSync(join(analysis, 'report.html'), 'utf8')).toContain('relation-wide');
    // the facts of the run hold the seconds of its stages
    const page = () => readFileSync(out('both', 'report.html'), 'utf8').split('<section id="run"')[0];
    const before = page();
    rmSync(out('both', 'report.html'));
    await reportRun(out('both'));
    expect(page()).toBe(before);
    cpSync(out('both'), out('changed'), { recursive: true });
    rmSync(out('changed', 'layers', 'wide', 'analysis.json'));
    cpSync(out('changed', 'analysis.json'), out('changed', 'layers', 'wide', 'analysis.json'));
    await expect(reportRun(out('changed'))).rejects.toThrow(/layers\/wide\/analysis\.json is not as the run wrote it/);
  }, 30000);
});

it('a perceptron with SGD records several layers too, and goes on from its buffer', async () => {
  const perceptron: PartialConfig = {
    ...CONFIG,
    network: { widths: [8, 6, 3] },
    training: { ...CONFIG.training, learningRate: 0.05, momentum: 0.5 },
    record: { layers: ['layer2', 'layer1'], windowEpochs: 4 },
  };
  const { optimiser: _, ...config } = perceptron;
  await trainRun(config, { out: out('mlp') });
  const controller = new AbortController();
  const stopped = trainRun(config, {
    out: out('mlp-stopped'),
    signal: controller.signal,
    checkpointSeconds: 0,
    onProgress: (p) => void (p.stage === 'train' && p.done >= 30 && controller.abort()),
  });
  await expect(stopped).rejects.toBeInstanceOf(InterruptedError);
  await trainRun(config, { out: out('mlp-stopped'), resume: true });
  for (const where of [[], ['layers', 'layer1']])
    expect(await window('mlp-stopped', ...where)).toEqual(await window('mlp', ...where));
  const state = readCheckpoint<object>(out('mlp', 'checkpoint.safetensors'), networkIn(readRecord(out('mlp'))))!;
  expect(state.velocity!.some((v) => v !== 0)).toBe(true);
  // one layer takes the same steps in the kernels of perceptrons, up to rounding
  await trainRun([config, { record: { layer: 'layer1' } }], { out: out('mlp-one') });
  const [several, one] = [await window('mlp', 'layers', 'layer1'), await window('mlp-one')];
  several.rows.forEach((w, i) => void expect(w).toBeCloseTo(one.rows[i], 4));
});

describe('configs of several layers', () => {
  const record = (...layers: PartialConfig[]) => completeRunConfig(CONFIG, ...layers).record;

  it('a higher layer of the config states one layer or several in place of a lower one', () => {
    expect(record()).toEqual({ layer: 'last', layers: ['last', 'wide'], windowEpochs: 4 });
    expect(record({ record: { layer: 'middle' } })).toEqual({ layer: 'middle', windowEpochs: 4 });
    expect(record({ record: { layer: 'middle' } }, { record: { layers: ['wide', 'last'] } }).layer).toBe('wide');
    const complete = completeRunConfig(CONFIG);
    expect(configHash(completeRunConfig(complete as PartialConfig))).toBe(configHash(complete));
    expect(layersOfFlags({ layer: 'a, b' })[0].record).toEqual({ layers: ['a', 'b'] });
    expect(layersOfFlags({ layer: 'a' })[0].record).toEqual({ layer: 'a' });
  });

  it.each<[PartialConfig, string]>([
    [{ record: { layers: ['wide', 'wide'] } }, "record.layers names 'wide' twice"],
    [
      { record: { layer: 'wide', layers: ['last', 'wide'] } },
      'record.layer \'wide\' and record.layers ["last","wide"]',
    ],
    [{ record: { layers: [] } }, "config key 'record.layers'"],
  ])('%j is refused', (more, sentence) => {
    expect(() => record(more)).toThrow(sentence);
  });

  it('refuses before anything is written: a layer that is not there, a rank that the smallest has not, several seeds', async () => {
    const begin = (more: PartialConfig) => trainRun([CONFIG, more], { out: out('never') });
    await expect(begin({ record: { layers: ['last', 'lost'] } })).rejects.toThrow("the network has no layer 'lost'");
    await expect(begin({ analysis: { directions: [1, 16] } })).rejects.toThrow(
      'analysis.directions asks for rank 16; the recorded window of last has 15 directions.',
    );
    await expect(reproduceIvf2021Seeds(CONFIG, { out: out('never') })).rejects.toThrow(
      'findings over seeds are of one layer, and the config records last, wide',
    );
    expect(existsSync(out('never'))).toBe(false);
    await expect(
      trainRun([CONFIG, { record: { layers: ['wide', 'last'] } }], { out: out('both'), resume: true }),
    ).rejects.toThrow("config key 'record.layer");
  });

  it('is told the disk of all windows and directions, and the memory of the largest layer', async () => {
    const need = async (...layers: string[]) => planRun([CONFIG, { record: { layers } }], {});
    const [one, other, both] = [await need('wide'), await need('last'), await need('last', 'wide')];
    const disk = (n: typeof one, k: number) => n.disk[k].bytes;
    expect(disk(both, 1)).toBe(disk(one, 1) + disk(other, 1));
    expect(disk(both, 3)).toBeGreaterThan(Math.max(disk(one, 3), disk(other, 3)));
    expect(both.disk[0].what).toBe('the recorded windows of 2 layers');
    expect(disk(both, 0)).toBeGreaterThan(disk(one, 0));
    expect(both.memory.peak).toBeGreaterThanOrEqual(Math.max(one.memory.peak, other.memory.peak));
  });
});
