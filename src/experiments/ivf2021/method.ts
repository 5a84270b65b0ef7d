/** How the numbers were obtained, and the glossary of symbols. */
import type { Analysis } from '../../analyse/trajectory/results.js';
import { formatCount, formatNumber, formatPlain, formatRange, fullStop, sentence } from '../../report/format.js';
import type { Markup } from '../../report/markup.js';
import { factList, type Symbols } from '../../report/sections/lists.js';
import { factorName } from './figures/profiles.js';

/** Writes the section on methods. */
export function method(a: Analysis): Markup {
  const { pca, flatness: f, scaling: s, curves: c, walk } = a;
  const evaluations = f.directions.reduce((n, d) => n + d.evaluations, 0);
  const count = (side: 'left' | 'right' | 'both') => f.directions.filter((d) => d.open === side).length;
  const noise = pca.variances.filter((v) => v < pca.resolution).length;
  const threshold = `${factorName(f.factor)}·L₀`;
  const items: [string, string][] = [
    [
      'Window',
      `Epochs ${formatCount(c.window[0])} to ${formatCount(c.window[1])}, every step: ${formatCount(pca.T)} steps of ${formatCount(c.stepsPerEpoch)} per epoch. Training stopped: ${fullStop(c.stopped)}`,
    ],
    [
      'Principal directions',
      `${pca.via === 'covariance' ? 'The covariance matrix of the weights' : 'The Gram matrix of the steps'} over the window, mean subtracted, accumulated in double precision; ${formatCount(pca.variances.length)} directions of ${formatCount(pca.P)} weights; residual of the eigenvectors ${formatNumber(pca.residual, 2)}.`,
    ],
    [
      'Resolution',
      `Variances under ${formatPlain(pca.resolution, 2)} weight² are within the rounding of the single-precision recording: ${formatCount(noise)} of ${formatCount(pca.variances.length)} directions.`,
    ],
    [
      'Centre',
      f.centre === 'mean'
        ? 'The mean weights of the window: the loss is explored around them.'
        : 'The last weights of the window: the loss is explored around them.',
    ],
    [
      'Loss',
      `Full training loss over ${formatCount(f.samples)} samples, L₀ = ${formatNumber(f.centreLoss)} at the centre. Widths measured at different L₀ cannot be compared.`,
    ],
    [
      'Width',
      `F is the distance between the nearest points on either side where the loss reaches ${threshold}, located to a relative tolerance of ${formatPlain(f.relativeTolerance, 2)}; ${formatCount(evaluations)} evaluations of the loss for ${formatCount(f.directions.length)} directions.`,
    ],
    [
      'Open sides',
      `Left only ${formatCount(count('left'))}, right only ${formatCount(count('right'))}, both ${formatCount(count('both'))}. An open direction has no width; it is marked and excluded from all fits.`,
    ],
    [
      'Fit of the relation',
      `${sentence(s.varianceFlatness.exponent.method)} Over F = ${formatRange(s.varianceFlatness.range)}, ${formatCount(s.varianceFlatness.points)} directions.`,
    ],
    [
      'Fit of the rank law',
      `${sentence(s.rankLaw.exponent.method)} Over ranks ${formatRange(s.rankLaw.range)}, ${formatCount(s.rankLaw.points)} directions.`,
    ],
    [
      'Errors',
      'The number after ± is one standard error throughout: of an exponent in a finding, misfit and choice of range in quadrature; of a single fit, its misfit (block bootstrap).',
    ],
    [
      'Null',
      'missing' in walk
        ? walk.missing
        : `Walks without a restoring force: steps of learning rate times minibatch noise, with the gradient covariance of the layer at the centre (rms step ${formatPlain(Math.sqrt(walk.stepVariance), 2)}), over as many steps as the window; ${formatCount(walk.forms[0]?.gamma.draws ?? 0)} draws of the variances and of the motion, ${formatCount(walk.forms[0]?.share.draws ?? 0)} of the share of direction 1. Shuffled batches sum to zero over each epoch.`,
    ],
  ];
  return factList(items);
}

/** The symbols of the page. */
export const SYMBOLS: Symbols = [
  ['w', 'weights of the recorded layer'],
  ['w₀', 'centre of the landscape: mean or last weights of the window'],
  ['T, P', 'steps in the window, number of weights'],
  ['pᵢ', 'i-th principal direction of the fluctuations, a unit vector; rank i counts from the largest variance'],
  ['θᵢ', 'coordinate of the weights along pᵢ, from the mean of the window'],
  ['σᵢ²', 'variance of θᵢ over the window (weight²)'],
  ['L, L₀', 'full training loss, mean per sample; its value at the centre'],
  ['Fᵢ', 'flatness: width of the valley along pᵢ at the threshold (weight)'],
  ['ψ', 'exponent of σ² ∝ F^−ψ'],
  ['γ', 'exponent of σᵢ² ∝ i^−γ'],
  ['H', 'second derivatives of the loss; pᵢᵀHpᵢ is the curvature along pᵢ (loss/weight²)'],
  ['τ', 'integrated autocorrelation time (steps)'],
  ['SGD', 'stochastic gradient descent: steps along the gradient of a random minibatch'],
  ['PC', 'principal direction'],
];
