/** The report of a penalty: what was measured, what is held in each layer, and how it is used. Pure. */
import type { BlockDiagnostics } from '../../apply/constraint.js';
import { citationsOf } from '../../report/citations.js';
import { composeReport } from '../../report/compose.js';
import { type Cell, csv } from '../../report/csv.js';
import { formatCount, formatNumber, MISSING, sentence } from '../../report/format.js';
import type { Report, RunFacts } from '../../report/input.js';
import { html, prose } from '../../report/markup.js';
import { gallery } from '../../report/page.js';
import { factList } from '../../report/sections/lists.js';
import { table } from '../../report/sections/tables.js';
import { stiffnessByAxis } from './figures/stiffness.js';
import type { ProtectResult } from './measured.js';
import { protectionRows } from './words.js';

/** Makes the report. The same input gives the same bytes. */
export function renderProtection(result: ProtectResult, run: RunFacts): Report {
  const { layers, method, title, file } = result;
  const figures = [stiffnessByAxis(layers)];
  return composeReport({
    title: `A penalty against forgetting: ${method}`,
    head: html`<p class="summary">${prose(`${sentence(title)} The penalty is in ${file}.`)}</p>
${factList(namedRows(result))}`,
    sections: [
      ['layers', 'What is held', html`${layersTable(layers)}${gallery(figures, 'wide')}`],
      [
        'use',
        'How it is used',
        html`<p>${prose(`Fine-tuning minimises new loss + strength · R(w), R = ½ (w − w1)ᵀ K (w − w1) around the weights w1 that were given. With examples/protect.py in PyTorch:`)}</p>
<pre>penalty, strength = load_penalty(${JSON.stringify(file)}, model)
loss = cross_entropy(model(x), y) + strength * penalty(torch.nn.utils.parameters_to_vector(model.parameters()))</pre>
<p>or, for any strength, after each step of plain SGD:</p>
<pre>pull, strength = load_pull(${JSON.stringify(file)}, model)
hold(model, pull, learning_rate * strength)</pre>`,
      ],
    ],
    figures,
    tables: { 'layers.csv': layersCsv(layers), 'stiffness.csv': stiffnessCsv(layers) },
    format: 'thermograd penalty report',
    version: 1,
    document: { penalty: result },
    run,
    citations: citationsOf([], JSON.stringify(run), [result.source]),
  });
}

/** Rows for people, in which one that goes on from the row before is part of it. */
function namedRows(result: ProtectResult): (readonly [string, string])[] {
  const rows: [string, string][] = [];
  for (const [name, text] of protectionRows(result))
    if (name === '' && rows.length > 0) rows[rows.length - 1][1] += `; ${text}`;
    else rows.push([name, text]);
  return rows;
}

const ends = ({ stiffness }: BlockDiagnostics): [number, number] =>
  stiffness.length === 0 ? [Number.NaN, Number.NaN] : [Math.min(...stiffness), Math.max(...stiffness)];

const layersTable = (layers: readonly BlockDiagnostics[]) =>
  table<BlockDiagnostics>(
    '',
    [
      { head: 'Layer', cell: ({ block }) => block, words: true },
      { head: 'Held', cell: ({ constrained }) => formatCount(constrained) },
      { head: 'Left out', cell: ({ excluded }) => formatCount(excluded) },
      { head: 'Why', cell: ({ excluded, why }) => (excluded > 0 ? why : MISSING), words: true },
      { head: 'Least stiffness', cell: (layer) => formatNumber(ends(layer)[0]) },
      { head: 'Largest', cell: (layer) => formatNumber(ends(layer)[1]) },
    ],
    layers,
  );

const layersCsv = (layers: readonly BlockDiagnostics[]): string =>
  csv(
    ['layer', 'held', 'left_out', 'why', 'least_stiffness', 'largest_stiffness'],
    layers.map((layer): Cell[] => [layer.block, layer.constrained, layer.excluded, layer.why, ...ends(layer)]),
  );

/** One row for each axis; of single weights the smallest and the largest. */
const stiffnessCsv = (layers: readonly BlockDiagnostics[]): string =>
  csv(
    ['layer', 'axis', 'stiffness'],
    layers.flatMap(({ block, stiffness }) => stiffness.map((value, k): Cell[] => [block, k + 1, value])),
  );
