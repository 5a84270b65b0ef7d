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
import { diagramCells, diagramConfig } from './sweep-cells.js';
import { curves } from './training-curves.js';
import { unlikeStudy } from './valley-network-results.js';
import { unlikeValley } from './valley-unlike.js';

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
  sweep: () => renderSweep({ title: 'Sweep', config: diagramConfig, cells: diagramCells(), run }),
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
  protect: () => renderProtection(protection({ file: 'penalty.npz' }), run),
  train: () =>
    renderTraining({
      title: 'Training',
      curves,
      samples: 2000,
      layers: ['layer2'],
      run,
    }),
};
