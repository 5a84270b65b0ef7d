/** The page that `thermograd train` leaves: how the training went, what was recorded, and how to go on. */
import type { TrainingCurves } from '../../analyse/trajectory/results.js';
import { secondsOf } from '../../jobs/record.js';
import { factsOf, writeReport } from '../../jobs/report-folder.js';
import { citationsOf } from '../../report/citations.js';
import { composeReport } from '../../report/compose.js';
import { formatCount, formatNumber, sentence } from '../../report/format.js';
import type { Report, RunFacts } from '../../report/input.js';
import { html } from '../../report/markup.js';
import { gallery } from '../../report/page.js';
import { factList, keyList } from '../../report/sections/lists.js';
import type { RunRecord } from '../../runs/folder.js';
import { layersIn } from '../../runs/layers.js';
import { networkTitle } from '../../runs/network.js';
import { type RunRequest, type RunResult, withTrainedRun } from '../../runs/run.js';
import type { PartialConfig } from '../../runs/schema.js';
import { historyIn } from '../../runs/train.js';
import { trainingCsv } from './csv.js';
import { trainingErrors, trainingLoss } from './figures/training.js';

/** What the page of a training says. */
export interface TrainingPageInput {
  readonly title: string;
  readonly curves: TrainingCurves;
  /** Training samples. */
  readonly samples: number;
  /** Layers whose weights were recorded. */
  readonly layers: readonly string[];
  readonly run: RunFacts;
}

/** Trains and records a run as `trainRun` does, and leaves its page in the folder unless the run was measured already. */
export const trainWithPage = (layers: readonly PartialConfig[], request: RunRequest): Promise<RunResult> =>
  withTrainedRun(layers, request, async ({ context: { folder }, dataset }) => {
    const { record, path } = folder;
    // the page of a run that was measured says this and more
    if (record.stages.report.status !== 'done')
      writeReport(path, renderTraining(inputOf(record, path, dataset.train.count)));
  });

function inputOf(record: RunRecord, path: string, samples: number): TrainingPageInput {
  const { config, seeds, stages, data } = record;
  return {
    title: `Training: ${networkTitle(config)} on ${config.data.set}${config.optimiser ? `, ${config.optimiser.type}` : ''}`,
    curves: historyIn(path),
    samples,
    layers: layersIn(config),
    run: factsOf(record, { config, seeds }, { timings: secondsOf(stages), data }),
  };
}

/** Makes the report of a training. Pure: the same input gives the same bytes. */
export function renderTraining({ title, curves, samples, layers, run }: TrainingPageInput): Report {
  const figures = [trainingLoss({ curves }), trainingErrors({ curves, flatness: { samples } })];
  const epochs = curves.epoch.at(-1) ?? 0;
  const [from, to] = curves.window;
  return composeReport({
    title,
    head: html`<p class="summary">${formatCount(epochs)} epochs of ${formatCount(curves.stepsPerEpoch)} steps. ${sentence(`stopped: ${curves.stopped}`)}
Nothing was measured yet: <code>thermograd reproduce ivf2021 --resume --out</code> and the name of this folder do that.</p>
${keyList(keyNumbers(curves, samples))}`,
    sections: [
      ['training', 'Training', gallery(figures)],
      [
        'recorded',
        'What was recorded',
        factList([
          ['Layers', layers.join(', ')],
          ['Window', `epochs ${formatCount(from)} to ${formatCount(to)}, after every step`],
          [
            'trajectory.zarr',
            'the weights of the first layer, the loss and the correct answers of every minibatch; further layers in layers/',
          ],
          ['model.safetensors', 'the last weights'],
          ['history.json', 'the curves, one entry for each epoch'],
        ]),
      ],
    ],
    figures,
    tables: { 'training.csv': trainingCsv({ curves }) },
    format: 'thermograd-training-report',
    version: 1,
    document: { curves },
    run,
    citations: citationsOf([], JSON.stringify(run)),
  });
}

/** The last values that were measured, with the epoch of each where it is not the last one. */
function keyNumbers(c: TrainingCurves, samples: number): [string, string][] {
  const last = (values: readonly number[], words: (value: number) => string): string | undefined => {
    const at = values.findLastIndex((v) => Number.isFinite(v));
    if (at < 0) return undefined;
    return `${words(values[at])}${at === c.epoch.length - 1 ? '' : ` (epoch ${formatCount(c.epoch[at])})`}`;
  };
  const percent = (share: number) => `${formatNumber(100 * share)} %`;
  const numbers: [string, string | undefined][] = [
    ['training loss', last(c.trainLoss, (v) => formatNumber(v))],
    ['training errors', last(c.trainErrors, (v) => `${formatCount(v)} of ${formatCount(samples)}`)],
    ['test loss', last(c.testLoss, (v) => formatNumber(v))],
    ['test errors', last(c.testAccuracy, (v) => percent(1 - v))],
    ['norm of the weights', last(c.weightNorm, (v) => formatNumber(v))],
  ];
  return numbers.filter((entry): entry is [string, string] => entry[1] !== undefined);
}
