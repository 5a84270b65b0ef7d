/** Findings on the learning rates at which runs become unstable and diverge; the rules stand at the head of findings.ts. */
import type { Estimate } from '../../../numeric/estimate.js';
import { halfWidth } from '../../../numeric/interval.js';
import { overSeeds } from '../../../numeric/seeds.js';
import { decide, UNDECIDED, verdictOf } from '../../../report/deciding.js';
import type { Finding, Verdict } from '../../../report/finding.js';
import { formatEstimate } from '../../../report/format.js';
import { type CeilingRow, PREDICTIONS } from './ceilings.js';
import type { CeilingPrediction, NetworkInput } from './measured.js';
import { exponentVerdict, wide } from './words.js';

/** How far a measured ceiling over the predicted one may lie from 1. */
const TOLERANCE = 0.3;

export function ceiling(
  rows: readonly CeilingRow[],
  start: CeilingRow['start'],
  name: keyof CeilingPrediction,
  { ceiling: c }: NetworkInput,
): Finding {
  const own = rows.filter((r) => r.start === start);
  const far = (e: Estimate) => (Number.isFinite(e.value) ? Math.abs(Math.log(e.value)) : -1);
  const ratios = own.map((r) => r.ratios[name]);
  const worst = ratios.reduce<Estimate>((a, b) => (far(b) > far(a) ? b : a), overSeeds([]));
  return {
    id: `valley-network.ceiling-${start === 'initial' ? 'initial' : kebab(name)}`,
    claim:
      start === 'initial'
        ? 'Training from the initial weights becomes unstable at 2/h_max of these weights'
        : `SGD leaves a solution at the learning rate that theory predicts: ${PREDICTIONS[name]}`,
    source: name === 'edge' ? 'theory [A2]' : 'theory [V4], [R6]',
    measured: worst,
    unit: 'measured over predicted, for the batch size that deviates most',
    stated: '1',
    range: `${c.steps} steps; unstable once the mean loss of ${c.window} steps exceeds ${start === 'initial' ? 'twice chance' : 'ten times that of the solution'}`,
    verdict: verdictOf(...ratios.map((e) => decide(e, 1, { tolerance: TOLERANCE }))),
    reason: `By batch size: ${own.map((r) => `${formatEstimate(r.ratios[name])} (B = ${r.batchSize})`).join(', ')}.`,
  };
}

const kebab = (name: string): string => name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);

export function slopeOfCeiling(slope: Estimate): Finding {
  return {
    id: 'valley-network.ceiling-slope',
    claim: 'Batch-to-batch variance of the curvature lowers the ceiling of the learning rate as 2l/(l² + Var l)',
    source: 'theory [V4]',
    measured: slope,
    unit: 'd ln measured/d ln predicted over batch sizes',
    stated: '1',
    verdict: exponentVerdict(slope),
    reason: wide(slope),
  };
}

export function recovery(rows: readonly CeilingRow[]): Finding {
  const own = rows.filter((r) => r.start === 'trained');
  const last = own.reduce<CeilingRow | undefined>((a, b) => (a && a.batchSize > b.batchSize ? a : b), undefined);
  const e = last?.recovery ?? overSeeds([]);
  const half = halfWidth(e);
  const verdict: Verdict =
    e.n < 2 || !Number.isFinite(e.value)
      ? UNDECIDED
      : e.value - half > 1.2
        ? 'reproduced'
        : e.value < 1.2 && e.value + half < 1.5
          ? 'not reproduced'
          : UNDECIDED;
  return {
    id: 'valley-network.recovery',
    claim:
      'Between instability and divergence there are learning rates at which networks leave a solution and are not lost',
    source: 'secondary source: edge of stability, catapult',
    measured: e,
    unit: 'learning rate of divergence over that of instability',
    stated: 'above 1',
    range: `from a solution, B = ${last?.batchSize ?? '–'}`,
    verdict,
    reason: `By batch size: ${own.map((r) => `${formatEstimate(r.recovery)} (B = ${r.batchSize})`).join(', ')}. Where they settle was not measured. ${wide(e)}`,
  };
}
