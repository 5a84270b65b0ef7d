/**
 * `reproduce ceilings`: which statement on the largest learning rate holds on states that it was not fitted to. docs/theory
 * [A2], [N6]; docs/rules/ceilings.md.
 *
 * At each state of a grid fixed in advance it finds, by short runs, the rates at which SGD leaves the basin, and measures what
 * rules for that rate are made from. Rules are fitted on half of the states and judged on the others.
 *
 *     ceilings.json              settings, versions, machine, memory
 *     states/<name>.json         one document a state, whole or absent; <name>.safetensors its weights
 *     report.html report.json findings.json figures/ tables/
 */

import type { Dataset } from '../../data/dataset.js';
import { firstSamples } from '../../data/subset.js';
import type { Progress } from '../../jobs/context.js';
import { checkContinued } from '../../jobs/continued.js';
import { bytesIn, checkDisk, type DiskPart, documents, FILE_BYTES } from '../../jobs/disk.js';
import type { PoolMemory } from '../../jobs/memory.js';
import { pinnedProvider } from '../../jobs/provider.js';
import { secondsOf } from '../../jobs/record.js';
import { factsOf, writeReport } from '../../jobs/report-folder.js';
import { sharedSamples } from '../../jobs/shared-samples.js';
import { cancelled, cellStage, type Instead, prepared, type WhereRequest, whereFor } from '../../jobs/where.js';
import { parameterCount } from '../../model/network.js';
import { readJson } from '../../record/json.js';
import type { Finding } from '../../report/finding.js';
import { loadFor } from '../../runs/prepare.js';
import { NetworkPasses } from '../../surface/network/passes.js';
import { Trainer } from '../../train/trainer.js';
import { type CeilingsConfig, ceilingsConfig } from './config.js';
import type { StateCell } from './measured.js';
import { CEILINGS_FOLDER, CEILINGS_STUDY, type CeilingsFolder } from './study.js';

/** Says which preset is run, and where. */
export interface CeilingsRequest extends WhereRequest {
  readonly preset?: 'quick' | 'standard';
  readonly out?: string;
  readonly resume?: boolean;
  /** States at a time; 0 (default): one per core, as far as memory allows. */
  readonly workers?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  readonly onStart?: (announcement: string) => void;
  /** For experiments beyond the presets: replaces the preset's config. */
  readonly config?: CeilingsConfig;
}

/** Holds the results and their folder. */
export interface CeilingsRun {
  readonly folder: string;
  readonly findings: readonly Finding[];
  /** The table of rules, and which statement held, in sentences. */
  readonly conclusion: readonly string[];
  /** What was done in place of that, where the request asked for something else. */
  readonly instead?: Instead;
}

/**
 * Computes the states that are missing and writes the report. With `resume` states that have a document are not computed again.
 * @throws InputError for a folder in use or begun with other settings; InterruptedError when stopped, with all finished states
 * kept
 */
export async function reproduceCeilings(request: CeilingsRequest = {}): Promise<CeilingsRun> {
  const preset = request.preset ?? 'standard';
  const path = request.out ?? `ceilings-${preset}`;
  if (request.cancel) return { ...NOTHING, folder: path, instead: await cancelled(path) };
  const resume = request.resume ?? false;
  const before = CEILINGS_FOLDER.recordIn(path);
  const asBefore = before !== undefined && request.preset === undefined;
  const config = request.config ?? (asBefore ? before.config : ceilingsConfig(preset));
  CEILINGS_FOLDER.check(path, config, resume);
  if (resume) await checkContinued(CEILINGS_STUDY, path, request.on);
  const dataset = await loadFor(config.base);
  const memory = ceilingsMemory(config, dataset);
  const where = await whereFor(request, memory, { who: 'the study', advice: 'use fewer --workers.' });
  const disk = checkDisk(ceilingsDisk(config), path, bytesIn(path));
  const folder = CEILINGS_FOLDER.open(path, { config, data: dataset.provenance, memory }, resume, request.takeOver);
  const { record } = folder;
  try {
    await pinnedProvider(record, config.base.provider, path);
    folder.save();
    request.onStart?.(`folder ${path}: ${config.states.length} states, ${where.said(disk)}`);
    if (request.prepare) return { ...NOTHING, folder: path, instead: prepared(CEILINGS_STUDY, { path, record }) };
    const data = { train: sharedSamples(dataset.train), provenance: dataset.provenance };
    await cellStage(CEILINGS_STUDY, folder, { path, record, data }, 'states', { request, where, unit: 'states' });
    let report: Omit<CeilingsRun, 'folder'> | undefined;
    await folder.stage('report', request, async () => {
      report = await reportCeilings(folder);
    });
    return { folder: path, ...report! };
  } finally {
    folder.close();
  }
}

/** What a run has that did something else. */
const NOTHING: Omit<CeilingsRun, 'folder'> = { findings: [], conclusion: [] };

/** Writes the report from the states in the folder. */
async function reportCeilings(folder: CeilingsFolder): Promise<Omit<CeilingsRun, 'folder'>> {
  const { renderCeilings } = await import('./page.js');
  const { path, record } = folder;
  const { config } = record;
  const cells = CEILINGS_STUDY.cells({ path, record }, 'states').flatMap(
    ({ file }) => readJson<StateCell>(folder.file(file)) ?? [],
  );
  const report = renderCeilings({
    title: `Rules for the largest learning rate, judged on states they were not fitted to: ${config.base.data.set}`,
    config,
    cells,
    run: factsOf(
      record,
      {
        config: { ...config, states: config.states.length, base: { data: config.base.data } },
        seeds: {
          states: 'key(seed)/init, key(seed)/batches',
          runs: 'key(seed)/advice/verify/run',
          split: config.splitSeed,
        },
      },
      { memory: record.memory, timings: secondsOf(record.stages) },
    ),
  });
  writeReport(path, report);
  return { findings: report.findings, conclusion: report.conclusion };
}

/** Estimates the memory: the data, and for each worker a trainer, the passes, the curvature of every sample and a basis. */
function ceilingsMemory({ states, measure }: CeilingsConfig, { train }: Dataset): PoolMemory {
  const pairs = (measure.directions * (measure.directions + 1)) / 2;
  const worker = Math.max(
    ...states.map(({ network: spec, samples: count, batchSize }) => {
      const samples = firstSamples(train, count);
      const one = { widths: spec.widths, activation: spec.activation, bias: spec.bias, loss: 'cross-entropy' } as const;
      return (
        2 * Trainer.memoryBytes({ spec: one, samples, learningRate: 1, batchSize }) +
        2 * NetworkPasses.memoryBytes(one, samples) +
        16 * samples.count * pairs
      );
    }),
  );
  return { base: 100e6 + 2 * train.values.byteLength, worker: 150e6 + worker };
}

/** Numbers of a state's document beside its runs, and of a run. */
const [OF_STATE, OF_RUN] = [120, 8];
/** States what the study writes: weights and a document for each state, and all of it in report and tables. */
function ceilingsDisk({ states, ladder }: CeilingsConfig): DiskPart[] {
  return [
    {
      what: 'the weights of the states, and their files',
      bytes: states.reduce((sum, { network }) => sum + 4 * parameterCount(network) + 3 * FILE_BYTES, 0),
      key: '',
    },
    documents(states.length * (OF_STATE + (ladder.to - ladder.from + 1) * ladder.runs * OF_RUN), 3),
  ];
}
