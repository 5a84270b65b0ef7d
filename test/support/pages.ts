/** One page of every experiment, from made-up results. */

import { renderAdvice } from '../../src/experiments/advise/page.js';
import { ao2022Findings } from '../../src/experiments/ao2022/findings.js';
import { renderAo2022 } from '../../src/experiments/ao2022/page.js';
import { renderCeilings } from '../../src/experiments/ceilings/page.js';
import { renderControls } from '../../src/experiments/controls/page.js';
import { renderForget } from '../../src/experiments/forget/page.js';
import { renderReport } from '../../src/experiments/ivf2021/page.js';
import { renderSeeds } from '../../src/experiments/ivf2021/seeds/page.js';
import { renderSimulation } from '../../src/experiments/simulate/page.js';
import { renderSweep } from '../../src/experiments/sweep/page.js';
import type { SweepConfig } from '../../src/experiments/sweep/schema.js';
import { renderValley2023 } from '../../src/experiments/valley2023/page.js';
import type { Report } from '../../src/report/input.js';
import { adviceStudy } from './advise-results.js';
import { syntheticAo2022 } from './ao2022-results.js';
import { ceilingsStudy } from './ceilings-results.js';
import { syntheticControls } from './controls-results.js';
import { forgetStudy } from './forget-study.js';
import { syntheticAnalysis, syntheticReport } from './ivf2021-results.js';
import { plane } from './simulate-results.js';
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

/** Makes the reports, by the name of the experiment. */
export function everyReport(): Record<string, Report> {
  const { run } = syntheticReport();
  const ao = syntheticAo2022();
  return {
    ivf2021: renderReport(syntheticReport()),
    seeds: renderSeeds({
      title: 'Seeds',
      runs: [1, 2, 3].map((seed) => ({ seed, analysis: syntheticAnalysis({ seed }) })),
      run,
    }),
    ao2022: renderAo2022({ title: 'Decomposition', results: ao, findings: ao2022Findings(ao), run }),
    controls: renderControls(syntheticControls()),
    valley2023: renderValley2023({ title: 'Valley', model: unlikeValley(), network: unlikeStudy(), run }),
    forget: renderForget(forgetStudy()),
    ceilings: renderCeilings(ceilingsStudy()),
    advise: renderAdvice(adviceStudy()),
    sweep: renderSweep({ title: 'Sweep', config: SWEEP, cells: diagramCells(), run }),
    simulate: renderSimulation(plane()),
  };
}
