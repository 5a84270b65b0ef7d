/** Figures of `advise`: every line of the plane of batch size and learning rate, and the runs, read back against the facts. */
import { describe, expect, it } from 'vitest';
import { advise } from '../src/apply/advice.js';
import type { AdviceFacts } from '../src/apply/advice-facts.js';
import { renderAdvice } from '../src/experiments/advise/page.js';
import { adviceStudy, curvature, e, facts, noise } from './support/advise-results.js';
import { lineThrough, marks, offBy, type Point, pageFigures, pageWords, readFigure } from './support/reading.js';

const input = adviceStudy();
const report = renderAdvice(input);
const [ORANGE, GREEN, PURPLE, BLUE, MUTED, INK] = ['#b84a0d', '#04755a', '#8a4a8c', '#0a63a8', '#69717c', '#1b1f24'];
const CEILINGS = [1, 8, 40, 300, 2500, 12000].map((b): Point => [b, 0.649 / (1 + 248 / b)]);

describe('where to train', () => {
  const f = readFigure(report.figures['advice-region']);
  const area = (fill: string) => marks(f, { kind: 'area', fill });

  it('has logarithmic axes with their units, and every mark in the legend', () => {
    expect([f.xLabel, f.yLabel, f.x.type, f.y.type]).toEqual([
      'batch size B (samples)',
      'learning rate η',
      'log',
      'log',
    ]);
    expect(f.legend.map((l) => [l.label, l.element, l.colour, l.dash, l.hollow])).toEqual([
      ['ceiling, ± standard error', 'line', ORANGE, '', false],
      ['edge, full batches', 'line', ORANGE, '6 4', false],
      ['all runs stay', 'line', GREEN, '', false],
      ['critical batch', 'line', PURPLE, '3 2', false],
      ['best single step', 'line', BLUE, '', false],
      ['equal η/B', 'line', MUTED, '2 3', false],
      ['present', 'circle', INK, '', true],
      ['run stays', 'circle', GREEN, '', false],
      ['run returns', 'path', BLUE, '', true],
      ['run leaves', 'circle', ORANGE, '', true],
      ['run diverges', 'path', ORANGE, '', true],
    ]);
  });

  it('draws the ceiling with one standard error to each side', () => {
    const [line, ...others] = marks(f, { kind: 'line', stroke: ORANGE });
    expect(others).toEqual([]);
    expect(offBy(f, line, CEILINGS)).toBeLessThan(0.05);
    const [band] = area(ORANGE);
    const errors = CEILINGS.map(([, c]) => 0.05 * c + 0.0001);
    const high = CEILINGS.map(([b, c], k): Point => [b, c + errors[k]]);
    const low = CEILINGS.map(([b, c], k): Point => [b, c - errors[k]]);
    const [bottom, top] = f.domain.y;
    const inside = ([b, c]: Point): Point => [b, Math.min(top, Math.max(bottom, c))];
    expect(offBy(f, band, [...high, ...low.reverse()].map(inside))).toBeLessThan(0.05);
    expect(low.some(([, c]) => c < bottom)).toBe(false);
  });

  it('draws the edge of full batches and the critical batch size with its interval', () => {
    const [edge] = marks(f, { kind: 'rule', stroke: ORANGE, dash: '6 4' });
    for (const [, y] of edge.points) expect(y / 0.649).toBeCloseTo(1, 3);
    const [critical] = marks(f, { kind: 'rule', stroke: PURPLE });
    for (const [x] of critical.points) expect(x / 181).toBeCloseTo(1, 3);
    const [{ points }] = marks(f, { kind: 'rect', fill: PURPLE });
    expect(points[0][0]).toBeCloseTo(181 - 1.96 * 9, 0);
    expect(points[1][0]).toBeCloseTo(181 + 1.96 * 9, 0);
    expect(points[0][1] / f.domain.y[0]).toBeCloseTo(1, 3);
    expect(points[1][1] / f.domain.y[1]).toBeCloseTo(1, 3);
  });

  it('draws how far all runs stay, at the batch size', () => {
    const [bar, ...others] = marks(f, { kind: 'line', stroke: GREEN });
    expect(others).toEqual([]);
    expect(
      offBy(f, bar, [
        [40, f.domain.y[0]],
        [40, 0.0451 / 1.01],
      ]),
    ).toBeLessThan(0.05);
  });

  it('draws lines of equal η/B: the present one, ten times and a tenth of it', () => {
    const lines = marks(f, { kind: 'line', stroke: MUTED });
    expect(lines.map((l) => l.dash)).toEqual(['2 3', '2 3', '2 3']);
    lines.forEach((line, k) => {
      const { slope, intercept } = lineThrough(f, line);
      expect(slope).toBeCloseTo(1, 3);
      expect(10 ** intercept / ((0.03 / 40) * [0.1, 1, 10][k])).toBeCloseTo(1, 2);
      expect(line.points.map(([b]) => Math.round(b))).toEqual([1, 12000]);
    });
  });

  it('draws the best single step (|g|²/gᵀHg)/(1 + B_noise/B)', () => {
    const [line] = marks(f, { kind: 'line', stroke: BLUE });
    expect(
      offBy(
        f,
        line,
        CEILINGS.map(([b]): Point => [b, 0.0123 / 0.0291 / (1 + 181 / b)]),
      ),
    ).toBeLessThan(0.05);
  });

  it('rings the present point, and marks every run by what became of it', () => {
    const dots = marks(f, { kind: 'dot' });
    const present = dots.filter((d) => d.r === 8);
    expect(offBy(f, present, [[40, 0.03]])).toBeLessThan(0.05);
    expect(present[0]).toMatchObject({ stroke: INK, fill: 'none' });
    const low = 0.0451 / 1.01;
    // seeds apart by 13 %, the middle one at the batch size
    const beside = [40 / 1.13, 40, 40 * 1.13];
    const runs = (colour: string, element: string, hollow: boolean) =>
      dots.filter((d) => d.r !== 8 && (hollow ? d.stroke === colour : d.fill === colour) && d.element === element);
    expect(
      offBy(f, runs(GREEN, 'circle', false), [
        [beside[0], low],
        [beside[1], low],
        [beside[2], low],
        [beside[0], 0.072],
        [beside[1], 0.072],
      ]),
    ).toBeLessThan(0.05);
    expect(
      offBy(f, runs(BLUE, 'path', false), [
        [beside[2], 0.072],
        [beside[0], 0.18],
      ]),
    ).toBeLessThan(0.05);
    expect(offBy(f, runs(ORANGE, 'circle', true), [[beside[1], 0.18]])).toBeLessThan(0.05);
    expect(
      offBy(f, runs(ORANGE, 'path', true), [
        [beside[2], 0.18],
        [beside[0], 0.36],
        [beside[1], 0.36],
        [beside[2], 0.36],
      ]),
    ).toBeLessThan(0.05);
    expect(dots).toHaveLength(13);
  });

  it('marks a single run at each rate at the batch size itself', () => {
    const v = input.verification!;
    const one = { ...input, verification: { ...v, runs: v.runs.filter((r) => r.seed === 0) } };
    const g = readFigure(renderAdvice(one).figures['advice-region']);
    const runs = marks(g, { kind: 'dot', where: (d) => d.r !== 8 });
    expect(
      offBy(
        g,
        runs,
        [0.0451 / 1.01, 0.072, 0.18, 0.36].map((eta): Point => [40, eta]),
      ),
    ).toBeLessThan(0.05);
  });

  it('has a caption that advises nothing from the ceiling, with the epochs of the runs', () => {
    const { caption } = pageFigures(report.html).get('advice-region')!;
    expect(caption).toMatch(/nothing is advised from it, because real losses are not quadratic\./);
    expect(caption).toMatch(/Points: runs of 3 epochs from this state/);
  });
});

describe('where to train, with less known', () => {
  const draw = (given: AdviceFacts) =>
    renderAdvice({ title: 'x', advice: advise(given, 1, null), facts: given, verification: null, run: {} });
  const read = (given: AdviceFacts) => readFigure(draw(given).figures['advice-region']);

  it('without noise there is no critical batch and no best step', () => {
    const given = facts(0.1, 50, { noise: { refused: 'no gradient.' } });
    const f = read(given);
    expect(f.legend.map((l) => l.label)).toEqual([
      'ceiling, ± standard error',
      'edge, full batches',
      'equal η/B',
      'present',
    ]);
    expect(marks(f, { colour: PURPLE })).toEqual([]);
    expect(marks(f, { colour: BLUE })).toEqual([]);
    expect(marks(f, { colour: GREEN })).toEqual([]);
    const { caption } = pageFigures(draw(given).html).get('advice-region')!;
    expect(caption).toMatch(/No runs were made, so that no rate is advised\.$/);
    expect(caption).not.toMatch(/best single step/);
  });

  it('a critical size beyond the set is not drawn; an interval that reaches in is, up to the frame', () => {
    const beyond = read(facts(0.1, 50, { noise: { facts: noise({ weighted: e(1300, 120) }) } }));
    expect(marks(beyond, { kind: 'rule', stroke: PURPLE })).toEqual([]);
    const [{ points }] = marks(beyond, { kind: 'rect', fill: PURPLE });
    expect(points[0][0]).toBeCloseTo(1300 - 1.96 * 120, -1);
    expect(points[1][0] / beyond.domain.x[1]).toBeCloseTo(1, 3);
    const far = read(facts(0.1, 50, { noise: { facts: noise({ weighted: e(9000, 500) }) } }));
    expect(marks(far, { colour: PURPLE })).toEqual([]);
  });

  it('an error as wide as the frame is cut at the frame', () => {
    const line = [1, 4, 16, 64, 256, 1000].map((batchSize) => ({
      batchSize,
      ceiling: e(1 / (1 + 200 / batchSize), 3),
    }));
    const f = read(facts(0.1, 50, { curvature: { facts: curvature({ line }) } }));
    const [band] = marks(f, { kind: 'area', fill: ORANGE });
    const ys = band.points.map(([, y]) => y);
    expect(Math.min(...ys) / f.domain.y[0]).toBeCloseTo(1, 3);
    expect(Math.max(...ys) / f.domain.y[1]).toBeCloseTo(1, 3);
  });

  it('without a ceiling there is no figure', () => {
    const given = facts(0.1, 50, { curvature: { refused: 'why not.' } });
    expect(pageWords(draw(given).html, '#region .missing')).toEqual([
      'Figure advice-region is not drawn: there is no ceiling on the learning rate at this state.',
    ]);
  });
});

describe('what training did', () => {
  const f = readFigure(report.figures['advice-runs']);
  const v = input.verification!;
  it('draws the loss of every run at its forty looks, from the loss at the start', () => {
    expect([f.xLabel, f.yLabel, f.x.type, f.y.type]).toEqual([
      'epochs from this state',
      'training loss',
      'linear',
      'log',
    ]);
    const lines = marks(f, { kind: 'line' });
    expect(lines).toHaveLength(12);
    v.runs.forEach(({ losses }, k) => {
      const points = [0.431, ...losses].map((loss, look): Point => [(3 * look) / 40, loss]);
      expect(offBy(f, lines[k], points)).toBeLessThan(0.05);
    });
    expect(f.domain.x).toEqual([expect.closeTo(0, 4), expect.closeTo(3, 4)]);
  });
  it('colours them by learning rate, and draws the loss of a constant answer', () => {
    const lines = marks(f, { kind: 'line' });
    const colours = [...new Set(lines.map((l) => l.stroke))];
    expect(colours).toHaveLength(4);
    lines.forEach((l, k) => {
      expect(l.stroke).toBe(colours[Math.floor(k / 3)]);
    });
    const [rule] = marks(f, { kind: 'rule' });
    for (const [, y] of rule.points) expect(y).toBeCloseTo(2.31, 2);
    expect(f.legend.map((l) => l.label)).toEqual(['learning rate', 'a constant answer']);
    expect(f.legend[0].steps).toEqual(colours);
    // every second of four, which is as many as fit, in the middle of its step
    expect(f.legend[0].ticks).toEqual([
      { label: '0.0447', at: expect.closeTo(1 / 8, 3) },
      { label: '0.18', at: expect.closeTo(5 / 8, 3) },
    ]);
    const { caption } = pageFigures(report.html).get('advice-runs')!;
    expect(caption).toMatch(/Loss on 5000 training samples.*learning rates 0\.0447, 0\.0720, 0\.180, 0\.360\./);
  });
  it('is not there without runs', () => {
    const { verification: _, ...rest } = input;
    const without = renderAdvice({ ...rest, verification: null });
    expect(Object.keys(without.figures)).toEqual(['advice-region']);
    expect(pageWords(without.html, '#runs')).toEqual([]);
  });
});
