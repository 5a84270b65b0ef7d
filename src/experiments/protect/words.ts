/** A protection in words: rows for terminal and page, and how PyTorch reads the file. */
import { formatCount, formatNumber } from '../../report/format.js';
import type { ProtectResult } from './measured.js';

/** Writes the result as rows, one name and one sentence each; a row without a name goes on from the one before. */
export function protectionRows(r: ProtectResult): [string, string][] {
  const { unit, window, training } = r;
  const rows: [string, string][] = [
    [
      'state',
      `${r.origin}: ${typeof r.network === 'string' ? r.network : r.network.join('-')}${r.optimiser ? `, ${r.optimiser}` : ''}`,
    ],
    ['task', `loss ${formatNumber(r.loss)}${errorsOf(r)} over ${formatCount(r.samples)} training samples of ${r.data}`],
    ['method', `${r.method}: ${r.title}`],
  ];
  if (window)
    rows.push([
      'window',
      window.trained
        ? `${formatCount(window.steps)} further steps from there at learning rate ${r.learningRate}, ${window.rows} rows; loss ${formatNumber(window.loss)} at its end`
        : `the ${formatCount(window.steps)} recorded steps before these weights`,
    ]);
  if (training)
    rows.push([
      'stationary',
      `taken as ${formatCount(training.windowSteps)} steps at learning rate ${Number(training.learningRate.toPrecision(4))} with batches of ${training.batchSize}`,
    ]);
  for (const { block, constrained, excluded, why, stiffness } of r.layers)
    rows.push([
      block,
      `${formatCount(constrained)} held${excluded > 0 ? `, ${formatCount(excluded)} left out (${why})` : ''}${rangeOf(stiffness)}`,
    ]);
  if (Number.isFinite(unit.strength)) {
    rows.push(['strength', `${formatNumber(unit.strength)} (${unit.exact ? 'exact; ' : ''}${unit.how})`]);
    rows.push([
      '',
      'start there, and try some decades above it: choose by old samples that you kept and by the new task',
    ]);
  } else
    rows.push([
      'strength',
      `no natural one, because there is no curvature along what is held (${unit.how}); the file holds the strength 1: scan it, and choose by old samples that you kept`,
    ]);
  if (Number.isNaN(r.largestStrength))
    rows.push([
      'steps',
      'this optimiser divides by the size of the gradient, so that its steps stay bounded at any strength: add the penalty to the loss; load_pull belongs to SGD',
    ]);
  else
    rows.push([
      'steps',
      `explicit steps at learning rate ${r.learningRate}${r.momentum > 0 ? ` and momentum ${r.momentum}` : ''} follow it below strength ` +
        `${formatNumber(r.largestStrength)}${timesNatural(r)}: largest stiffness ${formatNumber(r.stiffest)}; a lower rate tolerates more, load_pull any`,
    ]);
  for (const warning of warningsOf(r)) rows.push(['warning', warning]);
  rows.push([
    'file',
    `${r.file} (${r.bytes < 1e6 ? `${Math.ceil(r.bytes / 1e3)} kB` : `${(r.bytes / 1e6).toFixed(1)} MB`})`,
  ]);
  return rows;
}

function timesNatural({ unit, largestStrength }: ProtectResult): string {
  return Number.isFinite(unit.strength)
    ? ` (${formatNumber(largestStrength / unit.strength, 2)} times the natural one)`
    : '';
}

function errorsOf({ errors, samples }: ProtectResult): string {
  if (Number.isNaN(errors)) return '';
  return `, ${formatCount(errors)} misclassified (${formatNumber((100 * errors) / samples)} %)`;
}

function rangeOf(stiffness: readonly number[]): string {
  if (stiffness.length === 0) return '';
  const [least, most] = [Math.min(...stiffness), Math.max(...stiffness)];
  return `; stiffness ${least === most ? formatNumber(most) : `${formatNumber(least)} to ${formatNumber(most)}`}`;
}

function warningsOf({ unit, largestStrength, learningRate, window, loss, doubts = [] }: ProtectResult): string[] {
  const out: string[] = [...doubts];
  if (unit.strength >= largestStrength)
    out.push(
      `the natural strength is above that: steps with it diverge; fine-tune at a learning rate below ${formatNumber((learningRate * largestStrength) / unit.strength)}`,
    );
  if (window?.trained && !(window.loss <= Math.E * loss))
    out.push(
      `the window left the valley: its loss grew from ${formatNumber(loss)} to ${formatNumber(window.loss)}; give the learning rate and batch size of your own training`,
    );
  return out;
}
