/** One page or more of every kind that the program makes, from made-up results. */
import type { PotentialPlane } from '../../src/analyse/decomposition/plane.js';
import { renderAdvice } from '../../src/experiments/advise/page.js';
import { ao2022Findings } from '../../src/experiments/ao2022/findings.js';
import { renderAo2022 } from '../../src/experiments/ao2022/page.js';
import { renderCeilings } from '../../src/experiments/ceilings/page.js';
import { renderControls } from '../../src/experiments/controls/page.js';
import { potentialFigure } from '../../src/experiments/decompose/figures/potential.js';
import { renderDecomposition } from '../../src/experiments/decompose/page.js';
import { decompositionSummary, vorticesDocument } from '../../src/experiments/decompose/summary.js';
import { renderForget } from '../../src/experiments/forget/page.js';
import { renderGenerality } from '../../src/experiments/generality/page.js';
import { renderReport } from '../../src/experiments/ivf2021/page.js';
import { renderSeeds } from '../../src/experiments/ivf2021/seeds/page.js';
import { renderTraining } from '../../src/experiments/ivf2021/training-page.js';
import { renderProtection } from '../../src/experiments/protect/page.js';
import { recordingFindings } from '../../src/experiments/recording/findings.js';
import { leftOut } from '../../src/experiments/recording/left-out.js';
import { renderRecording } from '../../src/experiments/recording/page.js';
import { renderSimulation } from '../../src/experiments/simulate/page.js';
import { renderSweep } from '../../src/experiments/sweep/page.js';
import type { SweepConfig } from '../../src/experiments/sweep/schema.js';
import { renderValley2023 } from '../../src/experiments/valley2023/page.js';
import type { Report } from '../../src/report/input.js';
import { adviceStudy } from './advise-results.js';
import { syntheticAo2022 } from './ao2022-results.js';
import { ceilingsStudy } from './ceilings-results.js';
import { syntheticControls } from './controls-results.js';
import { decomposition, summaryInput, turning } from './decompose-results.js';
import { madeComparison } from './forget-results.js';
import { forgetStudy } from './forget-study.js';
import { generalityStudy } from './generality-results.js';
import { syntheticAnalysis, syntheticReport } from './ivf2021-results.js';
import { protection } from './protect-results.js';
import { measured } from './recording-results.js';
import { line, plane } from './simulate-results.js';
import { diagramCells } from './sweep-cells.js';
import { unlikeStudy } from './valley-network-results.js';
import { unlikeValley } from './valley-unlike.js';

const SWEEP: SweepConfig = {
  name: 'made-up',
  experiment: 'train',
  base: { data: { set: 'mnist', limit: 2000 } },
  axes: [
    { key: 'training.learningRate', form: { kind: 'log', from: 0.02, to: 2, count: 8 } },
    { key: 'training.batchSize', form: { kind: 'powers', base: 2, from: 2, to: 8 } },
  ],
  design: { kind: 'product', groups: [['training.learningRate'], ['training.batchSize']] },
  measure: ['loss', 'trace', 'ceiling', 'flatness', 'divergence'].map((name) => ({ name })) as never,
  until: { loss: 0.05, within: 6000 },
  laws: ['trace ~ (eta/B)^a, a = -0.6'],
  figures: [
    { kind: 'heat', x: 'B', y: 'eta', value: 'trace', bound: ['edge'] },
    { kind: 'curve', x: 'B', y: 'trace', by: 'eta' },
    { kind: 'collapse', y: 'trace', z: 'B', x: 'eta' },
  ],
} as never;

const PLANE: PotentialPlane = {
  axes: [Float64Array.of(1, 0), Float64Array.of(0, 1)],
  covariance: [2.3, 0.9, 0.8],
  circulation: 0.3,
  noiseStrength: 1.7,
  n: 2,
  share: 1,
};

const { run } = syntheticReport();
const ao = syntheticAo2022();

/** Functions that make the reports, by the name of the experiment or the command. */
export const REPORTS: Readonly<Record<string, () => Report>> = {
  ivf2021: () => renderReport(syntheticReport()),
  seeds: () =>
    renderSeeds({
      title: 'Seeds',
      runs: [1, 2, 3].map((seed) => ({ seed, analysis: syntheticAnalysis({ seed }) })),
      run,
    }),
  ao2022: () => renderAo2022({ title: 'Decomposition', results: ao, findings: ao2022Findings(ao), run }),
  controls: () => renderControls(syntheticControls()),
  valley2023: () => renderValley2023({ title: 'Valley', model: unlikeValley(), network: unlikeStudy(), run }),
  forget: () => renderForget(forgetStudy()),
  forgetMany: () => renderForget(madeComparison()),
  generality: () => renderGenerality(generalityStudy()),
  ceilings: () => renderCeilings(ceilingsStudy()),
  advise: () => renderAdvice(adviceStudy()),
  sweep: () => renderSweep({ title: 'Sweep', config: SWEEP, cells: diagramCells(), run }),
  simulate: () => renderSimulation(plane()),
  simulateLine: () => renderSimulation(line()),
  recording: () => {
    const m = measured();
    const findings = recordingFindings(m);
    return renderRecording({ title: 'Recording', measured: m, findings, leftOut: leftOut(m), run });
  },
  decompose: () =>
    renderDecomposition({
      summary: decompositionSummary(summaryInput({ files: ['sigma.npy', 'q.npy', 'summary.json'] })),
      vortices: vorticesDocument(turning, decomposition()),
      figure: potentialFigure(PLANE),
      run,
    }),
  protect: () =>
    renderProtection(
      protection({
        layers: [
          {
            block: 'layer1',
            constrained: 3,
            excluded: 1,
            why: 'the loss falls on one side',
            stiffness: [0.81, 0.12, 0.37],
          },
          { block: 'layer2', constrained: 1234, excluded: 0, why: '', stiffness: [0.02, 2.13] },
        ],
        file: 'penalty.npz',
      }),
      run,
    ),
  train: () =>
    renderTraining({
      title: 'Training',
      curves: {
        epoch: [1, 2, 3],
        runningLoss: [1.5, 0.9, 0.7],
        runningAccuracy: [0.4, 0.6, 0.7],
        trainLoss: [1.2, Number.NaN, 0.625],
        trainErrors: [700, Number.NaN, 260],
        testLoss: [1.3, 0.875, Number.NaN],
        testAccuracy: [0.45, 0.625, Number.NaN],
        weightNorm: [2.5, 3.5, 4.5],
        stepsPerEpoch: 40,
        window: [3, 3],
        stopped: 'after 2 epochs',
      },
      samples: 2000,
      layers: ['layer2'],
      run,
    }),
};
