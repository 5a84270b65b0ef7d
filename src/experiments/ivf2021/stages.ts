/** The stages of ivf2021 after the window is measured: fits with findings, and the report. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Analysis, FlatnessSummary, NoWalk, TrainingCurves, WalkNull } from '../../analyse/trajectory/results.js';
import { scaling } from '../../analyse/trajectory/scaling.js';
import { FINDINGS_FILE, factsOf, writeReport } from '../../jobs/report-folder.js';
import { check } from '../../numeric/errors.js';
import { randomKey } from '../../numeric/random.js';
import { shellWord } from '../../numeric/shell-word.js';
import * as is from '../../numeric/wants.js';
import { readPart, writeJson } from '../../record/json.js';
import type { Finding } from '../../report/finding.js';
import type { Context } from '../../runs/context.js';
import type { RunRecord } from '../../runs/folder.js';
import { networkTitle } from '../../runs/network.js';
import { historyIn } from '../../runs/train.js';
import type { DynamicsResult } from '../../runs/window/jobs.js';
import { DYNAMICS, FLATNESS, summaryOf } from '../../runs/window/stages.js';
import { findingsInput } from './facts.js';
import { ivf2021Findings } from './findings.js';
import { asFarAsDecidable, relationFindings } from './findings-relation.js';
import { RELATION, type RelationDocument } from './relation-stage.js';
import { WALK } from './walk-stage.js';

/** File of everything that was measured. */
export const ANALYSIS = 'analysis.json';

const EARLIER: NoWalk = { missing: 'An earlier version, which drew no walks, made this analysis.' };

/**
 * Reads the motion along directions and the curves of a run.
 * @throws InputError when one of them is missing or damaged
 */
export const readMotion = ({ folder }: Context): DynamicsResult & { readonly curves: TrainingCurves } => ({
  ...readPart<DynamicsResult>(folder.file(DYNAMICS), ['dynamics', 'paths']),
  curves: historyIn(folder.path),
});

/** Computes fits and findings, and writes them to the folder `out`. */
export function fitsStage(context: Context, out: string): void {
  const { config } = context;
  const pca = summaryOf(context);
  const flatness = readPart<FlatnessSummary>(join(out, FLATNESS), ['centreLoss', 'directions', 'profiles']);
  const { dynamics, paths, curves } = readMotion(context);
  const key = randomKey(config.seed).child('bootstrap');
  const analysis: Analysis = {
    layer: config.record.layer,
    curves,
    pca,
    dynamics,
    paths,
    flatness,
    scaling: scaling({ pca, directions: flatness.directions, key }),
    walk: readPart<WalkNull | NoWalk>(join(out, WALK), []),
  };
  writeJson(join(out, ANALYSIS), analysis);
  const relation = relationIn(out);
  const findings = [...relationFindings(relation), ...ivf2021Findings(findingsInput(analysis, config.seed))];
  writeJson(join(out, FINDINGS_FILE), asFarAsDecidable(findings, relation));
}

/** Reads the relation under its controls, which only runs of layers and of optimisers have. */
const relationIn = (out: string): RelationDocument | undefined =>
  existsSync(join(out, RELATION))
    ? readPart<RelationDocument>(join(out, RELATION), ['optimiser', 'stopped'])
    : undefined;

/** Writes the report from the documents in `out`; the analysis settings may differ from those of the run. */
export async function reportStage(record: RunRecord, out: string): Promise<void> {
  // rendering loads large packages, which only this stage needs
  const { renderReport } = await import('./page.js');
  const { config, seeds, stages, data } = record;
  const timings = Object.fromEntries(Object.entries(stages).map(([name, { seconds }]) => [name, seconds]));
  const run = factsOf(record, { config, seeds }, { timings, data });
  writeReport(out, renderReport({ title: titleOf(record), ...readResults(out), relation: relationIn(out), run }));
}

/**
 * Reads the analysis and findings of a folder.
 * @throws InputError when there are none
 */
export function readResults(out: string): { readonly analysis: Analysis; readonly findings: Finding[] } {
  is.given('readResults', { out }, { out: is.text });
  check(
    existsSync(join(out, ANALYSIS)) && existsSync(join(out, FINDINGS_FILE)),
    'not-analysed',
    `there is no finished analysis in ${out}; run thermograd reproduce ivf2021 --resume --out ${shellWord(out)}, or thermograd analyse ${shellWord(out)}.`,
  );
  const analysis = readPart<Analysis>(join(out, ANALYSIS), [
    'layer',
    'curves',
    'pca',
    'dynamics',
    'paths',
    'flatness',
    'scaling',
  ]);
  const findings = readPart<Finding[]>(join(out, FINDINGS_FILE), 'list');
  // an analysis of an earlier version has no walk
  return { analysis: { ...analysis, walk: analysis.walk ?? EARLIER }, findings };
}

function titleOf({ config }: RunRecord): string {
  return `Inverse variance-flatness relation: ${networkTitle(config)} on ${config.data.set}, ${config.record.layer}${config.optimiser ? `, ${config.optimiser.type}` : ''}`;
}
