/** The tables of `reproduce ao2022` as CSV documents, at full precision. */
import { csv } from '../../report/csv.js';
import { REGIMES } from '../../theory/layer/results.js';
import type { Ao2022Results } from './measured.js';

/** Writes modes, groups, energies, the chain, vortices, the random landscape and circulation, by file name. */
export function ao2022Tables(r: Ao2022Results): Record<string, string> {
  const { modes, trajectory: t } = r;
  return {
    'hessian-modes.csv': csv(
      [
        'rank',
        'curvature',
        'noise_per_sample',
        'variance',
        'variance_without_drift',
        ...REGIMES.map((k) => `predicted_${k}`),
      ],
      modes.curvature.map((h, i) => [
        i + 1,
        h,
        modes.noise[i],
        modes.measured[i],
        modes.withoutDrift[i],
        ...REGIMES.map((k) => modes.predicted[k][i]),
      ]),
    ),
    'groups.csv': csv(
      ['from', 'to', 'regime', 'predicted_over_measured', 'standard_error', 'modes'],
      r.groups.flatMap((g) =>
        REGIMES.map((k) => [g.from, g.to, k, g.ratio[k].value, g.ratio[k].standardError, g.ratio[k].n]),
      ),
    ),
    'settled.csv': csv(
      ['regime', 'from', 'to', 'predicted_over_measured', 'standard_error', 'chi_squared', 'modes', 'p', 'draws'],
      (['continuous', 'window'] as const).flatMap((k) => {
        const { groups, chiSquared, modes: count, pValue, draws } = r.simulated.agreement[k];
        return groups.map((g) => [
          k,
          g.from,
          g.to,
          g.ratio.value,
          g.ratio.standardError,
          chiSquared,
          count,
          pValue,
          draws,
        ]);
      }),
    ),
    'energy.csv': csv(
      Object.keys(r.energy[0] ?? { index: 0 }),
      r.energy.map((e) => Object.values(e)),
    ),
    'chain.csv': csv(
      ['link', 'flatness', 'value', 'stated', 'exponent', 'exponent_error'],
      r.chain.flatMap((l) =>
        l.x.map((x, k) => [l.id, x, l.y[k], l.stated, l.fit.exponent.value, l.fit.exponent.standardError]),
      ),
    ),
    'vortices.csv': csv(
      ['rank', 'q', 'share', 'circulation'],
      r.decomposition.vortices.map((v, k) => [k + 1, v.q, v.share, v.circulation]),
    ),
    ...(r.landscape && {
      'landscape.csv': csv(
        [
          'index',
          'flatness',
          'curvature',
          'curvature_error',
          'curvature_spread',
          'minimum_spread',
          'minimum_spread_error',
          'dropped',
          'leading',
          'all_terms',
          'full',
          'doubling',
        ],
        r.landscape.map((l) => [
          l.index,
          l.flatness,
          l.curvature.value,
          l.curvature.standardError,
          l.curvatureSpread,
          l.minimumSpread.value,
          l.minimumSpread.standardError,
          l.dropped,
          l.leading,
          l.formula,
          l.full,
          l.doubling,
        ]),
      ),
    }),
    ...(t && {
      'circulation.csv': csv(
        ['mode_i', 'mode_j', 'measured', 'standard_error', 'expected', 'holm'],
        t.circulation.strongest.map((p) => [p.i, p.j, p.value, p.standardError, p.expected, p.holm]),
      ),
    }),
  };
}
