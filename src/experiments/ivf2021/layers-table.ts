/** The table at the top of a page of several recorded layers. */
import type { Finding, Verdict } from '../../report/finding.js';
import { formatCount, formatEstimate, formatNumber, MISSING } from '../../report/format.js';
import type { Markup } from '../../report/markup.js';
import { type Column, table } from '../../report/sections/tables.js';
import type { LayerResults } from './of-layer.js';

interface Row extends LayerResults {
  readonly layer: string;
  /** Findings of the layer under their own names. */
  readonly own: readonly Finding[];
}

/** Compares the layers: exponents, widths, and how many claims got which verdict. */
export function layersTable(rows: readonly Row[]): Markup {
  const of = ({ own }: Row, id: string) => own.find((f) => f.id === id);
  const measured = (row: Row, id: string) => {
    const found = of(row, id);
    return found ? formatEstimate(found.measured) : MISSING;
  };
  const count = ({ own }: Row, verdict: Verdict) => formatCount(own.filter((f) => f.verdict === verdict).length);
  const columns: Column<Row>[] = [
    { head: 'layer', cell: (r) => r.layer, words: true },
    { head: 'weights', cell: (r) => formatCount(r.analysis.pca.P) },
    { head: 'L₀', cell: (r) => formatNumber(r.analysis.flatness.centreLoss) },
    { head: 'ψ', cell: (r) => measured(r, 'ivf.psi') },
    { head: 'γ', cell: (r) => measured(r, 'ivf.rank-law') },
    ...(rows.some((r) => r.relation)
      ? [{ head: 'inverse', cell: (r: Row) => of(r, 'ivf.inverse')?.verdict ?? MISSING, words: true }]
      : []),
    { head: 'reproduced', cell: (r) => count(r, 'reproduced') },
    { head: 'another exponent', cell: (r) => count(r, 'reproduced with another exponent') },
    { head: 'not reproduced', cell: (r) => count(r, 'not reproduced') },
    { head: 'not decidable', cell: (r) => count(r, 'not decidable with this run') },
  ];
  return table(
    'Layers that were recorded in this run. The last columns count the claims tested in each; no claim is tested over layers.',
    columns,
    rows,
  );
}
