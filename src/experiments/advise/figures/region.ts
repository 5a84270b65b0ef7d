/** The plane of batch size and learning rate: the bounds for a quadratic loss, the runs, the present setting. docs/theory [A1], [A2]. */
import * as Plot from '@observablehq/plot';
import type { Advice } from '../../../apply/advice.js';
import { type AdviceFacts, factsOf } from '../../../apply/advice-facts.js';
import type { Outcome, Verification } from '../../../apply/advice-verify.js';
import { logAxis, logDomain } from '../../../report/figures/axes.js';
import { type Drawn, drawFigure, type LegendEntry } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import { formatCount, formatNumber } from '../../../report/format.js';

const MARKS: Record<Outcome, { readonly mark: 'dot' | 'triangle' | 'ring' | 'cross'; readonly colour: string }> = {
  stays: { mark: 'dot', colour: COLOURS.green },
  returns: { mark: 'triangle', colour: COLOURS.blue },
  leaves: { mark: 'ring', colour: COLOURS.orange },
  diverges: { mark: 'cross', colour: COLOURS.orange },
};

export function adviceRegion(advice: Advice, facts: AdviceFacts, v: Verification | null): Drawn {
  const name = 'advice-region';
  const c = factsOf(facts.curvature);
  const n = factsOf(facts.noise);
  if (!c || !advice.ceiling) return { name, missing: 'there is no ceiling on the learning rate at this state.' };
  const { point, batch } = advice;
  const tested = v?.runs ?? [];
  const first = c.line[0].ceiling.value;
  const x = logDomain([1, point.samples], 0.05);
  const y = logDomain(
    [0.5 * first, 1.6 * c.edge.value, point.learningRate, ...tested.map((r) => r.learningRate)],
    0.25,
  );
  const inside = (value: number) => Math.min(y[1], Math.max(y[0], value));
  const line = c.line.map(({ batchSize, ceiling: e }) => ({
    b: batchSize,
    eta: e.value,
    low: inside(e.value - e.standardError),
    high: inside(e.value + e.standardError),
  }));
  const low = v?.bracket[0] ?? null;
  const stays = low === null ? [] : [y[0], low].map((eta) => ({ b: point.batchSize, eta }));
  const temperature = point.learningRate / point.batchSize;
  const equal = [0.1, 1, 10].flatMap((f) => [1, point.samples].map((b) => ({ b, eta: f * temperature * b, f })));
  const step = advice.bestStep && n;
  const steps = step
    ? c.line.map(({ batchSize: b }) => ({ b, eta: advice.bestStep!.atFull / (1 + n.weighted.value / b) }))
    : [];
  const seen = tested.map((r) => ({ ...r, b: point.batchSize * 1.13 ** (r.seed - (count(tested) - 1) / 2) }));
  const inFrame = batch !== null && batch.critical.value.value > x[0] && batch.critical.value.value < x[1];
  const outcomes = (['stays', 'returns', 'leaves', 'diverges'] as const).filter((o) =>
    seen.some((r) => r.outcome === o),
  );
  const legend: LegendEntry[] = [
    { label: 'ceiling, ± standard error', mark: 'line', colour: COLOURS.orange },
    { label: 'edge, full batches', mark: 'dash', colour: COLOURS.orange },
    ...(stays.length > 0 ? [{ label: 'all runs stay', mark: 'line' as const, colour: COLOURS.green }] : []),
    ...(batch && inFrame ? [{ label: 'critical batch', mark: 'rule' as const, colour: COLOURS.purple }] : []),
    ...(step ? [{ label: 'best single step', mark: 'line' as const, colour: COLOURS.blue }] : []),
    { label: 'equal η/B', mark: 'dots', colour: COLOURS.muted },
    { label: 'present', mark: 'ring', colour: COLOURS.ink },
    ...outcomes.map((o) => ({ label: `run ${o}`, ...MARKS[o] })),
  ];
  return {
    name,
    title: 'Where to train',
    ...drawFigure({
      name,
      title:
        'Learning rate against batch size: ceiling, edge of stability, runs, critical batch size and the present setting',
      width: 820,
      height: 470,
      x: logAxis('batch size B (samples)', x),
      y: logAxis('learning rate η', y),
      legend,
      marks: [
        Plot.line(stays, { x: 'b', y: 'eta', stroke: COLOURS.green, strokeWidth: 7, strokeOpacity: 0.35 }),
        Plot.line(equal, { x: 'b', y: 'eta', z: 'f', stroke: COLOURS.muted, strokeDasharray: '2 3', clip: true }),
        ...(batch && inFrame
          ? [
              Plot.ruleX([batch.critical.value.value], {
                stroke: COLOURS.purple,
                strokeDasharray: '3 2',
                strokeWidth: 1.5,
              }),
            ]
          : []),
        ...(batch && batch.critical.interval[0] < x[1]
          ? [
              Plot.rect([batch.critical.interval], {
                x1: (i: readonly [number, number]) => Math.max(x[0], i[0]),
                x2: (i: readonly [number, number]) => Math.min(x[1], i[1]),
                y1: y[0],
                y2: y[1],
                fill: COLOURS.purple,
                fillOpacity: 0.1,
              }),
            ]
          : []),
        Plot.line(steps, { x: 'b', y: 'eta', stroke: COLOURS.blue, strokeWidth: 1.6, clip: true }),
        Plot.areaY(line, { x: 'b', y1: 'low', y2: 'high', fill: COLOURS.orange, fillOpacity: 0.18, clip: true }),
        Plot.line(line, { x: 'b', y: 'eta', stroke: COLOURS.orange, strokeWidth: 2, clip: true }),
        Plot.ruleY([c.edge.value], { stroke: COLOURS.orange, strokeDasharray: '6 4', strokeWidth: 1.6 }),
        ...outcomes.map((o) => {
          const runs = seen.filter((r) => r.outcome === o);
          const { mark, colour } = MARKS[o];
          return Plot.dot(runs, {
            x: 'b',
            y: 'learningRate',
            r: 4,
            symbol: mark === 'cross' ? 'times' : mark === 'triangle' ? 'triangle' : 'circle',
            ...(mark === 'dot' || mark === 'triangle' ? { fill: colour } : { stroke: colour, strokeWidth: 1.8 }),
          });
        }),
        Plot.dot([point], { x: 'batchSize', y: 'learningRate', r: 8, stroke: COLOURS.ink, strokeWidth: 2 }),
      ],
    }),
    caption:
      'Above the ceiling E|w|² cannot stay bounded if the loss is quadratic with the curvature of this state; nothing is advised from it, because real losses are not quadratic. ' +
      'Where the ceiling runs parallel to the dotted lines of equal η/B, minibatches limit the rate; where it bends to the edge, the mean curvature does. ' +
      (step ? 'The best single step is the greedy optimum of one step ([A1], secondary source). ' : '') +
      (batch && !inFrame
        ? `The critical batch, ${formatNumber(batch.critical.value.value)} samples, lies ${batch.critical.value.value >= x[1] ? 'right' : 'left'} of the frame. `
        : '') +
      (v
        ? `Points: runs of ${formatCount(v.epochs)} epochs from this state, with seeds shifted slightly apart.`
        : 'No runs were made, so that no rate is advised.'),
  };
}

const count = (runs: Verification['runs']): number => Math.max(0, ...runs.map((r) => r.seed)) + 1;
