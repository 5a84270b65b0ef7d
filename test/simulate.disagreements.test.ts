/** Which differences of two methods count, on made-up moments, and which reason is given. */
import { describe, expect, it } from 'vitest';
import { disagreements, disagreementText } from '../src/experiments/simulate/disagreements.js';
import type { MethodResult, MethodSummary, MomentRow, SimulationFacts } from '../src/experiments/simulate/measured.js';
import { type Estimate, estimate, exactly } from '../src/numeric/estimate.js';

const facts = (over: Partial<SimulationFacts> = {}) =>
  ({ mode: 'stationary', names: ['x', 'y'], stepRate: 0.2, ...over }) as SimulationFacts;
const method = (name: MethodSummary['method'], value: Estimate, over: Partial<MethodSummary> = {}): MethodResult => ({
  summary: {
    method: name,
    label: name,
    how: '',
    moments: { mean: [exactly(0, ''), exactly(0, '')], covariance: [value, exactly(0, ''), exactly(9, '')] },
    outside: 0,
    diverged: 0,
    noiseFloor: {},
    facts: {},
    warnings: [],
    ...over,
  },
  arrays: {},
});
const sampled = (v: number, e: number, converged = true) => estimate(v, e, 100, '', converged);
const found = (a: MethodResult, b: MethodResult, given = facts(), name = 'variance of x') => {
  const of = (m: MethodResult) => m.summary.moments.covariance[0];
  const row: MomentRow = { name, values: { [a.summary.method]: of(a), [b.summary.method]: of(b) } };
  return disagreements(given, [a, b], [row]);
};

describe('a difference counts', () => {
  it('between sampled values from four combined errors on: 0.05 of 3 and 4', () => {
    const b = (v: number) => method('langevin', sampled(v, 0.04));
    expect(found(method('sgd', sampled(4, 0.03)), b(4.19))).toEqual([]);
    const [d] = found(method('sgd', sampled(4, 0.03)), b(4.21));
    expect(d.quantities[0].standardErrors).toBeCloseTo(4.2, 10);
    expect(d.quantities[0].difference).toBeCloseTo(-0.21, 10);
    // of the smaller variance
    expect(d.quantities[0].share).toBeCloseTo(0.21 / 4, 10);
  });

  it('from a computed value by half a percent more, between two of them by one percent', () => {
    const fp = (v: number) => method('fokker-planck', exactly(v, ''));
    expect(found(fp(4), method('sgd', sampled(4.13, 0.03)))).toEqual([]);
    expect(found(fp(4), method('sgd', sampled(4.15, 0.03)))).toHaveLength(1);
    expect(found(method('adiabatic', exactly(4.03, '')), fp(4))).toEqual([]);
    const [d] = found(method('adiabatic', exactly(4.05, '')), fp(4));
    expect(d.quantities[0].standardErrors).toBeNull();
  });

  it('not against the limit of long times in a transient run, nor of passage times that are too short', () => {
    const limit = method('adiabatic', exactly(9, ''), { label: 'limit of long times' });
    expect(found(limit, method('fokker-planck', exactly(4, '')), facts({ mode: 'transient' }))).toEqual([]);
    const late = 'mean time until absorption';
    const far = [method('langevin', sampled(4, 0.01, false)), method('fokker-planck', exactly(9, ''))] as const;
    expect(found(...far, facts({ mode: 'transient' }), late)).toEqual([]);
  });
});

describe('the reason', () => {
  const reason = (a: MethodResult, b: MethodResult, given?: SimulationFacts) => found(a, b, given)[0].reason;
  const fp = (warnings: string[] = []) => method('fokker-planck', exactly(4, ''), { warnings });
  const sgd = (over = {}) => method('sgd', sampled(5, 0.01), over);
  it.each<[string, () => string, RegExp]>([
    ['a run that is too short comes first', () => reason(fp(), method('sgd', sampled(5, 0.01, false), { diverged: 0.5 })), /^sgd is not stationary yet/],
    ['then walkers that were lost', () => reason(fp(), sgd({ diverged: 0.5 }), facts({ interpreted: 'Stratonovich' })), /^walkers of sgd diverged/],
    ['then the interpretation', () => reason(fp(), sgd(), facts({ interpreted: 'Stratonovich' })), /^SGD is an Itô map.*fokker-planck takes the noise as Stratonovich$/],
    ['then finite steps', () => reason(fp(), sgd()), /^the steps of sgd are finite: learning rate times curvature reaches 0\.20 on the grid, and/],
    ['with momentum', () => reason(fp(), sgd(), facts({ stepRate: 0.001, momentum: 0.9 })), /finite.*with momentum 0\.9/],
    ['or the grid as well', () => reason(fp(['the density along x is 1 cells wide']), sgd()), /finite.*; or the grid of Fokker-Planck is too coarse/],
    ['the theory of finite steps differs from Fokker-Planck by them', () => reason(method('adiabatic', exactly(5, ''), { facts: { order: 'next', steps: 'finite', separation: 0.3 } }), fp()), /^the steps of adiabatic are finite.*; or the theory is of the next order/],
    ['but not from SGD', () => reason(method('adiabatic', exactly(4, ''), { facts: { order: 'leading', steps: 'finite', separation: 0.3 } }), sgd()), /^the theory takes y as much faster than x, and here its wandering is 30 %/],
    ['steps of Langevin when nothing else applies', () => reason(fp(), method('langevin', sampled(5, 0.01))), /^steps of Langevin/],
    ['or none', () => reason(method('adiabatic', exactly(5, '')), fp()), /^none is known/],
  ])('%s', (_, of, wanted) => {
    expect(of()).toMatch(wanted);
  }); // biome-ignore format: one line each

  it('is told in one sentence with sizes', () => {
    const [d] = found(fp(), sgd());
    expect(disagreementText(d, (m) => m.toUpperCase())).toMatch(/^FOKKER-PLANCK and SGD differ beyond their errors in the variance of x \(100 standard errors, 25 %\)\. Likely reason: .*\.$/); // biome-ignore format: one line
  });
});
