/**
 * The analysis of a recording made elsewhere: it is opened and planned, its stages (stages.ts) are done in one worker
 * thread, and the folder of results appears when everything in it is complete.
 */
import { InterruptedError, type RunOptions } from '../../jobs/context.js';
import { allVersions, thisMachine } from '../../jobs/machine.js';
import { outputOf, verifyBeside } from '../../jobs/outputs.js';
import { type JobKind, runJobs } from '../../jobs/pool.js';
import { checkFree, publish } from '../../jobs/publish.js';
import { FINDINGS_FILE, factsOf, reportFiles } from '../../jobs/report-folder.js';
import { kernelBuild } from '../../kernels/load.js';
import { InputError } from '../../numeric/errors.js';
import { jsonText } from '../../numeric/json.js';
import { chooseProvider } from '../../numeric/linalg/index.js';
import type { ProviderChoice } from '../../numeric/linalg/provider.js';
import { randomKey } from '../../numeric/random.js';
import * as is from '../../numeric/wants.js';
import { writeNpz } from '../../record/npz.js';
import { finalState } from '../../record/recording/final-state.js';
import { openRecording, type RecordingOptions } from '../../record/recording/open.js';
import type { Finding } from '../../report/finding.js';
import { ANALYSIS_FORMAT, DIRECTIONS, DOCUMENT, FILES, SETTINGS } from './files.js';
import { recordingFindings } from './findings.js';
import { RECORDING_WORK, type RecordingAnswer, type RecordingJob } from './job.js';
import { leftOut } from './left-out.js';
import type { LeftOut, MeasuredRecording } from './measured.js';
import { planOf } from './plan.js';
import { checkParameters } from './surface/align.js';
import { measureRecorded, type OpenedSurface } from './surface/stage.js';

/** Says what is analysed, and where the results go. */
export interface RecordingRequest extends Pick<RunOptions, 'signal' | 'onProgress'> {
  readonly options?: RecordingOptions;
  /** Folder of the results; default: the path with `-analysis` at its end. */
  readonly out?: string;
  /** Replaces an earlier analysis in that folder. */
  readonly force?: boolean;
  /** Bytes of memory that the analysis may take; default: all of the machine. */
  readonly memory?: number;
  /** Seed of the walks and bootstraps; default 0. */
  readonly seed?: number;
  readonly provider?: ProviderChoice;
  /** The model of the recording: opened before anything is read, closed at the end. docs/rules/recordings.md. */
  readonly surface?: {
    readonly open: () => Promise<OpenedSurface>;
    /** Patterns of further parameters, each a block to measure. */
    readonly blocks?: readonly string[];
    /** Seconds that its measurement may take; 600 by default. */
    readonly budgetSeconds?: number;
  };
  /** Receives, before the start, what will be done and what it needs. */
  readonly onStart?: (words: string) => void;
}

const REQUEST_WANTS = is.shape<RecordingRequest>({
  options: is.maybe(
    is.shape<RecordingOptions>({
      params: is.maybe(is.listOf(is.text)),
      steps: is.maybe(is.shape({ from: is.maybe(is.finite), to: is.maybe(is.finite) })),
      every: is.maybe(is.count),
      arrays: is.maybe(is.oneOf('steps', 'parameters')),
      facts: is.maybe(is.object),
      memory: is.maybe(is.positive),
    }),
  ),
  out: is.maybe(is.path),
  force: is.maybe(is.flag),
  memory: is.maybe(is.positive),
  seed: is.maybe(is.whole),
  provider: is.maybe(is.oneOf('auto', 'embedded', 'system')),
  surface: is.maybe(
    is.shape({ open: is.func, blocks: is.maybe(is.listOf(is.text)), budgetSeconds: is.maybe(is.positive) }),
  ),
  signal: is.maybe(is.object),
  onProgress: is.maybe(is.func),
  onStart: is.maybe(is.func),
});

/** Holds the results and their folder. */
export interface RecordingResult {
  readonly folder: string;
  readonly measured: MeasuredRecording;
  readonly findings: readonly Finding[];
  readonly leftOut: readonly LeftOut[];
}

/** Seconds that the measurement of a surface may take. */
const BUDGET = 600;

const JOB: JobKind<undefined, RecordingJob, RecordingAnswer> = {
  ...RECORDING_WORK,
  worker: new URL('./worker.js', import.meta.url),
  name: () => 'the analysis',
};

/**
 * Analyses a recording made elsewhere. Files of the folder: report.html with figures/ and tables/, analysis.json (all
 * numbers and findings), findings.json, directions.npz (ranks, unit vectors p_i as rows, mean weights), settings.json (what
 * was read and asked, versions, digests of the other documents).
 * @throws InputError before anything is written; InterruptedError, with nothing written
 */
export async function analyseRecording(path: string, request: RecordingRequest = {}): Promise<RecordingResult> {
  is.given('analyseRecording', { path, request }, { path: is.path, request: REQUEST_WANTS });
  const model = await request.surface?.open();
  try {
    return await analysed(path, request, model);
  } finally {
    await model?.surface.close();
  }
}

async function analysed(
  path: string,
  request: RecordingRequest,
  model: OpenedSurface | undefined,
): Promise<RecordingResult> {
  const { options = {}, force = false, seed = 0, provider = 'auto', signal, onProgress } = request;
  const folder = request.out ?? `${path.replace(/(.)[/\\]+$/, '$1')}-analysis`;
  checkFree(folder, { force, files: FILES, what: 'analysis' });
  verifyBeside(path);
  const recording = await openRecording(path, options);
  if (model) checkParameters(model.surface, recording.parameters);
  const plan = planOf(recording, folder, request.memory);
  request.onStart?.(`analysis of ${path}: ${plan.words}`);
  const job = { path, options, seed, budget: plan.budget, provider, kernelBuild: kernelBuild() };
  let answer: RecordingAnswer | undefined;
  const finished = await runJobs(JOB, undefined, [job], {
    workers: 1,
    signal,
    onProgress: (_, note, share) =>
      onProgress?.({ stage: 'analyse', done: Math.round(100 * share), total: 100, unit: '%', note }),
    onDone: (_, result) => {
      answer = result;
    },
  });
  if (!finished || !answer) throw new InterruptedError(folder, false);
  const { linearAlgebra } = answer;
  const measured: MeasuredRecording = model
    ? { ...answer.measured, ...(await surfaceOf(answer, model, path, request, folder)) }
    : answer.measured;
  const findings = recordingFindings(measured);
  const missing = leftOut(measured);
  const record = { versions: allVersions(), kernelBuild: job.kernelBuild, machine: thisMachine(), linearAlgebra };
  const settings = { recording: path, ...options, seed };
  // drawing loads large packages, which only the report needs
  const { renderRecording } = await import('./page.js');
  const title = `Recording ${path.split(/[/\\]/).filter(Boolean).at(-1)}: ${measured.recording.parameters.length === 1 ? measured.recording.parameters[0].name : `${measured.recording.parameters.length} parameters`}`;
  const report = renderRecording({
    title,
    measured,
    findings,
    leftOut: missing,
    run: factsOf(record, { config: settings }),
  });
  const files = new Map<string, string | Uint8Array>([
    [DIRECTIONS, directionsOf(answer)],
    [FINDINGS_FILE, jsonText(findings)],
    ...reportFiles(report, DOCUMENT),
  ]);
  const outputs = Object.fromEntries(
    [DIRECTIONS, FINDINGS_FILE, DOCUMENT].map((name) => [name, outputOf('analyse', files.get(name)!)]),
  );
  files.set(SETTINGS, jsonText({ format: ANALYSIS_FORMAT, version: 1, ...settings, ...record, outputs }));
  publish(folder, files);
  return { folder, measured, findings, leftOut: missing };
}

/** Measures the model; a budget that is too small leaves the rest of the analysis as it is. @throws InterruptedError when asked to stop */
async function surfaceOf(
  answer: RecordingAnswer,
  model: OpenedSurface,
  path: string,
  { surface, seed = 0, provider = 'auto', memory, signal, onProgress, onStart }: RecordingRequest,
  folder: string,
): Promise<Pick<MeasuredRecording, 'surface' | 'surfaceMissing'>> {
  try {
    const measured = await measureRecorded(answer, {
      model,
      // who opened the model with notes on its state has set that state
      state: model.notes ? undefined : finalState(path),
      blocks: surface?.blocks ?? [],
      budgetSeconds: surface?.budgetSeconds ?? BUDGET,
      now: () => performance.now() / 1000,
      key: randomKey(seed).child('recording'),
      la: await chooseProvider({ prefer: provider }),
      ...(memory !== undefined && { memoryBytes: memory / 4 }),
      signal,
      onPlan: (plan) => onStart?.(`surface ${model.surface.name}: ${plan.words}`),
      onProgress: (part, note, share) =>
        onProgress?.({ stage: part, done: Math.round(100 * share), total: 100, unit: '%', note }),
    });
    return { surface: measured };
  } catch (error) {
    if (error instanceof InputError && error.code === 'budget-too-small') return { surfaceMissing: error.message };
    if (signal?.aborted) throw new InterruptedError(folder, false);
    throw error;
  }
}

function directionsOf({ directions: { ranks, components, mean } }: RecordingAnswer): Uint8Array {
  return writeNpz([
    ['rank', { shape: [ranks.length], data: Int32Array.from(ranks) }],
    ['directions', { shape: [ranks.length, mean.length], data: components }],
    ['mean', { shape: [mean.length], data: mean }],
  ]);
}
