/** The stages after training: from the recorded window to the report, each from files to files. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Analysis, FlatnessSummary, PcaSummary } from '../../analyse/trajectory/results.js';
import { scaling } from '../../analyse/trajectory/scaling.js';
import type { Dataset } from '../../data/dataset.js';
import { type Context, InterruptedError, runStage } from '../../jobs/context.js';
import { inWorker } from '../../jobs/in-worker.js';
import { readJson, writeJson } from '../../jobs/json.js';
import type { KernelBuild } from '../../kernels/load.js';
import { layerNamed } from '../../model/network.js';
import { check } from '../../numeric/errors.js';
import { randomKey } from '../../numeric/random.js';
import { shellWord } from '../../numeric/shell-word.js';
import { readArray } from '../../record/arrays.js';
import { readModel } from '../../record/checkpoint.js';
import { writeWhole } from '../../record/files.js';
import type { Finding } from '../../report/finding.js';
import type { Json, RunFacts } from '../../report/input.js';
import type { RunRecord, StageName } from '../../runs/folder.js';
import { dynamicsRanks, flatnessRanks } from '../../runs/ranks.js';
import { MODEL, readHistory, TRAJECTORY } from '../../runs/train.js';
import { ivf2021Findings } from './findings.js';
import { measureInBatches, PARTIAL } from './flatness/stage.js';
import type { DynamicsResult, Job } from './jobs.js';

export const ARRAYS = 'pca.zarr';
const [PCA, DYNAMICS, FLATNESS] = ['pca.json', 'dynamics.json', 'flatness.json'];
const [ANALYSIS, FINDINGS] = ['analysis.json', 'findings.json'];

/** Principal directions and their drift and diffusion; they depend on the recorded window alone. */
export async function windowStages(context: Context): Promise<void> {
  const { folder, config } = context;
  await runStage(context, 'pca', () =>
    doJob(context, { ...common(context), job: 'pca', summary: folder.file(PCA), budget: config.analysis.memoryBudget }),
  );
  await runStage(context, 'dynamics', async () => {
    const ranks = dynamicsRanks(config.analysis, summaryOf(context).variances.length);
    await doJob(context, { ...common(context), job: 'dynamics', ranks, result: folder.file(DYNAMICS) });
  });
}

function common({ folder, config }: Context) {
  const { provider } = config;
  const kernelBuild = folder.record.kernelBuild as KernelBuild;
  return { trajectory: folder.file(TRAJECTORY), arrays: folder.file(ARRAYS), provider, kernelBuild };
}

async function doJob(context: Context, job: Job): Promise<void> {
  const { options, folder } = context;
  const tell = (done: number, total: number) =>
    options.onProgress?.({ stage: job.job, done, total, unit: 'steps', ...waiting(job, done === total) });
  const name = await inWorker(job, tell, options.signal);
  if (name === undefined) throw new InterruptedError(folder.path);
  folder.record.linearAlgebra = name;
}

/** The eigenproblem follows when all rows are read, and cannot tell how far it is. */
const waiting = (job: Job, read: boolean) => (job.job === 'pca' && read ? { note: 'eigenvalues and directions' } : {});

export function summaryOf({ folder }: Context): PcaSummary {
  return readJson<PcaSummary>(folder.file(PCA))!;
}

/** Widths of the valley along the directions asked for; into `out`. */
export async function flatnessStage(context: Context, dataset: Dataset, out: string): Promise<void> {
  const { folder, config } = context;
  const { network: spec, record, analysis } = config;
  const layer = layerNamed(spec, record.layer);
  const { variances } = summaryOf(context);
  const ranks = flatnessRanks(analysis, variances.length);
  const weights = readModel(folder.file(MODEL), spec)!;
  const centre = await readArray(folder.file(ARRAYS), analysis.centre);
  weights.set(Float32Array.from(centre.data), layer.weightOffset);
  const { data: directions } = await readArray(folder.file(ARRAYS), 'directions');
  const summary = await measureInBatches(
    context,
    { weights, samples: dataset.train, ranks, variances, directions },
    out,
  );
  writeJson(join(out, FLATNESS), summary);
  rmSync(join(out, PARTIAL), { force: true });
}

/** Fits and findings; into `out`. */
export function fitsStage(context: Context, out: string): void {
  const { folder, config } = context;
  const pca = summaryOf(context);
  const flatness = readJson<FlatnessSummary>(join(out, FLATNESS))!;
  const { dynamics, paths } = readJson<DynamicsResult>(folder.file(DYNAMICS))!;
  const key = randomKey(config.seed).child('bootstrap');
  const analysis: Analysis = {
    layer: config.record.layer,
    curves: readHistory(context),
    pca,
    dynamics,
    paths,
    flatness,
    scaling: scaling({ pca, directions: flatness.directions, key }),
  };
  writeJson(join(out, ANALYSIS), analysis);
  writeJson(join(out, FINDINGS), ivf2021Findings({ ...analysis, key: key.child('findings') }));
}

/** Draws the report from what stands in `out`; the analysis settings may be others than the run's own. */
export async function reportStage(record: RunRecord, out: string): Promise<void> {
  // drawing brings large packages along, which only this stage needs
  const { renderReport } = await import('./render.js');
  const { analysis, findings } = readResults(out);
  const report = renderReport({ title: titleOf(record), analysis, findings, run: factsOf(record) });
  writeWhole(join(out, 'report.html'), report.html);
  writeWhole(join(out, 'report.json'), report.json);
  for (const [name, svg] of Object.entries(report.figures)) writeWhole(join(out, 'figures', `${name}.svg`), svg);
  for (const [name, csv] of Object.entries(report.tables)) writeWhole(join(out, 'tables', name), csv);
}

/** Analysis and findings that stand in a folder. @throws InputError when there are none */
export function readResults(out: string): { readonly analysis: Analysis; readonly findings: Finding[] } {
  const analysis = readJson<Analysis>(join(out, ANALYSIS));
  const findings = readJson<Finding[]>(join(out, FINDINGS));
  check(
    analysis !== undefined && findings !== undefined,
    'not-analysed',
    `there is no finished analysis in ${out}; run thermograd reproduce ivf2021 --resume --out ${shellWord(out)}, or thermograd analyse ${shellWord(out)}.`,
  );
  return { analysis, findings };
}

function titleOf({ config }: RunRecord): string {
  return `Inverse variance-flatness relation: ${config.network.widths.join('-')} on ${config.data.set}, ${config.record.layer}`;
}

function factsOf(record: RunRecord): RunFacts {
  const timings = Object.fromEntries(
    (Object.entries(record.stages) as [StageName, { seconds: number }][]).map(([s, r]) => [s, r.seconds]),
  );
  const plain = (value: unknown) => JSON.parse(JSON.stringify(value ?? null)) as Json;
  return {
    config: plain(record.config),
    seeds: plain(record.seeds),
    versions: plain(record.versions),
    kernel: record.kernelBuild,
    linearAlgebra: record.linearAlgebra,
    machine: plain(record.machine),
    timings,
    data: plain(record.data),
  };
}
