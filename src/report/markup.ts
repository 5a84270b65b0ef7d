/** Markup that escapes every text put into it: text becomes markup only through the `html` template. */
import { linkTags } from './theory.js';

/** A piece of finished markup. */
export class Markup {
  constructor(readonly text: string) {}
}

/** What a template accepts. Numbers are excluded on purpose: they are formatted by format.ts first. */
export type Content = string | Markup | false | null | undefined | readonly Content[];

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
/** Whether a character is a control character, a lone surrogate or a non-character, which HTML and XML forbid. */
const forbidden = (c: string): boolean => {
  const n = c.codePointAt(0)!;
  return (n < 32 && n !== 9 && n !== 10 && n !== 13) || (n >= 0xd800 && n <= 0xdfff) || n === 0xfffe || n === 0xffff;
};

/** Escapes text for element content and quoted attributes of HTML and XML. */
export const escapeText = (s: string): string =>
  [...s].map((c) => (forbidden(c) ? '\ufffd' : (ENTITIES[c] ?? c))).join('');

const render = (c: Content): string =>
  c instanceof Markup ? c.text : typeof c === 'string' ? escapeText(c) : Array.isArray(c) ? c.map(render).join('') : '';

/** A tagged template: literal parts are kept, values are escaped unless they are `Markup` already. */
export const html = (parts: TemplateStringsArray, ...values: Content[]): Markup =>
  new Markup(parts.map((p, i) => p + (i < values.length ? render(values[i]) : '')).join(''));

const GREEK: Record<string, string> = {
  sigma: 'σ',
  psi: 'ψ',
  gamma: 'γ',
  tau: 'τ',
  theta: 'θ',
  eta: 'η',
  lambda: 'λ',
  kappa: 'κ',
  Delta: 'Δ',
  Phi: 'Φ',
};
/** A power: `^−psi`, `^3.9`, `^(1−a)`. */
const RAISED = /\^(?:([\u2212-]?(?:[\d.]*\d|\p{L}+))|\(([^()]+)\))/u;
/** An index behind a single letter; longer names with underscores, such as conv_1, stay as they are. */
const behindLetter = (index: string): string => `(?<=(?<![\\p{L}_]\\d*)\\p{L}′*)_(${index})(?![\\p{L}\\d_])`;
const either = (index: string): RegExp => new RegExp(`${RAISED.source}|${behindLetter(index)}`, 'gu');
/** In prose, which can hold names that users gave, only the indices of our symbols: `_i`, `_x`, `_10`, `_SGD`. */
const IN_PROSE = either('[ijxyc]|ij|SGD|CH|sharp|flat|max|noise|\\d+');
/** In what stands at a figure, any index, as in the figure itself (figures/typeset.ts). */
const AT_FIGURES = either('\\p{L}+|\\d+');

/**
 * Turns prose with plain-text formulas into markup: names of Greek letters become letters, `F^−psi`
 * a power, `p_1` an index, `[D3]` a link to docs/theory.
 */
export const prose = (s: string): Markup => formulas(s, IN_PROSE);

/** Turns the title or the caption of a figure into markup, as prose, but with every index that the figure typesets. */
export const caption = (s: string): Markup => formulas(s, AT_FIGURES);

function formulas(s: string, raisedOrLowered: RegExp): Markup {
  const text = s.replace(
    /(?<![\p{L}\d.])(sigma|psi|gamma|tau|theta|eta|lambda|kappa|Delta|Phi)(?![\p{L}\d])/gu,
    (name) => GREEK[name],
  );
  const parts: Content[] = [];
  let at = 0;
  for (const m of text.matchAll(raisedOrLowered)) {
    const raised = m[1] ?? m[2];
    parts.push(text.slice(at, m.index));
    parts.push(raised ? html`<sup>${raised.replace('-', '\u2212')}</sup>` : html`<sub>${m[3]}</sub>`);
    at = m.index + m[0].length;
  }
  return new Markup(linkTags(html`${[...parts, text.slice(at)]}`.text));
}
