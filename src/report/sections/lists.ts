/** Lists of names and values on a page: its key numbers, facts in words, symbols. */
import { html, type Markup, prose } from '../markup.js';

/** Lists the key numbers of a page, each with its name. */
export const keyList = (items: readonly (readonly [string, string])[]): Markup =>
  html`<dl class="key">${items.map(([k, v]) => html`<div><dt>${prose(k)}</dt><dd>${v}</dd></div>`)}</dl>`;

/** Lists facts in words, for instance how something was measured. */
export const factList = (items: readonly (readonly [string, string])[]): Markup =>
  html`<dl class="facts">${items.map(([k, v]) => html`<dt>${k}</dt><dd>${prose(v)}</dd>`)}</dl>`;

/** Symbols and their meanings. */
export type Symbols = readonly (readonly [string, string])[];

export const glossary: (symbols: Symbols) => Markup = factList;
