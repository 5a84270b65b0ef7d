/** Markup that escapes whatever is put into it: text becomes markup only through the `html` template. */

/** A piece of finished markup. */
export class Markup {
  constructor(readonly text: string) {}
}

/** What may stand in a template. Numbers are left out on purpose: they go through format.ts first. */
export type Content = string | Markup | false | null | undefined | readonly Content[];

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
/** Control characters, lone surrogates and non-characters, which neither HTML nor XML may hold. */
const forbidden = (c: string): boolean => {
  const n = c.codePointAt(0)!;
  return (n < 32 && n !== 9 && n !== 10 && n !== 13) || (n >= 0xd800 && n <= 0xdfff) || n === 0xfffe || n === 0xffff;
};

/** Text made safe for element content and quoted attributes, of HTML and of XML. */
export const escapeText = (s: string): string =>
  [...s].map((c) => (forbidden(c) ? '\ufffd' : (ENTITIES[c] ?? c))).join('');

const render = (c: Content): string =>
  c instanceof Markup ? c.text : typeof c === 'string' ? escapeText(c) : Array.isArray(c) ? c.map(render).join('') : '';

/** Tagged template: literal parts stay, values are escaped unless they are Markup already. */
export const html = (parts: TemplateStringsArray, ...values: Content[]): Markup =>
  new Markup(parts.map((p, i) => p + (i < values.length ? render(values[i]) : '')).join(''));

/** Text cut at powers written `F^−ψ` or `F^−3.9`: plain and raised parts in turn, plain first. */
export const splitPowers = (s: string): string[] => s.split(/\^([\u2212-]?(?:[\d.]*\d|[\p{L}]+))/u);

/** Text in which powers are raised. */
export const powers = (s: string): Markup =>
  html`${splitPowers(s).map((part, k) => (k % 2 === 1 ? html`<sup>${part.replace('-', '\u2212')}</sup>` : part))}`;
