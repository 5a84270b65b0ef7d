/**
 * The numbers on which the findings of ivf2021 rest, of one run or as means over several seeds; findings.ts decides on
 * them.
 */

import { diffusing } from '../../analyse/trajectory/diffusing.js';
import { type RangeFit, rangeSpread, silence, type VoteRule } from '../../analyse/trajectory/fit-ranges.js';
import type { Analysis, DirectionFlatness, OverDraws, PowerLaw, WalkForm } from '../../analyse/trajectory/results.js';
import {
  closedDirections,
  FIRST_RANK,
  FIRST_RANK_OF_LAW,
  LAST_LEADING_RANK,
  leadingShare,
  RESOLUTIONS,
} from '../../analyse/trajectory/scaling.js';
import { bootstrap } from '../../numeric/bootstrap.js';
import { ofOneRun, overRuns, type Parted, sampled } from '../../numeric/error-parts.js';
import { type Estimate, estimate, missing, negated } from '../../numeric/estimate.js';
import { type Key, randomKey } from '../../numeric/random.js';
import { mean, median, spearman } from '../../numeric/statistics.js';
import { formatNumber } from '../../report/format.js';

/** Holds the measured numbers from which the findings of a run follow. */
export interface Ivf2021Input extends Pick<Analysis, 'pca' | 'dynamics' | 'flatness' | 'scaling' | 'walk'> {
  /** Key of the random numbers for the bootstraps of medians and rank correlations. */
  readonly key: Key;
}

/** Describes a fitted law: its exponent with the parts of its error, and what decides whether it is a law. */
export interface LawFacts {
  readonly exponent: Parted;
  readonly points: number;
  readonly decades: number;
  readonly r2: number;
  readonly scatter: number;
  /** How far the exponents of the ranges that vote lie apart beyond their errors. */
  readonly bend: number;
  /** The lowest and highest exponent of these ranges, with their labels; empty with fewer than two. */
  readonly extremes: readonly { readonly label: string; readonly exponent: number }[];
  readonly votes: number;
  /** Ranges without a vote, each with the reason. */
  readonly silent: readonly string[];
  readonly range: readonly [number, number];
}

/** Holds a number of the walk for each form, independent batches first. */
export interface WalkNumbers {
  readonly forms: readonly { readonly sampling: WalkForm['sampling']; readonly value: OverDraws }[];
}

/** Holds everything that the findings say. */
export interface Ivf2021Facts {
  readonly runs: number;
  readonly psi: LawFacts;
  /** Along the leading ranks, with their share of the variance without PC1. */
  readonly head: LawFacts & { readonly share: number };
  readonly rank: LawFacts;
  /** gamma of the run less that of each form of the walk. */
  readonly beyondWalk: readonly {
    readonly sampling: WalkForm['sampling'];
    readonly walk: OverDraws;
    readonly difference: Parted;
  }[];
  readonly widths: Readonly<Record<'head' | 'rest', { readonly rho: Parted; readonly n: number }>>;
  readonly open: number;
  readonly measured: number;
  readonly aligned: { readonly cos: Parted; readonly P: number; readonly walk: number };
  readonly ballistic: { readonly alpha: Parted; readonly n: number; readonly speed: string } & WalkNumbers;
  readonly share: { readonly share: Parted; readonly T: number } & WalkNumbers;
  readonly diffuse: { readonly alpha: Parted; readonly n: number; readonly bent: number } & WalkNumbers;
  readonly quadratic: { readonly ratio: Parted; readonly n: number; readonly factor: number; readonly loss: number };
  readonly resolution: number;
  /** Why there is no walk. */
  readonly noWalk: string | undefined;
}

/** Which ranges vote: as many points as the law itself needs, and an interval as narrow. */
export const PSI_VOTE: VoteRule = { points: 20, width: 1 };
export const GAMMA_VOTE: VoteRule = { points: 20, width: 0.5 };

/** Returns what the findings of a run are made from. */
export const findingsInput = (analysis: Analysis, seed: number): Ivf2021Input => ({
  ...analysis,
  key: randomKey(seed).child('bootstrap').child('findings'),
});

/** Computes the facts of one run; a run with too little data gives NaN and counts of zero, never an error. */
export function factsOf(input: Ivf2021Input): Ivf2021Facts {
  const { scaling, flatness, pca, dynamics, walk, key } = input;
  const forms = 'missing' in walk ? [] : walk.forms;
  const ofWalk = (number: 'gamma' | 'share' | 'first' | 'median') =>
    forms.map((f) => ({ sampling: f.sampling, value: f[number] }));
  const psiRows = scaling.varianceFlatnessRanges.filter((r) => r.label.startsWith('ranks '));
  const headRow = psiRows.find((r) => r.label === `ranks ${FIRST_RANK}–${LAST_LEADING_RANK}`);
  const gammaRows = scaling.rankLawRanges.filter((r) => r.fit.range[0] >= FIRST_RANK_OF_LAW);
  const rank = law(scaling.rankLaw, gammaRows, GAMMA_VOTE);
  const resolved = closedDirections(flatness.directions).filter(
    (d) => d.index >= FIRST_RANK && d.variance > RESOLUTIONS * pca.resolution,
  );
  const group = (name: 'head' | 'rest') => {
    const own = resolved.filter((d) => d.index <= LAST_LEADING_RANK === (name === 'head'));
    return { rho: ofOneRun(rankCorrelation(own, key.child(`flatness-rank ${name}`))), n: own.length };
  };
  const first = dynamics.find((d) => d.index === 1);
  const absent = missing('PC1 was not among the directions followed');
  return {
    runs: 1,
    psi: law(scaling.varianceFlatness, psiRows, PSI_VOTE),
    head: {
      ...law(
        headRow?.fit ?? none(`fewer than ten closed directions of rank ${FIRST_RANK} to ${LAST_LEADING_RANK}`),
        [],
        PSI_VOTE,
      ),
      share: leadingShare(pca),
    },
    rank,
    beyondWalk:
      'missing' in walk
        ? []
        : forms.map(({ sampling, gamma }) => ({
            sampling,
            walk: gamma,
            difference: ofOneRun(
              estimate(
                walk.gamma - gamma.mean,
                Math.hypot(rank.exponent.misfit, gamma.deviation),
                1,
                'gamma of the run less that of the walk; misfit of the run and spread over draws in quadrature',
              ),
            ),
          })),
    widths: { head: group('head'), rest: group('rest') },
    open: flatness.directions.filter((d) => d.open !== null).length,
    measured: flatness.directions.length,
    aligned: {
      cos: ofOneRun(
        first
          ? estimate(
              Math.abs(first.cosWithWeights),
              Number.NaN,
              1,
              '|cos| of the angle, one window',
              Number.isFinite(first.cosWithWeights),
            )
          : absent,
      ),
      P: pca.P,
      walk: 'missing' in walk ? Number.NaN : walk.alongWeights,
    },
    ballistic: {
      alpha: ofOneRun(first?.msdExponent ?? absent),
      n: first?.msdExponent.n ?? 0,
      speed: first ? formatNumber(first.driftVelocity.value) : '',
      forms: ofWalk('first'),
    },
    share: {
      share: ofOneRun(
        estimate(
          pca.variances[0] / pca.totalVariance,
          Number.NaN,
          pca.T,
          'share of PC1 in the total variance of one window',
          pca.variances[0] > 0,
        ),
      ),
      T: pca.T,
      forms: ofWalk('share'),
    },
    diffuse: { ...diffusion(dynamics, key), forms: ofWalk('median') },
    quadratic: quadraticity(flatness, key),
    resolution: pca.resolution,
    noWalk: 'missing' in walk ? walk.missing : undefined,
  };
}

const none = (why: string): PowerLaw => ({
  exponent: missing(why),
  intercept: missing(why),
  range: [Number.NaN, Number.NaN],
  points: 0,
  scatter: Number.NaN,
  r2: Number.NaN,
});

function law(fit: PowerLaw, rows: readonly (RangeFit & { readonly fit: PowerLaw })[], rule: VoteRule): LawFacts {
  const positive = rows.map((r) => ({ ...r, fit: { ...r.fit, exponent: negated(r.fit.exponent) } }));
  const spread = rangeSpread(positive, rule);
  return {
    exponent: ofOneRun(negated(fit.exponent), spread.standardError),
    points: fit.points,
    decades: Math.log10(fit.range[1] / fit.range[0]),
    r2: fit.r2,
    scatter: fit.scatter,
    bend: spread.bend,
    extremes: (spread.extremes ?? []).map((r) => ({ label: r.label, exponent: r.fit.exponent.value })),
    votes: spread.votes.length,
    silent: spread.silent.map((r) => `${r.label} (${silence(r, rule)})`),
    range: fit.range,
  };
}

function rankCorrelation(own: readonly (DirectionFlatness & { flatness: number })[], key: Key): Estimate {
  const n = own.length;
  if (n < 2) return missing('no closed directions');
  const [rank, width] = [own.map((d) => d.index), own.map((d) => d.flatness)];
  const rho = (i: readonly number[]) =>
    spearman(
      i.map((k) => rank[k]),
      i.map((k) => width[k]),
    );
  return withBootstrap(n, rho, "Spearman's rank correlation", key);
}

function diffusion(dynamics: Analysis['dynamics'], key: Key): Omit<Ivf2021Facts['diffuse'], 'forms'> {
  const chosen = diffusing(dynamics);
  const alpha = chosen.map((d) => d.msdExponent.value);
  const n = alpha.length;
  const how = chosen[0]?.msdExponent.method.split(', jackknife')[0] ?? '';
  const measured =
    n < 2
      ? missing('no directions followed')
      : withBootstrap(
          n,
          (i) => median(i.map((k) => alpha[k])),
          `median over PCs 10–100 (${how})`,
          key.child('diffuse'),
        );
  return { alpha: ofOneRun(measured), n, bent: chosen.filter((d) => !d.msdExponent.converged).length };
}

function quadraticity(flatness: Analysis['flatness'], key: Key): Ivf2021Facts['quadratic'] {
  const ratio = closedDirections(flatness.directions)
    .map((d) => d.quadraticRatio)
    .filter(Number.isFinite);
  const n = ratio.length;
  const measured =
    n < 2
      ? missing('no closed directions')
      : withBootstrap(
          n,
          (i) => median(i.map((k) => ratio[k])),
          'median over closed directions with positive curvature',
          key.child('quadratic'),
        );
  return { ratio: ofOneRun(measured), n, factor: flatness.factor, loss: flatness.centreLoss };
}

/** A statistic of n rank-ordered directions with its moving-block-bootstrap error. */
function withBootstrap(n: number, statistic: (indices: number[]) => number, name: string, key: Key): Estimate {
  const all = Array.from({ length: n }, (_, i) => i);
  const spread = bootstrap(n, (indices) => [statistic([...indices])], { key });
  return estimate(
    statistic(all),
    spread.standardError[0],
    n,
    `${name}, moving-block bootstrap (${spread.replicates} replicates, blocks of ${spread.blockLength})`,
  );
}

/** Combines the facts of runs that differ in their seed: means of numbers, medians of R², the fewest points. */
export function combinedFacts(all: readonly Ivf2021Facts[]): Ivf2021Facts {
  const [first] = all;
  const each = <T>(pick: (f: Ivf2021Facts) => T): T[] => all.map(pick);
  const least = (pick: (f: Ivf2021Facts) => number) => Math.min(...each(pick));
  const average = (pick: (f: Ivf2021Facts) => number) => mean(each(pick).filter(Number.isFinite));
  const walks = (pick: (f: Ivf2021Facts) => WalkNumbers): WalkNumbers => ({
    forms: pick(first).forms.map(({ sampling }, k) => ({
      sampling,
      value: {
        mean: average((f) => pick(f).forms[k]?.value.mean ?? Number.NaN),
        deviation: average((f) => pick(f).forms[k]?.value.deviation ?? Number.NaN),
        draws: pick(first).forms[k].value.draws,
      },
    })),
  });
  const widths = (name: 'head' | 'rest') => ({
    rho: sampled(overRuns(each((f) => f.widths[name].rho))),
    n: least((f) => f.widths[name].n),
  });
  return {
    ...first,
    runs: all.length,
    psi: combinedLaw(each((f) => f.psi)),
    head: { ...combinedLaw(each((f) => f.head)), share: average((f) => f.head.share) },
    rank: combinedLaw(each((f) => f.rank)),
    beyondWalk: first.beyondWalk.map(({ sampling }, k) => ({
      sampling,
      walk: {
        mean: average((f) => f.beyondWalk[k]?.walk.mean ?? Number.NaN),
        deviation: average((f) => f.beyondWalk[k]?.walk.deviation ?? Number.NaN),
        draws: first.beyondWalk[k].walk.draws,
      },
      difference: overRuns(each((f) => f.beyondWalk[k]?.difference).filter((d) => d !== undefined)),
    })),
    widths: { head: widths('head'), rest: widths('rest') },
    open: mean(each((f) => f.open)),
    aligned: {
      cos: overRuns(each((f) => f.aligned.cos)),
      P: first.aligned.P,
      walk: average((f) => f.aligned.walk),
    },
    ballistic: {
      alpha: sampled(overRuns(each((f) => f.ballistic.alpha))),
      n: least((f) => f.ballistic.n),
      speed: '',
      ...walks((f) => f.ballistic),
    },
    share: { share: overRuns(each((f) => f.share.share)), T: first.share.T, ...walks((f) => f.share) },
    diffuse: {
      alpha: sampled(overRuns(each((f) => f.diffuse.alpha))),
      n: least((f) => f.diffuse.n),
      bent: Math.round(average((f) => f.diffuse.bent)),
      ...walks((f) => f.diffuse),
    },
    quadratic: {
      ...first.quadratic,
      ratio: sampled(overRuns(each((f) => f.quadratic.ratio))),
      n: least((f) => f.quadratic.n),
      loss: average((f) => f.quadratic.loss),
    },
  };
}

function combinedLaw(all: readonly LawFacts[]): LawFacts {
  const [first] = all;
  const middle = (pick: (l: LawFacts) => number) => median(all.map(pick).filter(Number.isFinite));
  // a seed with fewer than two votes has no extremes
  const spread = all.filter((l) => l.extremes.length > 0);
  const labels = (spread[0]?.extremes ?? []).map((e) => e.label);
  return {
    ...first,
    exponent: overRuns(all.map((l) => l.exponent)),
    points: Math.min(...all.map((l) => l.points)),
    decades: middle((l) => l.decades),
    r2: middle((l) => l.r2),
    scatter: middle((l) => l.scatter),
    bend: spread.length > 0 ? median(spread.map((l) => l.bend)) : 0,
    extremes: labels.map((label, k) => ({
      label: spread.every((l) => l.extremes[k].label === label) ? label : 'one range or another',
      exponent: mean(spread.map((l) => l.extremes[k].exponent)),
    })),
    votes: spread.length > 0 ? Math.min(...spread.map((l) => l.votes)) : 0,
    silent: counted(all.map((l) => l.silent)),
    range: [Math.min(...all.map((l) => l.range[0])), Math.max(...all.map((l) => l.range[1]))],
  };
}

/** Lists what each run says, with the number of runs that say it where these are not all. */
function counted(all: readonly (readonly string[])[]): string[] {
  const said = [...new Set(all.flat())];
  return said.map((text) => {
    const runs = all.filter((one) => one.includes(text)).length;
    return runs === all.length ? text : `${text} in ${runs} of ${all.length} seeds`;
  });
}
