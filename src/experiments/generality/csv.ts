/** The tables of `reproduce generality` as CSV documents, at full precision. */

import { REGIMES } from '../../analyse/trajectory/regime.js';
import { csv } from '../../report/csv.js';
import { type Group, nearStated, whyNot } from './groups.js';
import type { RunResult } from './measured.js';

/** Writes groups and runs, by file name. */
export const generalityTables = (groups: readonly Group[], runs: readonly RunResult[]): Record<string, string> => ({
  'groups.csv': groupsCsv(groups),
  'runs.csv': runsCsv(runs),
});

function groupsCsv(groups: readonly Group[]): string {
  return csv(
    [
      'set',
      'network',
      'layer',
      'type',
      'weights',
      'optimiser',
      'runs',
      'near_4',
      ...REGIMES.flatMap((r) => [`${r}_psi`, `${r}_half_interval`, `${r}_r2`, `${r}_deciding`, `${r}_answer`]),
    ],
    groups.map((g) => [
      g.set,
      g.network,
      g.layer,
      g.type,
      g.size,
      g.optimiser,
      g.runs.length,
      g.regimes.same && nearStated(g.regimes.same),
      ...REGIMES.flatMap((name) => {
        const r = g.regimes[name];
        return r ? [r.psi.value, r.half, r.r2, r.deciding, r.answer] : [null, null, null, null, null];
      }),
    ]),
  );
}

function runsCsv(runs: readonly RunResult[]): string {
  return csv(
    [
      'set',
      'network',
      'optimiser',
      'loss_kind',
      'batch_size',
      'learning_rate',
      'seed',
      'epochs',
      'met',
      'train_loss',
      'train_errors',
      'layer',
      'centre_loss',
      'moved',
      'regime',
      'psi',
      'misfit',
      'r2',
      'points',
      'open',
      'decades',
      'why_not',
      'gamma',
      'gamma_misfit',
    ],
    runs.flatMap((run) =>
      run.layers.flatMap((layer) =>
        REGIMES.flatMap((name) => {
          const regime = layer.measured?.regimes[name];
          if (!regime && name === 'own') return [];
          const head = [
            run.set,
            run.network,
            run.optimiser,
            run.loss,
            run.batchSize,
            run.learningRate,
            run.seed,
            run.epochs,
            run.met,
            run.trainLoss,
            run.trainErrors,
          ];
          const { gamma } = layer.measured?.gamma ?? {};
          return [
            [
              ...head,
              layer.layer,
              layer.measured?.centreLoss,
              layer.moved,
              name,
              regime?.psi.value,
              regime?.psi.standardError,
              regime?.r2,
              regime?.points,
              regime?.open,
              regime?.decades,
              whyNot(run, layer, regime),
              gamma?.value,
              gamma?.standardError,
            ],
          ];
        }),
      ),
    ),
  );
}
