/** The page that train leaves, and that it gives way to the page of a measured run. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { renderTraining } from '../src/experiments/ivf2021/training-page.js';
import { scratch, thermograd } from './support/cli.js';
import { curves } from './support/training-curves.js';

describe('the page of a training', () => {
  const { html, tables, json, figures } = renderTraining({
    title: 'A title',
    curves,
    samples: 2000,
    layers: ['layer2'],
    run: {},
  });
  const text = html.replace(/<style>[\s\S]*?<\/style>|<[^>]+>/g, ' ').replace(/\s+/g, ' ');

  it('gives the last value of each curve, with its epoch where a later one lacks it', () => {
    expect(text).toContain('training loss 0.625 ');
    expect(text).toContain('training errors 260 of 2000');
    expect(text).toContain('test loss 0.875 (epoch 2)');
    expect(text).toContain('test errors 37.5 % (epoch 2)');
    expect(text).toContain('norm of the weights 4.50');
    expect(text).toContain('3 epochs of 40 steps. Stopped: after 2 epochs.');
  });

  it('has both figures, the curves as CSV and as JSON', () => {
    expect(Object.keys(figures)).toEqual(['training-loss', 'training-errors']);
    expect(tables['training.csv'].split('\r\n')[2]).toBe('2,0.9,0.6,,,0.875,0.625,3.5,false');
    expect(JSON.parse(json)).toMatchObject({
      format: 'thermograd-training-report',
      curves: { weightNorm: [2.5, 3.5, 4.5] },
    });
  });
});

describe('thermograd train', () => {
  const { folder, config } = scratch({
    data: { set: 'teacher', teacher: { network: { widths: [12, 10, 3] }, train: 600, test: 100 } },
    network: { widths: [12, 10, 8, 3] },
    training: { batchSize: 15, maxEpochs: 8, stop: { rule: 'epochs', epochs: 4 } },
    record: { windowEpochs: 4 },
    analysis: { directions: 8, profiles: [1] },
    workers: 1,
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const out = join(folder, 'run');
  const title = () => /<title>(.*?)<\/title>/.exec(readFileSync(join(out, 'report.html'), 'utf8'))?.[1];

  it('leaves its page, which a measured run replaces and train leaves alone', () => {
    const { code, stdout } = thermograd('train', '--config', config, '--out', out);
    expect([code, stdout]).toEqual([0, expect.stringContaining(`report: ${join(out, 'report.html')}\n`)]);
    expect(title()).toBe('Training: 12-10-8-3 on teacher');
    expect(readdirSync(join(out, 'tables'))).toEqual(['training.csv']);
    expect(thermograd('reproduce', 'ivf2021', '--resume', '--out', out, '--config', config).code).toBe(0);
    expect(title()).toMatch(/^Inverse variance-flatness relation/);
    expect(thermograd('train', '--resume', '--config', config, '--out', out).code).toBe(0);
    expect(title()).toMatch(/^Inverse variance-flatness relation/);
  });
});
