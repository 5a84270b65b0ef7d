/** Public names of the room experiments that need no module of Node: findings and pages of experiments, from documents in memory. */

export { ao2022Findings } from '../experiments/ao2022/findings.js';
export type {
  Ao2022Results,
  Ao2022Setting,
  Ao2022System,
  ChainLink,
  FallWithFlatness,
  GammaTest,
  LandscapeRow,
  ModeAgreement,
  ModeGroupRatio,
  RulePower,
  SimulatedWindows,
  TrajectoryTests,
  WalkCorrelation,
  WidthComparison,
} from '../experiments/ao2022/measured.js';
export { potentialFigure } from '../experiments/decompose/figures/potential.js';
export type { Ivf2021Input } from '../experiments/ivf2021/facts.js';
export { ivf2021Findings } from '../experiments/ivf2021/findings.js';
export type { LayerResults } from '../experiments/ivf2021/of-layer.js';
export { type ReportInput, renderReport } from '../experiments/ivf2021/page.js';
export type { Ends as RelationEnds, WindowEnds } from '../experiments/ivf2021/relation-ends.js';
export type { RelationDocument } from '../experiments/ivf2021/relation-stage.js';
