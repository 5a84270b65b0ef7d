/** The tables of `reproduce controls` as CSV documents, at full precision. */
import { csv } from '../../report/csv.js';
import type { ControlsInput } from './measured.js';
import { type GroupRow, psiOf, type RegimeRow, rangeOf, rankOf } from './summary.js';

/** Writes regimes and groups of Hessian modes, over seeds and seed by seed, and single directions, by file name. */
export const controlsTables = (
  input: ControlsInput,
  rows: readonly RegimeRow[],
  groups: readonly GroupRow[],
): Record<string, string> => ({
  'regimes.csv': regimesCsv(rows),
  'groups.csv': groupsCsv(groups),
  'regimes-by-seed.csv': regimesBySeedCsv(input),
  'ranges-by-seed.csv': rangesBySeedCsv(input),
  'groups-by-seed.csv': groupsBySeedCsv(input),
  'directions.csv': directionsCsv(input),
});

function regimesCsv(rows: readonly RegimeRow[]): string {
  return csv(
    [
      'sampling',
      'momentum',
      'learning_rate',
      'epochs',
      'basis',
      'seeds',
      'psi',
      'psi_error',
      'psi_misfit',
      'psi_range',
      'theory_psi',
      'theory_psi_error',
      'gamma',
      'gamma_error',
      'rank_exponent',
      'r2',
      'share_below_crossover',
      'psi_of_seeds',
      'walks',
      'psi_spread_of_a_walk',
      'rank_exponent_isotropic',
    ],
    rows.map((r) => [
      r.sampling,
      r.momentum,
      r.learningRate,
      r.epochs,
      r.basis,
      r.psi.n,
      r.psi.value,
      r.psi.standardError,
      r.misfit,
      r.range,
      r.theory.value,
      r.theory.standardError,
      r.gamma.value,
      r.gamma.standardError,
      r.rank?.value,
      r.r2,
      r.flatShare,
      r.psiOfSeeds.join(' '),
      r.walks?.draws,
      r.walks?.spread,
      r.walks?.isotropicRank.value,
    ]),
  );
}

function groupsCsv(groups: readonly GroupRow[]): string {
  return csv(
    [
      'sampling',
      'learning_rate',
      'from',
      'to',
      'comparison',
      'ratio_of_modes',
      'error',
      'ratio_of_sums',
      'error_of_sums',
      'seeds',
    ],
    groups.flatMap((g) =>
      Object.entries({ ...g.ratios, ...(g.fixed && { 'fixed-noise': { modes: g.fixed, sums: undefined } }) }).map(
        ([name, r]) => [
          g.sampling,
          g.learningRate,
          g.from,
          g.to,
          name,
          r.modes.value,
          r.modes.standardError,
          r.sums?.value,
          r.sums?.standardError,
          r.modes.n,
        ],
      ),
    ),
  );
}

/** The columns that name a window of a branch in one basis. */
const AT = ['seed', 'cell', 'basis', 'epochs'];

/** Lists the windows of all branches in every basis, with the fields of `AT`. */
const windows = (cells: ControlsInput['cells']) =>
  cells.flatMap((c) =>
    c.kind !== 'branch' ? [] : c.regimes.map((r) => ({ at: [c.seed, c.cell, r.basis, r.epochs], r })),
  );

/** Every regime of every branch: what means, errors and paired differences over seeds are made from. */
function regimesBySeedCsv({ cells }: ControlsInput): string {
  return csv(
    [
      ...AT,
      'psi',
      'psi_misfit',
      'psi_range',
      'theory_psi',
      'gamma',
      'rank_exponent',
      'r2',
      'share_below_crossover',
      'centre_loss',
      'psi_of_walks',
      'rank_exponent_isotropic',
    ],
    windows(cells).map(({ at, r }) => [
      ...at,
      psiOf(r),
      r.relation.exponent.standardError,
      rangeOf(r),
      -r.predictedRelation.exponent.value,
      r.noiseLaw.exponent.value,
      rankOf(r),
      r.relation.r2,
      r.flatShare,
      r.centreLoss,
      r.walks?.psi.join(' '),
      r.walks?.isotropicRank,
    ]),
  );
}

/** psi of every regime over each range of rank, whether or not its own fit is decidable. docs/theory [N5]. */
function rangesBySeedCsv({ cells }: ControlsInput): string {
  return csv(
    [...AT, 'range', 'psi', 'misfit', 'points', 'converged'],
    windows(cells).flatMap(({ at, r }) =>
      r.ranges.map(({ label, fit: { exponent, points } }) => [
        ...at,
        label,
        -exponent.value,
        exponent.standardError,
        points,
        exponent.converged,
      ]),
    ),
  );
}

/** Every comparison of every group of modes, in every frozen cell and in that of fixed weights. */
function groupsBySeedCsv({ cells }: ControlsInput): string {
  return csv(
    ['seed', 'cell', 'from', 'to', 'comparison', 'ratio_of_modes', 'ratio_of_sums'],
    cells.flatMap((c) => {
      if (c.kind === 'branch') return [];
      const ratios =
        c.kind === 'fixed' ? c.groups.map((g) => ({ 'fixed-noise': g.ratio })) : c.groups.map((g) => g.ratios);
      return c.groups.flatMap(({ from, to }, g) =>
        Object.entries(ratios[g]).map(([name, { modes, sums }]) => [c.seed, c.cell, from, to, name, modes, sums]),
      );
    }),
  );
}

function directionsCsv({ cells }: ControlsInput): string {
  return csv(
    [...AT, 'index', 'variance', 'flatness', 'curvature', 'noise', 'predicted'],
    windows(cells).flatMap(({ at, r }) =>
      r.directions.map((d) => [...at, d.index, d.variance, d.flatness, d.curvature, d.noise, d.predicted]),
    ),
  );
}
