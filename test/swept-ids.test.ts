/** The ids that a sweep may ask of an experiment are those that the experiment emits. */
import { expect, it } from 'vitest';
import { ao2022Findings } from '../src/experiments/ao2022/findings.js';
import { controlsFindings } from '../src/experiments/controls/findings.js';
import { forgetFindings } from '../src/experiments/forget/findings.js';
import { ivf2021Findings } from '../src/experiments/ivf2021/findings.js';
import { relationFindings } from '../src/experiments/ivf2021/findings-relation.js';
import {
  adviceNumbers,
  checkIds,
  type SweptName,
  simulationNumbers,
  sweptExperiment,
} from '../src/experiments/swept.js';
import { valleyFindings } from '../src/experiments/valley2023/findings.js';
import { adviceStudy } from './support/advise-results.js';
import { syntheticAo2022 } from './support/ao2022-results.js';
import { syntheticControls } from './support/controls-results.js';
import { type Made, madeComparison, madeInput } from './support/forget-results.js';
import { forgetStudy } from './support/forget-study.js';
import { input } from './support/ivf2021-input.js';
import { line, plane, planeInTime } from './support/simulate-results.js';
import { idealValley } from './support/valley-results.js';
import { unlikeValley } from './support/valley-unlike.js';

const regime = {
  psi: { value: 4, standardError: 0.1, n: 30, method: 'made up', converged: true },
  points: 30,
  decades: 1,
  r2: 0.9,
};
/** Every constraint, at one strength. */
const EVERY: Made[] = [
  { method: 'none', test: [0.6, 0.97] },
  ...['ldc', 'hessian', 'potential', 'vortex', 'random'].map(
    (method): Made => ({ method, constraints: 50, multiple: 1, test: [0.9, 0.95] }),
  ),
];

/** The ids of findings on made-up results in which everything was measured. */
const EMITTED: Partial<Record<SweptName, () => readonly string[]>> = {
  ivf2021: () =>
    [
      ...ivf2021Findings(input()),
      // one layer among several, and the optimiser's own coordinates
      ...relationFindings({ met: false, stopped: 'made up', measured: { regimes: { own: regime } } } as never),
    ].map(({ id }) => id),
  ao2022: () => ao2022Findings(syntheticAo2022()).map(({ id }) => id),
  controls: () => controlsFindings(syntheticControls()).findings.map(({ id }) => id),
  forget: () =>
    [forgetStudy(), madeComparison(), madeInput(EVERY)].flatMap((made) =>
      forgetFindings(made).findings.map(({ id }) => id),
    ),
  valley2023: () => [idealValley(), unlikeValley()].flatMap((made) => valleyFindings(made).map(({ id }) => id)),
  advise: () => Object.keys(adviceNumbers(adviceStudy().advice)),
  simulate: () =>
    [line(), plane(), planeInTime()].flatMap(({ methods }) =>
      Object.keys(simulationNumbers(methods.map(({ summary }) => summary))),
    ),
};

it.each(Object.keys(EMITTED) as SweptName[])('%s', async (name) => {
  const swept = await sweptExperiment(name);
  const emitted = new Set(EMITTED[name]!());
  checkIds(name, swept, [...emitted]);
  expect(swept.ids.filter((id) => !id.endsWith('*') && !emitted.has(id))).toEqual([]);
});
