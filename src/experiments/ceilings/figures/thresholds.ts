/** The learning rate at which runs leave against what a rule states, one point for each state. docs/theory [N6]. */
import * as Plot from '@observablehq/plot';
import { logAxis, logDomain } from '../../../report/figures/axes.js';
import { type Drawn, drawFigure } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import { formatCount, formatNumber } from '../../../report/format.js';
import type { JudgedRival, Judging } from '../judging.js';
import { RIVAL_NAMES, statedLog } from '../rivals.js';

/** Draws the brackets of all states against the stated values of one rule. */
export function thresholdsAgainst(
  judging: Judging | undefined,
  pick: (j: Judging) => JudgedRival,
  name: string,
): Drawn {
  if (!judging) return { name, missing: 'fewer than eight states have a threshold.' };
  const { fit, rival, scores } = pick(judging);
  const points = (['fitted', 'judged'] as const).flatMap((half) =>
    judging[half].flatMap(({ state, low, high, threshold }) => {
      const stated = Math.exp(statedLog(fit, state));
      return Number.isFinite(stated) ? [{ half, stated, low, high, threshold }] : [];
    }),
  );
  const domain = logDomain(points.flatMap((p) => [p.stated, p.low, p.high]));
  // the band is cut at the frame, so that its corners are points of the frame
  const cut = [domain[0], domain[0] * Math.exp(fit.half), domain[1] * Math.exp(-fit.half), domain[1]]
    .filter((x) => x >= domain[0] && x <= domain[1])
    .sort((a, b) => a - b)
    .map((stated) => ({
      stated,
      low: Math.max(domain[0], stated * Math.exp(-fit.half)),
      high: Math.min(domain[1], stated * Math.exp(fit.half)),
    }));
  const colour = (half: string) => (half === 'judged' ? COLOURS.blue : COLOURS.muted);
  return {
    name,
    title: `Learning rate at which runs leave, against ${RIVAL_NAMES[rival]}`,
    ...drawFigure({
      name,
      title: `Learning rates at which short runs leave the basin against the value stated by a rule: ${RIVAL_NAMES[rival]}`,
      width: 480,
      height: 400,
      x: logAxis('stated learning rate', domain),
      y: logAxis('learning rate at which runs leave', domain),
      legend: [
        { label: 'judged states', mark: 'dot', colour: COLOURS.blue },
        { label: 'fitted states', mark: 'dot', colour: COLOURS.muted },
        { label: '95 % interval', mark: 'area', colour: COLOURS.green },
        { label: 'equal', mark: 'dash', colour: COLOURS.ink },
      ],
      marks: [
        Plot.areaY(cut, { x: 'stated', y1: 'low', y2: 'high', fill: COLOURS.green, fillOpacity: 0.14 }),
        Plot.line(
          domain.map((stated) => ({ stated })),
          { x: 'stated', y: 'stated', stroke: COLOURS.ink, strokeDasharray: '6 4' },
        ),
        Plot.ruleX(points, {
          x: 'stated',
          y1: 'low',
          y2: 'high',
          stroke: (p: { half: string }) => colour(p.half),
          strokeWidth: 1.4,
        }),
        Plot.dot(points, {
          x: 'stated',
          y: 'threshold',
          r: 3,
          fill: (p: { half: string }) => colour(p.half),
        }),
      ],
    }),
    caption: `${formatNumber(fit.factor, 3)} times ${RIVAL_NAMES[rival]}, fitted on ${formatCount(fit.n)} states. Bars: from the largest rate at which all six runs stay to the smallest at which most leave. On the judged states it misses by a factor of ${formatNumber(Math.exp(scores.miss.value), 3)} (root mean square).`,
  };
}
