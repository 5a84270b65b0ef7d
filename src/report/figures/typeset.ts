/**
 * Superscripts and subscripts in figures as shifted spans instead of Unicode signs, which many fonts lack (a missing sign makes a
 * renderer change the font of the whole label).
 */
const SVG = 'http://www.w3.org/2000/svg';
const PLAIN: Record<string, string> = { '⁻': '\u2212', '¹': '1', '²': '2', '³': '3', ᵢ: 'i', ᵀ: 'T' };
for (const c of '⁰⁴⁵⁶⁷⁸⁹') PLAIN[c] = String(c.charCodeAt(0) - 0x2070);
for (const c of '₀₁₂₃₄₅₆₇₈₉') PLAIN[c] = String(c.charCodeAt(0) - 0x2080);

/** What is raised or lowered: `^−ψ`, superscript signs, subscript signs. */
const RUNS = /\^([\u2212-]?(?:[\d.]*\d|\p{L}+))|([⁻⁰¹²³⁴⁵⁶⁷⁸⁹ᵀ]+)|([₀₁₂₃₄₅₆₇₈₉ᵢ]+)/gu;

/** Rewrites the content of a text element in place; text without such signs stays as it is. */
export function typeset(document: Document, text: Element, fontSize: number): void {
  const s = text.textContent ?? '';
  const runs: { s: string; level: -1 | 0 | 1 }[] = [];
  let at = 0;
  for (const m of s.matchAll(RUNS)) {
    if (m.index > at) runs.push({ s: s.slice(at, m.index), level: 0 });
    const plain = (t: string) => [...t].map((c) => PLAIN[c] ?? c).join('');
    runs.push(m[3] ? { s: plain(m[3]), level: -1 } : { s: m[1] ?? plain(m[2]), level: 1 });
    at = m.index + m[0].length;
  }
  if (runs.length === 0) return;
  if (at < s.length) runs.push({ s: s.slice(at), level: 0 });
  text.textContent = '';
  const rise = { [-1]: 0.2 * fontSize, 0: 0, 1: -0.36 * fontSize };
  let height = 0;
  for (const run of runs) {
    const span = document.createElementNS(SVG, 'tspan');
    if (rise[run.level] !== height) span.setAttribute('dy', (rise[run.level] - height).toFixed(2));
    if (run.level !== 0) span.setAttribute('font-size', (0.75 * fontSize).toFixed(2));
    span.textContent = run.s;
    text.append(span);
    height = rise[run.level];
  }
}
