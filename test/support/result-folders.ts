/** Small folders of results, made up file by file. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeNpy } from '../../src/record/npy.js';
import { TrajectoryWriter } from '../../src/record/trajectory.js';
import type { Finding, Verdict } from '../../src/report/finding.js';

/** Writes files into a folder; what is no text becomes JSON. */
export function put(folder: string, files: Readonly<Record<string, unknown>>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    const raw = typeof content === 'string' || content instanceof Uint8Array;
    writeFileSync(path, raw ? content : JSON.stringify(content));
  }
}

/** A finding with these numbers. */
export const found = (
  id: string,
  value: number,
  error: number,
  n: number,
  verdict: Verdict = 'reproduced',
): Finding => ({
  id,
  claim: `The claim of ${id}.`,
  source: 'ivf2021 [P4]',
  measured: { value, standardError: error, n, method: 'made up', converged: true },
  unit: '',
  stated: 'something',
  verdict,
  reason: 'Made up.',
});

const STAGES = ['load', 'train', 'pca', 'dynamics', 'flatness', 'walk', 'fits', 'report'];
/** The stages of a run, done but for those named. */
export const stages = (other: Readonly<Record<string, string>> = {}) =>
  Object.fromEntries(STAGES.map((name) => [name, { status: other[name] ?? 'done', seconds: 1 }]));

/** The record of a run with a seed. */
export const runRecord = (seed: number, other: Readonly<Record<string, unknown>> = {}) => ({
  format: 'thermograd run',
  folderVersion: 2,
  thermograd: '0.2.0',
  config: {
    experiment: 'ivf2021',
    preset: 'quick',
    seed,
    data: { set: 'teacher' },
    network: { widths: [20, 16, 4] },
    training: { learningRate: 0.1, momentum: 0, batchSize: 50, sampling: 'shuffled' },
  },
  stages: stages(),
  ...other,
});

/** A drawing of a rectangle. */
export const drawing = (title: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 560 380" height="380" width="560" class="tg-figure"><title>${title}</title>` +
  '<style>@media screen and (prefers-color-scheme:dark){.tg-figure{color:#fff}}</style><rect x="10" y="20" width="30" height="40" fill="#0a63a8"/></svg>';

/** A run of four epochs of ten steps with a window of three rows of two weights. */
export async function runFolder(folder: string, seed = 0, findings: readonly Finding[] = []): Promise<void> {
  put(folder, {
    'run.json': runRecord(seed),
    'findings.json': findings,
    'history.json': {
      epoch: [1, 2, 3, 4],
      stepsPerEpoch: 10,
      trainLoss: [2, 1, 0.5, 0.25],
      testLoss: [2.5, 'NaN', 'NaN', 1.5],
      window: { from: 4 },
    },
    'report.html': '<figure id="figure-second"></figure><figure id="figure-first"></figure>',
    'figures/first.svg': drawing('One &amp; all'),
    'figures/second.svg': drawing('Another'),
    'figures/first.csv': 'x,y\r\n1,2\r\n',
    'tables/widths.csv': 'rank,width,word\r\n1,0.5,a\r\n2,,b\r\n',
    'vector.npy': writeNpy({ shape: [2], data: Float64Array.of(3, 4) }),
  });
  const shape = { steps: 4, size: 2, layer: 'layer2', layerShape: [1, 2], chunkRows: 4, attributes: { batchSize: 50 } };
  const writer = await TrajectoryWriter.open(join(folder, 'trajectory.zarr'), shape, 0);
  for (let t = 0; t < 3; t++)
    writer.append(31 + t, Float32Array.of(t, -t), Float32Array.of(0.5 + t), Int32Array.of(40 + t));
  writer.flush();
}
