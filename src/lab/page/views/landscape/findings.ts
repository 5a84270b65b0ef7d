/**
 * What the view Landscape says beside its pictures.
 *
 * rotation: the measured circulation is a multiple m of the expected one. It is reproduced where m differs from 1 by at most two errors
 *   and from 0 by more than two; not reproduced where it differs from 1 by more; not decidable where blocks of rows are not independent,
 *   where the error exceeds 0.5, or where both 0 and 1 lie within two errors.
 * plane: the loss of a row lies above that of its shadow in the plane. No verdict: a slice is a picture, and what it misses is told.
 */
import { formatEstimate, formatNumber, formatShare } from '../../../../report/format.js';
import type { PotentialResult, SliceResult } from '../../../landscape-results.js';
import type { LiveFinding } from '../../finding-note.js';

const UNDECIDED = 'not decidable with this run';

/** Compares the measured circulation with the expected one. */
export function rotationFinding(r: PotentialResult): LiveFinding {
  const { value, standardError, converged } = r.rotation;
  const wide = !converged || !Number.isFinite(value) || !(standardError <= 0.5);
  const near = Math.abs(value - 1) <= 2 * standardError;
  const turns = Math.abs(value) > 2 * standardError;
  return {
    claim: 'The weights turn in the potential as the decomposition of force and noise says.',
    measured: `${formatEstimate(r.rotation)} times the expected circulation; ${r.turning.significant} of ${r.turning.of} pairs of directions turn significantly (Holm, 5 %).`,
    nullModel: '1 if the theory is right, 0 where nothing turns (detailed balance).',
    verdict: wide ? UNDECIDED : near && turns ? 'reproduced' : near ? UNDECIDED : 'not reproduced',
    reason: !converged
      ? 'The window is not many times longer than the slowest correlation, so that its blocks are not independent.'
      : wide
        ? 'The error is too large to tell 1 from 0.'
        : near && turns
          ? 'Within two errors of 1, and not of 0.'
          : near
            ? 'Within two errors of 1 and of 0.'
            : 'More than two errors from 1.',
  };
}

/** Says what a plane misses. */
export function planeWords(s: SliceResult): string {
  const gaps = s.rows.map((r) => r.loss - r.shadow);
  const mean = gaps.reduce((sum, g) => sum + g, 0) / gaps.length;
  const height = Math.max(...s.rows.map((r) => Math.abs(r.shadow - s.centreLoss)));
  return (
    `${formatShare(s.offPlane)} of the window's variance lies outside this plane. At ${s.rows.length} rows the loss is on average ` +
    `${formatNumber(Math.abs(mean), 2)} nat ${mean >= 0 ? 'above' : 'below'} that of their shadows in the plane, which themselves differ from the centre by up to ` +
    `${formatNumber(height, 2)} nat.`
  );
}

/** Says how far theory and window agree, direction by direction. */
export function varianceWords(r: PotentialResult): string {
  const ratios = r.variances.map((v) => v.measured / v.theory);
  const within = ratios.filter((q) => q > 0.5 && q < 2).length;
  const [low, high] = [Math.min(...ratios), Math.max(...ratios)];
  return `Within a factor of 2 in ${within} of ${ratios.length} directions; measured over theory from ${formatNumber(low, 2)} to ${formatNumber(high, 2)}.`;
}
