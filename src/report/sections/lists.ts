/** Lists of names and values: the first numbers of a page, facts in words, the symbols. */
import { html, type Markup, prose } from '../markup.js';

/** The numbers that a reader looks for first, each with its name. */
export const keyList = (items: readonly (readonly [string, string])[]): Markup =>
  html`<dl class="key">${items.map(([k, v]) => html`<div><dt>${prose(k)}</dt><dd>${v}</dd></div>`)}</dl>`;

/** Facts in words, for instance how something was measured. */
export const factList = (items: readonly (readonly [string, string])[]): Markup =>
  html`<dl class="facts">${items.map(([k, v]) => html`<dt>${k}</dt><dd>${prose(v)}</dd>`)}</dl>`;

/** Symbols and what they stand for. */
export type Symbols = readonly (readonly [string, string])[];

export const glossary: (symbols: Symbols) => Markup = factList;
