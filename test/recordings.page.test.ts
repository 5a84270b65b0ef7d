/** The report on a recording: findings on both sides of their thresholds, and snapshots of everything that it shows. */
import { describe, expect, it } from 'vitest';
import { recordingFindings } from '../src/experiments/recording/findings.js';
import { leftOut } from '../src/experiments/recording/left-out.js';
import type { MeasuredRecording, OwnWalk, Rotation, Temperatures } from '../src/experiments/recording/measured.js';
import { renderRecording } from '../src/experiments/recording/page.js';
import { estimate } from '../src/numeric/estimate.js';
import { syntheticAnalysis, syntheticReport } from './support/ivf2021-results.js';
import { matchesSnapshots, pageTables, pageWords } from './support/reading.js';
import { measured } from './support/recording-results.js';

const a = syntheticAnalysis({ epochs: 40, directions: 30, P: 120, steps: 40 });
const draws = (mean: number, deviation: number) => ({ mean, deviation, draws: 40 });
const e = (value: number, standardError: number, n = 100) => estimate(value, standardError, n, 'made up');

const finding = (id: string, change: Partial<MeasuredRecording> = {}) =>
  recordingFindings(measured(change)).find((f) => f.id === `rec.${id}`)!;
const verdict = (id: string, change: Partial<MeasuredRecording> = {}) => finding(id, change).verdict;
const [YES, NO, OPEN] = ['reproduced', 'not reproduced', 'not decidable with this run'];
const motion = (change: Partial<MeasuredRecording['motion']>) => ({ motion: { ...measured().motion, ...change } });
const walk = (change: Partial<OwnWalk>) => ({ walk: { ...(measured().walk as OwnWalk), ...change } });
const first = (change: object) =>
  motion({ dynamics: a.dynamics.map((d) => (d.index === 1 ? { ...d, ...change } : d)) });

describe('findings on both sides of their thresholds', () => {
  it.each([
    [0.039, 0.03, YES],
    [0.041, 0.03, OPEN],
    // the error of a share of 0.04 would be 0.03·0.04/0.3 = 0.004: 0.3 lies far beyond
    [0.3, 0.03, NO],
    [0.5, 0.4, NO],
    [0.08, 0.065, OPEN],
    [Number.NaN, 0.01, OPEN],
  ])('stationary: %d ± %d', (value, error, wanted) => {
    expect(verdict('stationary', motion({ between: e(value, error) }))).toBe(wanted);
  });

  it.each([
    [0.51, 0.1, YES],
    [0.49, 0.1, NO],
    [0.51, 0.18, NO],
    [-0.9, 0.1, YES],
  ])('aligned: cosine %d beside %d of an increment', (cosWithWeights, alongWeights, wanted) => {
    expect(verdict('drift-aligned', { ...first({ cosWithWeights }), ...walk({ alongWeights }) })).toBe(wanted);
  });

  it('aligned: not of few weights, nor of a projection', () => {
    const { recording } = measured();
    expect(verdict('drift-aligned', { recording: { ...recording, P: 25 } })).toBe(OPEN);
    expect(verdict('drift-aligned', { recording: { ...recording, projected: true } })).toBe(OPEN);
  });

  it.each([
    [1.81, 0.02, 1.7, YES],
    [1.79, 0.02, 1.6, NO],
    [1.7, 0.16, 1.5, YES],
    [1.9, 0.26, 1.5, OPEN],
    [1.81, 0.02, 1.76, OPEN],
  ])('ballistic: %d ± %d beside a walk with %d ± 0.02', (value, error, mean, wanted) => {
    expect(
      verdict('drift-ballistic', { ...first({ msdExponent: e(value, error) }), ...walk({ first: draws(mean, 0.02) }) }),
    ).toBe(wanted);
  });

  it.each([
    [3.1, YES],
    [2.9, OPEN],
    [-2.9, OPEN],
    [-3.1, NO],
  ])('share: %d deviations above the walk', (above, wanted) => {
    const share = a.pca.variances[0] / a.pca.totalVariance;
    expect(verdict('drift-share', walk({ share: draws(share - above * 0.02, 0.02) }))).toBe(wanted);
    expect(verdict('drift-share', { walk: { missing: 'None.' } })).toBe(OPEN);
  });

  it.each([
    [2.4 + 1.96 * 0.0641, 0.05, 60, YES],
    [2.4 + 1.95 * 0.064, 0.05, 60, NO],
    [2.4 - 1.97 * 0.0641, 0.05, 60, YES],
    [3.5, 0.26, 60, OPEN],
    [3.5, 0.05, 19, OPEN],
  ])('rank law: %d ± %d over %d ranks beside 2.4 ± 0.04', (value, error, points, wanted) => {
    expect(verdict('rank-law', { rankLaw: { ranks: [20, 81], points, gamma: e(value, error) } })).toBe(wanted);
  });

  it('rank law: not without half a decade, a fit or a walk', () => {
    expect(verdict('rank-law', { rankLaw: { ranks: [20, 60], points: 40, gamma: e(3.5, 0.05) } })).toBe(OPEN);
    expect(finding('rank-law', { rankLaw: { missing: 'Too few.' } })).toMatchObject({
      verdict: OPEN,
      reason: 'Too few.',
    });
    expect(verdict('rank-law', walk({ gamma: draws(Number.NaN, Number.NaN) }))).toBe(OPEN);
  });

  it('diffuse: the median of at least ten directions', () => {
    const with_ = (value: number, count: number) =>
      motion({
        dynamics: [
          a.dynamics[0],
          ...Array.from({ length: count }, (_, k) => ({
            ...a.dynamics[0],
            index: 10 + k,
            msdExponent: e(value + 0.01 * (k % 3), 0.05),
          })),
        ],
      });
    expect(verdict('diffuse', with_(1.18, 11))).toBe(YES);
    expect(verdict('diffuse', with_(1.25, 11))).toBe(NO);
    expect(verdict('diffuse', with_(0.82, 11))).toBe(YES);
    expect(verdict('diffuse', with_(1, 9))).toBe(OPEN);
    const hint = (mean: number) =>
      finding('diffuse', { ...with_(0.5, 12), ...walk({ median: draws(mean, 0.02) }) }).reason;
    expect(hint(0.53)).toContain('no sign of confinement');
    expect(hint(0.6)).not.toContain('no sign of confinement');
  });

  it('rotation: a plane, blocks that are long enough, and a stationary window', () => {
    const turn = (change: Partial<Rotation>) => ({ rotation: { ...(measured().rotation as Rotation), ...change } });
    expect(verdict('circulation')).toBe(YES);
    expect(verdict('circulation', turn({ significant: 0 }))).toBe(OPEN);
    expect(finding('circulation', turn({ significant: 0 })).reason).toContain('faster than 0.012 radian per step');
    expect(verdict('circulation', turn({ converged: false }))).toBe(OPEN);
    expect(finding('circulation', motion({ between: e(0.05, 0.03) }))).toMatchObject({
      verdict: OPEN,
      reason: 'Whether the window is stationary is not decidable (rec.stationary).',
    });
    expect(finding('circulation', motion({ between: e(0.5, 0.3) })).reason).toBe(
      'The window is not stationary (rec.stationary).',
    );
    expect(finding('circulation').reason).toContain('90 % of the variance lies outside');
  });

  it.each([
    [0.52, 0.01, YES],
    [0.53, 0.01, OPEN],
    [0.56, 0.01, NO],
    [0.1, 0.3, YES],
    [Number.NaN, Number.NaN, OPEN],
  ])('temperature: ln of the span %d ± %d', (value, error, wanted) => {
    const t = { temperatures: { ...(measured().temperatures as Temperatures), spread: e(value, error, 12) } };
    expect(verdict('temperature', t)).toBe(wanted);
    expect(verdict('temperature', { ...t, ...motion({ between: e(0.05, 0.03) }) })).toBe(OPEN);
  });
});

describe('the page', () => {
  const whole = measured();
  const render = (m: MeasuredRecording) =>
    renderRecording({
      title: 'Recording weights.npy: fc2.weight',
      measured: m,
      findings: recordingFindings(m),
      leftOut: leftOut(m),
      run: syntheticReport().run,
    });
  const report = render(whole);

  it('figures, tables and page are those of the snapshots', async () => {
    await matchesSnapshots('recording', report);
  });

  it('says what was read, and what was left out', () => {
    const [summary] = pageWords(report.html, '.summary');
    expect(summary).toContain('12\u202f000 rows of 120 weights, one for every step.');
    expect(summary).toContain('The mean loss of its first half was 0.0200, of its second 0.0100.');
    expect(report.html).toContain('The file ends after row 12000 of 12500');
    expect(report.tables['left-out.csv']).toMatch(/flatness along the directions.*the model with its loss and data/);
  });

  it('shows what is missing as sentences', () => {
    const bare = render(
      measured({
        walk: { missing: 'No walk here.' },
        rotation: { missing: 'No rotation here.' },
        temperatures: { missing: 'No temperature here.' },
        rankLaw: { missing: 'No law here.' },
        recording: { ...whole.recording, loss: undefined, stepsFrom: 'rows', facts: {} },
      }),
    );
    for (const words of ['No walk here.', 'No rotation here.', 'No temperature here.', 'No law here.'])
      expect(bare.html).toContain(words);
    expect(pageWords(bare.html, '.summary')[0]).toContain('the files do not say which steps they are');
    expect(bare.tables['rotation.csv']).toBeUndefined();
    expect(bare.html).not.toMatch(/undefined|NaN|\[object/);
    expect(pageTables(bare.html).length).toBeGreaterThan(2);
  });

  it('every number of a direction is in its table', () => {
    const [head, row] = report.tables['directions.csv'].split('\r\n').map((line) => line.split(','));
    const cell = (name: string) => Number(row[head.indexOf(name)]);
    const d = a.dynamics[0];
    expect(cell('variance')).toBe(a.pca.variances[d.index - 1]);
    expect(cell('drift_per_step')).toBe(d.driftVelocity.value);
    expect(cell('correlation_time_steps')).toBe(d.correlationTime.value);
    expect(cell('effective_sample_size')).toBe(d.correlationTime.n);
    expect(cell('between_halves')).toBe(0.3);
    expect(cell('temperature')).toBe(0.001);
    expect(row[head.indexOf('settled')]).toBe('false');
  });
});
