/** The report of ivf2021: the variance-flatness relation of one recorded window. */
import type { Analysis } from '../../analyse/trajectory/results.js';
import * as is from '../../numeric/wants.js';
import { composeReport, type ReportParts } from '../../report/compose.js';
import type { Drawn } from '../../report/figures/frame.js';
import type { Finding } from '../../report/finding.js';
import type { Report, RunFacts } from '../../report/input.js';
import { html } from '../../report/markup.js';
import { gallery, type Page } from '../../report/page.js';
import { dynamicsTable } from '../../report/sections/motion.js';
import { ivf2021Tables } from './csv.js';
import { drawFigures, type FigureGroup } from './figures/all.js';
import { firstNumbers, summary } from './key-numbers.js';
import { layersTable } from './layers-table.js';
import { method, SYMBOLS } from './method.js';
import { figureOf, findingsOf, type LayerResults, partOf } from './of-layer.js';
import type { RelationDocument } from './relation-stage.js';
import { regimesTable } from './relation-table.js';
import { flatnessTable, sensitivity, walkTable } from './tables.js';

/** The input of the report: measured numbers, findings, and facts of the run. */
export interface ReportInput {
  readonly title: string;
  readonly analysis: Analysis;
  readonly findings: readonly Finding[];
  /** The relation under its controls, of runs of layers and of optimisers. */
  readonly relation?: RelationDocument | undefined;
  /** What was measured of further recorded layers; the findings are then those of all, `@` and the layer behind their names. */
  readonly further?: readonly LayerResults[];
  readonly run: RunFacts;
}

const INPUT_WANTS = is.shape<ReportInput>({
  title: is.text,
  analysis: is.shape<Analysis>({
    layer: is.text,
    curves: is.object,
    pca: is.object,
    dynamics: is.listOf(is.object),
    paths: is.listOf(is.object),
    flatness: is.object,
    scaling: is.object,
    walk: is.object,
  }),
  findings: is.listOf(is.object),
  run: is.object,
});

/**
 * Makes the report of one run in memory; nothing is read or written, and the same input gives the same bytes. Figures
 * for which the analysis has no numbers are omitted, and the page names them with the reason. The cost is about a
 * second, for drawing the figures.
 */
export function renderReport(input: ReportInput): Report {
  is.given('renderReport', { input }, { input: INPUT_WANTS });
  return is.reading('renderReport', 'the input', () => {
    const { analysis, findings, relation, further, run } = input;
    const rest = {
      symbols: SYMBOLS,
      findings,
      format: 'thermograd-report',
      version: 1,
      document: { findings, analysis, ...(relation && { relation }), ...(further && { further }) },
      run,
    };
    if (further) return composeReport({ ...layersReport(input, [{ analysis, relation }, ...further]), ...rest });
    const figures = drawFigures(analysis);
    return composeReport({
      ...ivf2021Page(input, figures),
      figures: Object.values(figures).flat(),
      tables: ivf2021Tables(analysis),
      ...rest,
    });
  });
}

/** Figures by the section in which they stand. */
type Figures = Readonly<Record<FigureGroup, readonly Drawn[]>>;

/** Title, head and sections. */
export function ivf2021Page({ title, analysis: a, findings, relation }: ReportInput, figures: Figures): Page {
  const parts = partsOf({ analysis: a, relation }, findings, figures);
  return { title, head: parts.head, sections: SECTIONS.map(([id, words]) => [id, words, parts[id]]) };
}

const SECTIONS = [
  ['relation', 'Variance and flatness'],
  ['training', 'Training'],
  ['fluctuations', 'Fluctuations'],
  ['landscape', 'Loss landscape'],
  ['method', 'How this was measured'],
] as const;

/** Writes what a page says of one layer, by section. */
function partsOf({ analysis: a, relation }: LayerResults, findings: readonly Finding[], figures: Figures) {
  return {
    head: html`${summary(a, findings)}
${firstNumbers(a, findings)}`,
    relation: html`${gallery(figures.relation, 'wide')}
<h3 id="sensitivity">Sensitivity to the fit range</h3>
${sensitivity(a)}${relation ? regimesTable(relation) : ''}`,
    training: gallery(figures.training),
    fluctuations: html`${gallery(figures.fluctuations)}
${walkTable(a)}
${dynamicsTable(a)}`,
    landscape: html`${gallery(figures.landscape)}${flatnessTable(a)}`,
    method: method(a),
  };
}

/**
 * Page, figures and tables of several recorded layers: every section has a part of each layer, but for the training, which they share; the
 * page begins with a table of all.
 */
function layersReport(
  { title, findings }: ReportInput,
  results: readonly LayerResults[],
): Pick<ReportParts, 'title' | 'head' | 'sections' | 'figures' | 'tables'> {
  const layers = results.map((result, k) => {
    const { layer } = result.analysis;
    const drawn = drawFigures(result.analysis);
    const figures = Object.fromEntries(
      Object.entries(drawn).map(([group, list]) => [
        group,
        group === 'training' ? (k === 0 ? list : []) : list.map((f) => figureOf(f, layer)),
      ]),
    ) as Record<FigureGroup, Drawn[]>;
    const own = findingsOf(findings, layer);
    return { ...result, layer, own, figures, parts: partsOf(result, own, figures) };
  });
  const sections = SECTIONS.map(([id, words]) => {
    const of = id === 'training' ? layers.slice(0, 1) : layers;
    const body = of.map(({ layer, parts }) =>
      id === 'training' ? parts[id] : html`<h3 id="${id}">${layer}</h3>${parts[id]}`,
    );
    return [
      id,
      words,
      html`${body.map((part, k) => (id === 'training' ? part : partOf(part, layers[k].layer)))}`,
    ] as const;
  });
  return {
    title,
    head: html`${layersTable(layers)}
${layers.map(({ layer, parts }) => html`<h2 id="layer-${layer}">${layer}</h2>${parts.head}`)}`,
    sections,
    figures: layers.flatMap(({ figures }) => Object.values(figures).flat()),
    tables: Object.fromEntries(
      layers.flatMap(({ layer, analysis }, k) =>
        Object.entries(ivf2021Tables(analysis)).flatMap(([name, text]): [string, string][] =>
          name === 'training.csv' ? (k === 0 ? [[name, text]] : []) : [[`${layer}-${name}`, text]],
        ),
      ),
    ),
  };
}
