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
import { contextsOf, eachLayer, hasSeveral, layersIn, placeOf, windowFile } from '../../runs/layers.js';
import { networkTitle } from '../../runs/network.js';
import { historyIn } from '../../runs/train.js';
import type { DynamicsResult } from '../../runs/window/jobs.js';
import { DYNAMICS, FLATNESS, summaryOf } from '../../runs/window/stages.js';
import { findingsInput } from './facts.js';
import { ivf2021Findings } from './findings.js';
import { asFarAsDecidable, relationFindings } from './findings-relation.js';
import { ofLayer } from './of-layer.js';
import { RELATION, type RelationDocument } from './relation-stage.js';
import { WALK } from './walk-stage.js';

/** File of everything that was measured. */
export const ANALYSIS = 'analysis.json';

const EARLIER: NoWalk = { missing: 'An earlier version, which drew no walks, made this analysis.' };

/**
 * Reads the motion along directions and the curves of a run.
 * @throws InputError when one of them is missing or damaged
 */
export const readMotion = (context: Context): DynamicsResult & { readonly curves: TrainingCurves } => ({
  ...readPart<DynamicsResult>(windowFile(context, DYNAMICS), ['dynamics', 'paths']),
  curves: historyIn(context.folder.path),
});

/** Computes fits and findings of every recorded layer, and writes them to the folder `out`. */
export function fitsStage(context: Context, out: string): void {
  const several = hasSeveral(context.config);
  const findings = contextsOf(context).flatMap((own) => {
    const found = fitsOf(own, placeOf(own.config, out));
    return several ? found.map((f) => ofLayer(f, own.config.record.layer)) : found;
  });
  writeJson(join(out, FINDINGS_FILE), findings);
}

/** Computes those of one layer from the documents in its folder, and writes its analysis there. */
function fitsOf(context: Context, place: string): Finding[] {
  const { config } = context;
  const pca = summaryOf(context);
  const flatness = readPart<FlatnessSummary>(join(place, FLATNESS), ['centreLoss', 'directions', 'profiles']);
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
    walk: readPart<WalkNull | NoWalk>(join(place, WALK), []),
  };
  writeJson(join(place, ANALYSIS), analysis);
  const relation = relationIn(place);
  const findings = [...relationFindings(relation), ...ivf2021Findings(findingsInput(analysis, config.seed))];
  return asFarAsDecidable(findings, relation);
}

/** Reads the relation under its controls, which only runs of layers and of optimisers have. */
export const relationIn = (out: string): RelationDocument | undefined =>
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
  const { analysis, findings } = readResults(out);
  const further = eachLayer(config)
    .slice(1)
    .map((own) => {
      const place = placeOf(own, out);
      return { analysis: readAnalysis(place), relation: relationIn(place) };
    });
  const results = { analysis, findings, relation: relationIn(out), ...(further.length > 0 && { further }) };
  writeReport(out, renderReport({ title: titleOf(record), ...results, run }));
}

/**
 * Reads the analysis of the first recorded layer and the findings of all from a folder.
 * @throws InputError when there are none
 */
export function readResults(out: string): { readonly analysis: Analysis; readonly findings: Finding[] } {
  is.given('readResults', { out }, { out: is.path });
  check(
    existsSync(join(out, ANALYSIS)) && existsSync(join(out, FINDINGS_FILE)),
    'not-analysed',
    `there is no finished analysis in ${out}; run thermograd reproduce ivf2021 --resume --out ${shellWord(out)}, or thermograd analyse ${shellWord(out)}.`,
  );
  return { analysis: readAnalysis(out), findings: readPart<Finding[]>(join(out, FINDINGS_FILE), 'list') };
}

function readAnalysis(place: string): Analysis {
  const analysis = readPart<Analysis>(join(place, ANALYSIS), [
    'layer',
    'curves',
    'pca',
    'dynamics',
    'paths',
    'flatness',
    'scaling',
  ]);
  // an analysis of an earlier version has no walk
  return { ...analysis, walk: analysis.walk ?? EARLIER };
}

function titleOf({ config }: RunRecord): string {
  return `Inverse variance-flatness relation: ${networkTitle(config)} on ${config.data.set}, ${layersIn(config).join(', ')}${config.optimiser ? `, ${config.optimiser.type}` : ''}`;
}
