/** What belongs to one of several recorded layers: findings, figures and parts of a page, told apart by the name of the layer. */
import type { Analysis } from '../../analyse/trajectory/results.js';
import { type Drawn, renamed } from '../../report/figures/frame.js';
import type { Finding } from '../../report/finding.js';
import { Markup } from '../../report/markup.js';
import type { RelationDocument } from './relation-stage.js';

/** What was measured of one layer. */
export interface LayerResults {
  readonly analysis: Analysis;
  readonly relation?: RelationDocument | undefined;
}

/** Gives a finding the name of its layer. */
export const ofLayer = (f: Finding, layer: string): Finding => ({ ...f, id: `${f.id}@${layer}` });

/** Returns the findings of a layer under their own names. */
export const findingsOf = (findings: readonly Finding[], layer: string): Finding[] =>
  findings.filter((f) => f.id.endsWith(`@${layer}`)).map((f) => ({ ...f, id: f.id.slice(0, -layer.length - 1) }));

/** Gives a figure the name of its layer. */
export function figureOf(f: Drawn, layer: string): Drawn {
  const name = `${f.name}-${layer}`;
  return 'svg' in f ? { ...renamed(f, name), title: `${f.title}, ${layer}` } : { ...f, name };
}

/** Gives every anchor of a part of a page the name of its layer, with the links to it, and its tables. */
export function partOf(part: Markup, layer: string): Markup {
  const ids = new Set([...part.text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
  const own = (id: string) => (ids.has(id) && !id.endsWith(`-${layer}`) ? `${id}-${layer}` : id);
  return new Markup(
    part.text
      .replace(/ id="([^"]+)"/g, (_, id) => ` id="${own(id)}"`)
      .replace(/href="#([^"]+)"/g, (_, id) => `href="#${own(id)}"`)
      .replace(/url\(#([^)]+)\)/g, (_, id) => `url(#${own(id)})`)
      .replace(/\bflatness\.csv\b/g, `${layer}-flatness.csv`),
  );
}
