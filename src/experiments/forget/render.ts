/** The report of `forget` out of the branches of all seeds: pure, the same input gives the same bytes. */
import { citationsUsed } from '../../report/citations.js';
import { csv, findingsCsv } from '../../report/csv.js';
import type { Figure } from '../../report/figures/frame.js';
import type { Finding } from '../../report/finding.js';
import { renderPage } from '../../report/page.js';
import { bibtex } from '../../report/sections/references.js';
import type { Contest } from './compare.js';
import { curves } from './figures/curves.js';
import { front } from './figures/front.js';
import { moved, profile } from './figures/landscape.js';
import { constraintScan, strengthScan } from './figures/scan.js';
import { forgetFindings } from './findings.js';
import type { ForgetInput } from './measured.js';
import { type ForgetFigures, forgetPage } from './page.js';
import { averageOf, forgettingOf, learningOf, transferOf } from './summary.js';

export interface ForgetReport {
  readonly findings: readonly Finding[];
  /** Which method wins where, in sentences. */
  readonly outcome: readonly string[];
  readonly html: string;
  /** SVG documents by name, CSV documents by file name. */
  readonly figures: Record<string, string>;
  readonly tables: Record<string, string>;
  readonly json: string;
}

export function renderForget(input: ForgetInput): ForgetReport {
  const judged = forgetFindings(input);
  const { findings, settings, best, contests, outcome } = judged;
  const ranks = [...new Set(input.seeds.flatMap((s) => s.profiles.map((p) => p.index)))].sort((a, b) => a - b);
  const figures: ForgetFigures = {
    fronts: [front(input, settings, best)],
    scans: [
      strengthScan(input, settings, best),
      front(input, settings, best, 'constraints'),
      constraintScan(settings, best, 'first'),
      constraintScan(settings, best, 'learning'),
    ],
    curves: [curves(input, best, 0), curves(input, best, -1)],
    profiles: ranks.map((i) => profile(input, best, i)),
    moved: [moved(best, 'principal'), moved(best, 'hessian'), moved(best, 'vortex')],
  };
  const citations = citationsUsed(
    findings.flatMap((f) => [f.source, f.stated, f.predicted ?? '', f.reason]),
    JSON.stringify(input.run),
  );
  const document = {
    format: 'thermograd-forget-report',
    version: 1,
    title: input.title,
    outcome,
    findings,
    chosen: best.map(({ branches: _, ...s }) => s),
    contests,
    seeds: input.seeds,
    groups: input.groups,
    run: input.run,
    references: citations.map(({ bibtex: _, ...c }) => c),
    bibtex: bibtex(citations),
  };
  return {
    findings,
    outcome,
    html: renderPage(forgetPage(input, judged, figures, citations)),
    figures: Object.fromEntries(
      Object.values(figures)
        .flat()
        .filter((f): f is Figure => 'svg' in f)
        .map((f) => [f.name, f.svg]),
    ),
    tables: {
      'findings.csv': findingsCsv(findings),
      'branches.csv': branchesCsv(input),
      'contests.csv': contestsCsv(contests),
      'curves.csv': curvesCsv(input),
    },
    json: `${JSON.stringify(document, null, 1)}\n`,
  };
}

function branchesCsv({ groups, tasks: { length: tasks }, seeds }: ForgetInput): string {
  return csv(
    [
      'seed',
      'method',
      'constraints',
      'held',
      'left_out',
      'multiple',
      'strength',
      'average',
      'forgetting',
      'learning',
      'transfer',
      ...Array.from({ length: tasks }, (_, t) => `test_${t + 1}`),
      ...Array.from({ length: tasks }, (_, t) => `validation_${t + 1}`),
      'first_loss',
      'predicted_rise',
      'squared_distance',
      'diverged',
    ],
    groups.flatMap((g) =>
      g.branches.map((b) => [
        g.seed,
        g.method,
        g.constraints,
        g.held?.constrained ?? null,
        g.held?.excluded ?? null,
        b.multiple,
        b.strength,
        averageOf(b),
        forgettingOf(b),
        learningOf(b),
        transferOf(
          b,
          seeds.find((s) => s.seed === g.seed),
        ),
        ...b.test.at(-1)!,
        ...b.validation,
        b.firstLoss,
        b.predictedRise,
        b.distance,
        b.diverged,
      ]),
    ),
  );
}

function contestsCsv(contests: readonly Contest[]): string {
  return csv(
    ['method', 'against', 'difference', 'standard_error', 'seeds', 'p', 'p_holm', 'outcome'],
    contests.map((c) => [
      c.a,
      c.b,
      c.difference.value,
      c.difference.standardError,
      c.difference.n,
      c.p,
      c.holm,
      c.outcome,
    ]),
  );
}

function curvesCsv({ groups, tasks: { length: tasks } }: ForgetInput): string {
  return csv(
    [
      'seed',
      'method',
      'constraints',
      'multiple',
      'epoch',
      'task',
      ...Array.from({ length: tasks }, (_, t) => `test_${t + 1}`),
    ],
    groups.flatMap((g) =>
      g.branches.flatMap((b) =>
        b.curve.epoch.map((e, k) => [
          g.seed,
          g.method,
          g.constraints,
          b.multiple,
          e,
          b.curve.task[k] + 1,
          ...b.curve.test[k],
        ]),
      ),
    ),
  );
}
