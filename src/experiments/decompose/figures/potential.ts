/** Contours of a potential and the current along them. docs/theory [D6], [D7]. */
import * as Plot from '@observablehq/plot';
import type { PotentialPlane } from '../../../analyse/decomposition/plane.js';
import * as is from '../../../numeric/wants.js';
import { linearAxis, linearDomain, sameScale, scaleWords, stepTicks } from '../../../report/figures/axes.js';
import { drawFigure, type Figure } from '../../../report/figures/frame.js';
import { COLOURS, rampColour } from '../../../report/figures/palette.js';
import { formatNumber, formatPlain, subscript } from '../../../report/format.js';

/** Contours at these multiples of the standard deviation: the potential there is ½r² noise strengths. */
const CONTOURS = [0.5, 1, 1.5, 2, 2.5, 3];
const RINGS = [0.5, 1, 1.5, 2];
/** Arrows on a ring of radius r. */
const arrowsOn = (r: number): number => Math.round(5 + 5 * r);
/** Length of the longest arrow in standard deviations. */
const LONGEST = 0.5;

const PLANE_WANTS = is.shape<PotentialPlane>({
  axes: is.some(is.listOf(is.numbers)),
  covariance: is.numbers,
  circulation: is.finite,
  noiseStrength: is.finite,
  n: is.count,
  share: is.number,
});

type Point = readonly [number, number];

/** The potential in a plane, as contours, and the stationary current as arrows. Pure. */
export function potentialFigure(p: PotentialPlane): Figure {
  is.given('potentialFigure', { p }, { p: PLANE_WANTS });
  return p.axes.length === 1 ? alongLine(p) : inPlane(p);
}

function inPlane(p: PotentialPlane): Figure {
  const [vx, vxy, vy] = p.covariance;
  const sx = Math.sqrt(vx);
  // z = root·w has a round potential: root is the lower triangular square root of the covariance
  const slope = vxy / sx;
  const rest = Math.sqrt(Math.max(0, vy - slope * slope));
  const place = (r: number, angle: number): Point => [
    sx * r * Math.cos(angle),
    slope * r * Math.cos(angle) + rest * r * Math.sin(angle),
  ];
  const turn = 2 * Math.PI;
  const ellipses = CONTOURS.map((r) => Array.from({ length: 121 }, (_, k) => place(r, (turn * k) / 120)));
  const arrows = p.circulation === 0 ? [] : currentArrows(place, Math.sign(p.circulation));
  const all = ellipses[ellipses.length - 1];
  const [x, y] = [0, 1].map((i) =>
    linearDomain(
      all.map((z) => z[i]),
      0.06,
    ),
  );
  const colour = (k: number) => rampColour((k + 0.5) / CONTOURS.length);
  return {
    name: 'potential',
    title: 'Potential and current',
    ...drawFigure({
      name: 'potential',
      title: 'Contours of the potential with the stationary current along them',
      width: 520,
      height: 470,
      equal: sameScale(x, y),
      x: linearAxis(axisLabel(p, 0), x),
      y: linearAxis(axisLabel(p, 1), y),
      marks: [
        ...ellipses.map((points, k) =>
          Plot.line(points, { x: (z: Point) => z[0], y: (z: Point) => z[1], stroke: colour(k), strokeWidth: 1.4 }),
        ),
        Plot.arrow(arrows, {
          x1: (a) => a.from[0],
          y1: (a) => a.from[1],
          x2: (a) => a.to[0],
          y2: (a) => a.to[1],
          stroke: COLOURS.ink,
          strokeWidth: 1.3,
          headLength: 5,
        }),
        Plot.dot([[0, 0]], { x: (z) => z[0], y: (z) => z[1], r: 2.5, fill: COLOURS.ink }),
      ],
      legend: [
        {
          label: 'potential (noise strengths)',
          mark: 'ramp',
          steps: CONTOURS.map((_, k) => colour(k)),
          ticks: stepTicks(CONTOURS.map((r) => (Number.isInteger(r) ? formatPlain(0.5 * r * r) : ''))),
        },
        ...(arrows.length > 0 ? [{ label: 'current', mark: 'line' as const, colour: COLOURS.ink }] : []),
      ],
    }),
    caption: caption(p) + scaleWords(x, y),
  };
}

/** rho·velocity is along the contour, proportional to r·exp(−r²/2) in the round coordinates; the longest has a set length. */
function currentArrows(place: (r: number, angle: number) => Point, sense: number): { from: Point; to: Point }[] {
  const strength = (r: number) => r * Math.exp(-0.5 * r * r);
  return RINGS.flatMap((r) =>
    Array.from({ length: arrowsOn(r) }, (_, k) => {
      const angle = (2 * Math.PI * (k + (RINGS.indexOf(r) % 2) / 2)) / arrowsOn(r);
      // along the contour, so that long arrows do not leave it
      const swing = ((sense * LONGEST * strength(r)) / strength(1) / r) * 0.5;
      return { from: place(r, angle - swing), to: place(r, angle + swing) };
    }),
  );
}

function alongLine(p: PotentialPlane): Figure {
  const s = Math.sqrt(p.covariance[0]);
  const points = Array.from({ length: 121 }, (_, k) => {
    const r = -3 + k / 20;
    return [r * s, 0.5 * r * r * p.noiseStrength] as const;
  });
  return {
    name: 'potential',
    title: 'Potential',
    ...drawFigure({
      name: 'potential',
      title: 'The potential of one coordinate',
      x: linearAxis(axisLabel(p, 0), linearDomain(points.map((z) => z[0]))),
      y: linearAxis('potential', linearDomain(points.map((z) => z[1]))),
      marks: [Plot.line(points, { x: (z) => z[0], y: (z) => z[1], stroke: COLOURS.blue, strokeWidth: 1.8 })],
      legend: [{ label: 'potential', mark: 'line', colour: COLOURS.blue }],
    }),
    caption: 'One coordinate has a potential and no current.',
  };
}

/** `x₁` where the axis is a coordinate, else which coordinate it follows most. Counted from 0, like the arrays. */
function axisLabel(p: PotentialPlane, k: number): string {
  const axis = p.axes[k];
  let most = 0;
  for (let i = 0; i < axis.length; i++) if (Math.abs(axis[i]) > Math.abs(axis[most]) + 1e-9) most = i;
  if (Math.abs(axis[most]) > 1 - 1e-6) return `${axis[most] < 0 ? '−' : ''}x${subscript(most)}`;
  return `${k === 0 ? 'first' : 'second'} axis, ${formatNumber(axis[most], 2)} along x${subscript(most)}`;
}

function caption(p: PotentialPlane): string {
  const shadow =
    p.n > 2
      ? ` All ${p.n - 2} other ${p.n === 3 ? 'direction is' : 'directions are'} averaged over: potential and current of the marginal.`
      : '';
  const contours =
    'Contours at 0.5, 1, … 3 standard deviations, where the potential is ½, 2, … times the noise strength up to 4.5.';
  if (p.circulation === 0)
    return `The potential in the plane of the ${p.n > 2 ? 'two largest variances' : 'two coordinates'}. ${contours} Nothing turns here: detailed balance holds.${shadow}`;
  return (
    `The potential in the plane of the strongest vortex, which carries ${formatNumber(100 * p.share)} % of the flux. ${contours} ` +
    `Arrows follow the stationary current, longer where it is stronger: it runs along the contours and never down them. ` +
    `Circulation ${formatNumber(p.circulation)}.${shadow}`
  );
}
