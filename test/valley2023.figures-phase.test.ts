/** What the figures of the phase diagram, of freezing and of circulation show, read back from their marks: made-up numbers, none alike. */
import { describe, expect, it } from 'vitest';
import { circulationFigure } from '../src/experiments/valley2023/figures/circulation.js';
import {
  escapeTimes,
  finalFlatness,
  freezingTimes,
  occupationFigure,
} from '../src/experiments/valley2023/figures/freezing.js';
import { phaseDiagram } from '../src/experiments/valley2023/figures/phase.js';
import type { FreezingRow } from '../src/experiments/valley2023/measured.js';
import { RAMP } from '../src/report/figures/palette.js';
import { drawn, framed, legendIs, missing, paint, spans } from './support/drawn.js';
import { errorBars, extent, marks, offBy, type Point } from './support/reading.js';
import { unlikeValley } from './support/valley-unlike.js';

const m = unlikeValley();
/** Rounding to hundredths of a pixel. */
const EXACT = 0.05;
/** The step of the ramp at a share. */
const ramp = (share: number) => RAMP[Math.floor(10 * share)];

describe('the phase diagram', () => {
  const { phase } = m;
  const { figure, caption } = drawn(phaseDiagram(phase));
  const cells = phase.rates.flatMap((eta, j) =>
    phase.noise.map((s, i) => ({ s, eta, flat: phase.flatness[6 * j + i], lost: phase.diverged[6 * j + i] })),
  );
  /** Half a column is 0.4, half a row a factor √√4. */
  const corners = ({ s, eta }: (typeof cells)[number]): Point[] => [
    [s - 0.4, eta / Math.SQRT2],
    [s + 0.4, eta * Math.SQRT2],
  ];

  it('has a cell for each point, as flat as its colour says where fewer than half diverge, shaded where half do', () => {
    const alive = cells.filter((c) => c.lost < 0.5);
    const lost = cells.filter((c) => c.lost >= 0.5);
    expect([alive.length, lost.length]).toEqual([16, 14]);
    const shaded = marks(figure, { kind: 'rect', fill: paint(figure, /half or more/) });
    const coloured = marks(figure, { kind: 'rect', where: (r) => !shaded.includes(r) });
    // neighbours overlap by a fifth of a pixel, lest paper shows between them
    expect(offBy(figure, coloured, alive.flatMap(corners))).toBeLessThan(0.2 + EXACT);
    expect(coloured.map((r) => r.fill)).toEqual(alive.map((c) => ramp(c.flat)));
    expect(offBy(figure, shaded, lost.flatMap(corners))).toBeLessThan(0.2 + EXACT);
    expect(shaded.every((r) => r.opacity < 0.3)).toBe(true);
  });

  it('marks the middle of cells where some diverge', () => {
    const some = cells.filter((c) => c.lost > 0 && c.lost < 0.5);
    const dots = marks(figure, { kind: 'dot', stroke: paint(figure, /some/) });
    expect(
      offBy(
        figure,
        dots,
        some.map((c): Point => [c.s, c.eta]),
      ),
    ).toBeLessThan(EXACT);
    expect(some.length).toBe(6);
  });

  it('draws the four lines as far as they lie inside, those of the mean square full and the others dashed', () => {
    legendIs(figure, /order/, /half or more/, /some/, /sharp.*mean square/, /sharp.*almost sure/, /flat.*mean square/); // biome-ignore format: one line
    const inside = (values: readonly number[]) =>
      values.map((eta, k): Point => [phase.noise[k], eta]).filter(([, eta]) => eta < 0.16 * Math.SQRT2);
    const LINES = [
      ['sharpMeanSquare', /sharp.*mean square/, ''],
      ['sharpAlmostSure', /sharp.*almost sure/, '6 4'],
      ['flatMeanSquare', /flat.*mean square/, ''],
    ] as const;
    for (const [line, label, dash] of LINES) {
      expect(figure.legend.find((l) => label.test(l.label))!.dash).toBe(dash);
      const own = marks(figure, { kind: 'line', stroke: paint(figure, label), dash }).filter(
        (l) => l.points.length > 1,
      );
      expect(offBy(figure, own, inside(phase.lines[line])), line).toBeLessThan(EXACT);
    }
    expect(inside(phase.lines.flatMeanSquare)).toHaveLength(5);
    // sharp and flat end differ in colour, and each line stands on a wider one of the colour of the paper
    expect(paint(figure, /sharp.*mean/)).not.toBe(paint(figure, /flat.*mean/));
    expect(paint(figure, /sharp.*mean/)).toBe(paint(figure, /sharp.*almost/));
    const drawnLines = marks(figure, { kind: 'line' });
    drawnLines.forEach((l, k) => {
      if (k % 2 === 1) expect(drawnLines[k - 1].strokeWidth).toBeGreaterThan(l.strokeWidth);
    });
  });

  it('is framed by the outermost cells, and says how many points, walkers and steps there were', () => {
    spans(figure, 'x', -0.4, 4.4);
    spans(figure, 'y', 0.01 / Math.SQRT2, 0.16 * Math.SQRT2);
    expect([figure.x.type, figure.y.type]).toEqual(['linear', 'log']);
    expect(figure.xLabel).toMatch(/standard deviation over mean/);
    expect(figure.yLabel).toMatch(/η/);
    expect(caption).toMatch(/6 × 5 points, 77 walkers .* 1234 steps/);
    expect(missing(phaseDiagram({ ...phase, noise: [1] }))).toMatch(/single/);
    expect(missing(phaseDiagram({ ...phase, rates: [0.1] }))).toMatch(/single/);
    const least = { ...phase, noise: [1, 2], rates: [0.1, 0.2], flatness: [0, 0.3, 0.6, 0.9], diverged: [0, 0, 0, 0] };
    expect(marks(drawn(phaseDiagram(least)).figure, { kind: 'rect' })).toHaveLength(4);
  });
});

describe('freezing', () => {
  const { freezing } = m;
  const additive = [0.1, 0.2, 0.4].map((d) => freezing.rows.find((r) => r.noise === 'additive' && r.diffusion === d)!);
  const sharper = [0.2, 0.5].map((d) => freezing.rows.find((r) => r.noise === 'sharper' && r.diffusion === d)!);
  const colours = [RAMP[0], RAMP[5], RAMP[9]];

  it('occupation: walkers, Fokker-Planck and two states in time, by rising noise', () => {
    const { figure, caption } = drawn(occupationFigure(freezing));
    legendIs(figure, 'D = 0.1', 'D = 0.2', 'D = 0.4', /Fokker-Planck/, /two states/);
    expect(figure.legend.slice(0, 3).map((l) => l.colour)).toEqual(colours);
    const dotted = marks(figure, { kind: 'line', stroke: paint(figure, /two states/), dash: '2 3' });
    additive.forEach(({ curve }, k) => {
      const at = (values: readonly number[]) => curve.time.map((t, i): Point => [t, values[i]]);
      // every second of 37 times
      const dots = marks(figure, { kind: 'dot', fill: colours[k] });
      expect(
        offBy(
          figure,
          dots,
          at(curve.walkers).filter((_, i) => i % 2 === 0),
        ),
      ).toBeLessThan(EXACT);
      const line = marks(figure, { kind: 'line', stroke: colours[k], dash: '' });
      expect(offBy(figure, line, at(curve.fokkerPlanck).slice(1))).toBeLessThan(EXACT);
      expect(offBy(figure, dotted[k], at(curve.predicted))).toBeLessThan(EXACT);
    });
    expect(dotted).toHaveLength(3);
    spans(figure, 'x', 0, 80);
    spans(figure, 'y', 0, 1);
    expect(figure.xLabel).toMatch(/η·steps/);
    expect(caption).toMatch(/from 0\.4 to 2\.2/);
    expect(missing(occupationFigure({ ...freezing, rows: sharper }))).toMatch(/no training/);
    expect(paint(drawn(occupationFigure({ ...freezing, rows: additive.slice(1, 2) })).figure, 'D = 0.2')).toBe(RAMP[0]);
  });

  const byNoise = (of: (r: FreezingRow) => number, rows: readonly FreezingRow[]) =>
    rows.map((r): Point => [r.diffusion, of(r)]);
  /** Dots and bars stand in the order of the rows, lines go by rising noise. */
  const both = (
    figure: ReturnType<typeof drawn>['figure'],
    value: 'freezingTime' | 'final',
    theory: 'predictedTime' | 'fokkerPlanckFinal',
  ) => {
    // biome-ignore format: one line
    for (const [kind, label, rising] of [
      ['additive', /additive/, additive],
      ['sharper', /sharp/, sharper],
    ] as const) {
      const colour = paint(figure, label);
      const rows = freezing.rows.filter((r) => r.noise === kind && Number.isFinite(r[value].value));
      const dots = marks(figure, { kind: 'dot', fill: colour });
      expect(offBy(figure, dots, byNoise((r) => r[value].value, rows))).toBeLessThan(EXACT);
      const bars = errorBars(figure, 'y', { stroke: colour });
      expect(bars).toHaveLength(rows.length);
      rows.forEach((r, k) => {
        const { value: v, standardError: e } = r[value];
        const ends: Point[] = [[r.diffusion, v - e], [r.diffusion, v + e]]; // biome-ignore format: one line
        expect(offBy(figure, bars[k].mark, ends)).toBeLessThan(EXACT);
      });
      const line = marks(figure, { kind: 'line', stroke: colour });
      expect(offBy(figure, line, byNoise((r) => r[theory], rising))).toBeLessThan(EXACT);
    }
    expect(paint(figure, /additive/)).not.toBe(paint(figure, /sharp/));
    expect([figure.x.type, figure.y.type]).toEqual(['log', 'linear']);
  };

  it('freezing times: with one standard error, the two-state theory, and the end of training', () => {
    const { figure, caption } = drawn(freezingTimes(freezing));
    both(figure, 'freezingTime', 'predictedTime');
    legendIs(figure, /additive/, /sharp/, /two-state/, /end/);
    const [end] = marks(figure, { kind: 'rule', stroke: paint(figure, /end/), dash: '6 4' });
    expect(end.points.map((p) => Number(p[1].toFixed(2)))).toEqual([80, 80]);
    expect(figure.domain.y[0]).toBeLessThan(0);
    expect(figure.domain.y[1]).toBeGreaterThan(80);
    framed(
      figure,
      byNoise((r) => r.predictedTime, freezing.rows),
      ['x'],
    );
    expect(figure.yLabel).toMatch(/η·steps/);
    expect(caption).toMatch(/one standard error/i);
    expect(missing(freezingTimes({ ...freezing, rows: additive.slice(0, 1) }))).toMatch(/only one/);
    // a row without a time has no dot; two rows are enough
    const lost = { ...additive[0], freezingTime: { ...additive[0].freezingTime, value: Number.NaN } };
    const few = drawn(freezingTimes({ ...freezing, rows: [lost, additive[1]] })).figure;
    expect(marks(few, { kind: 'dot' })).toHaveLength(1);
    expect(errorBars(few, 'y')).toHaveLength(1);
  });

  it('the end of training: shares with one standard error, and the Fokker-Planck equation', () => {
    const { figure, caption } = drawn(finalFlatness(freezing));
    both(figure, 'final', 'fokkerPlanckFinal');
    legendIs(figure, /additive/, /sharp/, /Fokker-Planck/);
    spans(figure, 'y', 0, 1);
    framed(
      figure,
      byNoise((r) => r.predictedTime, freezing.rows),
      ['x'],
    );
    expect(caption).toMatch(/3\.3 times/);
    expect(missing(finalFlatness({ ...freezing, rows: additive.slice(0, 1) }))).toMatch(/only one/);
    expect(drawn(finalFlatness({ ...freezing, rows: additive.slice(0, 2) })).figure.marks.length).toBeGreaterThan(0);
  });

  it('escape times of four methods against the barrier', () => {
    const rows = [2, 5, 6].map((b) => freezing.escapes.find((e) => e.barrier === b)!);
    const { figure } = drawn(escapeTimes(freezing), { x: { type: 'linear' }, y: { type: 'log' } });
    const at = (of: (e: (typeof rows)[number]) => number) => rows.map((e): Point => [e.barrier, of(e)]);
    legendIs(figure, /walkers/, /exact/, /Fokker-Planck/, /Kramers/);
    const mark = (kind: string, label: RegExp, dash = '') =>
      marks(figure, { kind, colour: paint(figure, label), dash });
    expect(
      offBy(
        figure,
        mark('dot', /walkers/),
        at((e) => e.walkers.value),
      ),
    ).toBeLessThan(EXACT);
    expect(
      offBy(
        figure,
        mark('line', /exact/),
        at((e) => e.exact),
      ),
    ).toBeLessThan(EXACT);
    expect(
      offBy(
        figure,
        mark('dot', /Fokker/),
        at((e) => e.fokkerPlanck),
      ),
    ).toBeLessThan(EXACT);
    expect(
      offBy(
        figure,
        mark('line', /Kramers/, '6 4'),
        at((e) => e.kramers),
      ),
    ).toBeLessThan(EXACT);
    framed(figure, [...at((e) => e.walkers.value), ...at((e) => e.kramers)]);
    expect(figure.xLabel).toMatch(/D$/);
    expect(figure.yLabel).toMatch(/η·steps/);
    expect(missing(escapeTimes({ ...freezing, escapes: rows.slice(0, 1) }))).toMatch(/only one/);
    // the equation on the grid and the walkers may lack one
    const lacking = rows.slice(0, 2).map((e, k) => (k === 0 ? { ...e, fokkerPlanck: Number.NaN, walkers: { ...e.walkers, value: Number.NaN } } : e)); // biome-ignore format: one line
    expect(marks(drawn(escapeTimes({ ...freezing, escapes: lacking }), { y: { type: 'log' } }).figure, { kind: 'dot' })).toHaveLength(2); // biome-ignore format: one line
  });
});

describe('circulation', () => {
  const { field } = m.circulation;
  const { figure, caption } = drawn(circulationFigure(m.circulation));
  const places = field.y.flatMap((y) => field.x.map((x): Point => [x, y]));

  it('shades a cell for each density, the largest brightest', () => {
    const rects = marks(figure, { kind: 'rect' });
    expect(offBy(figure, rects, places.flatMap(([x, y]): Point[] => [[x - 0.4, y - 1], [x + 0.4, y + 1]]))).toBeLessThan(0.2 + EXACT); // biome-ignore format: one line
    const top = Math.max(...field.density);
    expect(rects.map((r) => r.fill)).toEqual(field.density.map((p) => (p === top ? RAMP[9] : ramp(p / top))));
    // one scale for both axes: a square is a square
    const unit = (s: typeof figure.x) => Math.abs(s.pixel(1) - s.pixel(0));
    expect(unit(figure.x) / unit(figure.y)).toBeCloseTo(1, 3);
    expect(figure.domain.x[0]).toBeLessThan(-1.999);
    expect(figure.domain.x[1]).toBeGreaterThan(0.399);
    spans(figure, 'y', -3, 1);
  });

  it('draws the current as arrows, the longest of 1.6 cells, and rings where theory has their tips', () => {
    legendIs(figure, /density/, /grid/, /theory/);
    const size = field.currentX.map((u, k) => Math.hypot(u, field.currentY[k]));
    const longest = Math.max(...size);
    const shown = places.map((place, k) => ({ place, k })).filter(({ k }) => size[k] > 0.06 * longest);
    // 1.6 of the smaller side of a cell, 0.8
    const tip = ([x, y]: Point, u: number, v: number): Point => [x + (1.28 * u) / longest, y + (1.28 * v) / longest];
    const arrows = marks(figure, { kind: 'arrow' });
    expect(arrows).toHaveLength(shown.length);
    const tails = shown.map(({ place }) => place);
    const tips = shown.map(({ place, k }) => tip(place, field.currentX[k], field.currentY[k]));
    arrows.forEach((a, i) => {
      const [from, to] = [a.pieces[0][0], a.pieces[0][a.pieces[0].length - 1]];
      for (const [found, wanted] of [
        [from, tails[i]],
        [to, tips[i]],
      ]) {
        // biome-ignore format: one line
        expect(Math.abs(figure.x.pixel(found[0]) - figure.x.pixel(wanted[0]))).toBeLessThan(EXACT);
        expect(Math.abs(figure.y.pixel(found[1]) - figure.y.pixel(wanted[1]))).toBeLessThan(EXACT);
      }
    });
    const rings = marks(figure, { kind: 'dot', stroke: paint(figure, /theory/) });
    const theory = shown.map(({ place, k }) => tip(place, field.exactX[k], field.exactY[k]));
    expect(offBy(figure, rings, theory)).toBeLessThan(EXACT);
    expect(caption).toContain('l = 1.5');
    expect([figure.xLabel, figure.yLabel]).toEqual(['x', 'y']);
  });

  it('leaves out arrows below six hundredths of the longest, and needs two cells each way', () => {
    const quiet = { ...field, currentX: [1, 0.059, 0.061, 0, 0, 0], currentY: [0, 0, 0, 0, 0, 0] };
    const few = drawn(circulationFigure({ rows: [], field: quiet })).figure;
    expect(marks(few, { kind: 'arrow' }).map((a) => Number(extent(a).x[0].toFixed(1)))).toEqual([-1.6, 0]);
    const still = { ...field, currentX: [0, 0, 0, 0, 0, 0], currentY: [0, 0, 0, 0, 0, 0] };
    expect(marks(drawn(circulationFigure({ rows: [], field: still })).figure, { kind: 'arrow' })).toHaveLength(0);
    expect(missing(circulationFigure({ rows: [], field: { ...field, x: [0] } }))).toMatch(/no current/);
    expect(missing(circulationFigure({ rows: [], field: { ...field, y: [0] } }))).toMatch(/no current/);
  });
});
