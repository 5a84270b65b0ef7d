/** How the cost grows: the exponents, the rule, and a short run of bench/growth.mjs. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

interface Fit {
  exponent: number;
  error: number;
  n: number;
}
interface Point {
  cpu: number;
  count: number;
  size: number;
  bytes: number;
  memory: number;
}
const bench = (file: string) => new URL(`../bench/${file}`, import.meta.url);
const { fitLine, judge } = (await import(bench('growth-fit.mjs').href)) as {
  fitLine: (pairs: [number, number][]) => Fit;
  judge: (points: Partial<Point>[], time?: Fit, memory?: Fit) => string | undefined;
};

describe('an exponent', () => {
  it('is that of a power law, whatever its factor', () => {
    const fit = fitLine([1, 3, 10, 40].map((x) => [x, 0.02 * x ** 1.5]));
    expect(fit.exponent).toBeCloseTo(1.5, 12);
    expect(fit.error).toBeLessThan(1e-12);
    expect(fit.n).toBe(4);
  });

  it('has the error of a regression with n − 2 degrees of freedom', () => {
    // x = e⁰, e¹, e²; y on a line but for +d, −2d, +d: the slope is unchanged, the residuals' squares sum to 6 d², Σ(x − x̄)² is 2
    const d = 0.1;
    const fit = fitLine([d, 1 - 2 * d, 2 + d].map((y, x) => [Math.exp(x), Math.exp(y)]));
    expect(fit.exponent).toBeCloseTo(1, 12);
    expect(fit.error).toBeCloseTo(Math.sqrt((6 * d * d) / 1 / 2), 12);
  });
});

describe('the rule', () => {
  const fit = (exponent: number, error: number): Fit => ({ exponent, error, n: 4 });
  const each = (...values: number[]) => values.map((cpu) => ({ cpu, count: 1 }));
  it('calls time faster beyond 1.05 and two standard errors', () => {
    expect(judge(each(1, 1), fit(1.2, 0.05))).toBe('time');
    expect(judge(each(1, 1), fit(1.2, 0.11))).toBeUndefined();
    expect(judge(each(1, 1), fit(1.04, 0.001))).toBeUndefined();
    const holding = (memory: number) => each(1, 1).map((p) => ({ ...p, bytes: 100, memory }));
    expect(judge(holding(160), fit(0.8, 0.01), fit(1.1, 0.01))).toBe('memory');
    expect(judge(holding(140), fit(0.8, 0.01), fit(1.1, 0.01))).toBeUndefined();
    expect(judge(holding(160), fit(0.8, 0.01), fit(1.1, 0.06))).toBeUndefined();
    expect(judge(each(1, 1))).toBeUndefined();
  });
  it('and where an operation takes more than 1.5 times the least of the axis at the end', () => {
    expect(judge(each(2, 1, 1.6), fit(0.9, 0.1))).toBe('time an operation rises 1.60 times');
    expect(judge(each(2, 1, 1.4), fit(0.9, 0.1))).toBeUndefined();
  });
});

describe('node bench/growth.mjs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'thermograd-growth-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const growth = (...args: string[]) =>
    spawnSync(process.execPath, [fileURLToPath(bench('growth.mjs')), ...args], { encoding: 'utf8' });

  it('measures each size in a process of its own and draws what it found', () => {
    const [out, figure] = [join(folder, 'growth.json'), join(folder, 'growth.svg')];
    const only = 'symmetric eigenproblem';
    const { status, stdout, stderr } = growth('--quick', '--only', only, '--out', out, '--figure', figure);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout.split('\n').filter((line) => line.startsWith('| symmetric'))).toHaveLength(1);
    const { series } = JSON.parse(readFileSync(out, 'utf8')) as {
      series: { axis: string; points: Point[]; time: Fit }[];
    };
    expect(series.map((s) => s.axis)).toEqual(['order']);
    for (const { points, time } of series) {
      expect(points).toHaveLength(3);
      for (const p of points) for (const v of [p.cpu, p.count, p.bytes, p.memory]) expect(v).toBeGreaterThan(0);
      expect(time.n).toBe(3);
    }
    // 4/3·n³ for the reduction and 4·n³ for divide and conquer
    expect(series[0].points[2].count).toBeCloseTo((16 / 3) * 200 ** 3, 0);
    const svg = readFileSync(figure, 'utf8');
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    // one in the legend, and a tooltip at each of three points
    expect(svg.match(/symmetric eigenproblem/g)).toHaveLength(1 + 3);
    expect(svg).not.toMatch(/NaN|undefined/);
  });

  it('refuses what it does not know', () => {
    const odd = growth('--only', 'nothing');
    expect(odd.status).toBe(2);
    expect(odd.stderr).toMatch(/^growth: there is no stage 'nothing'; there are 200 recorded training steps, /);
    expect(growth('--rounds', '0').stderr).toBe('growth: --rounds must be a whole number from 1; got 0.\n');
  });
});
