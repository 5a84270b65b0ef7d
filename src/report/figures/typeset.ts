/**
 * Superscripts and subscripts in figures as shifted spans instead of Unicode signs, which many fonts lack (a missing sign makes a
 * renderer change the font of the whole label).
 */
const SVG = 'http://www.w3.org/2000/svg';
const PLAIN: Record<string, string> = { '⁻': '\u2212', '¹': '1', '²': '2', '³': '3', ᵀ: 'T' };
for (const [k, c] of [...'ᵢⱼₖₗₘₙₓ'].entries()) PLAIN[c] = 'ijklmnx'[k];
for (const c of '⁰⁴⁵⁶⁷⁸⁹') PLAIN[c] = String(c.charCodeAt(0) - 0x2070);
for (const c of '₀₁₂₃₄₅₆₇₈₉') PLAIN[c] = String(c.charCodeAt(0) - 0x2080);

/**
 * What is raised or lowered: `^−ψ`, superscript signs, subscript signs, and `_c` behind a single letter (names with underscores such as
 * `step_norm` stay as they are).
 */
const RUNS =
  /\^([\u2212-]?(?:[\d.]*\d|\p{L}+))|([⁻⁰¹²³⁴⁵⁶⁷⁸⁹ᵀ]+)|([₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₗₘₙₓ]+)|(?<=(?<![\p{L}\d_])\p{L}′*)_(\p{L}+|\d+)/gu;

/** A part of a text on, above or below the line. */
export interface Run {
  readonly text: string;
  readonly level: -1 | 0 | 1;
}

/** Divides a text into its runs; one run of level 0 where nothing is raised or lowered. */
export function runsOf(s: string): Run[] {
  const runs: Run[] = [];
  let at = 0;
  const plain = (t: string) => [...t].map((c) => PLAIN[c] ?? c).join('');
  for (const m of s.matchAll(RUNS)) {
    if (m.index > at) runs.push({ text: s.slice(at, m.index), level: 0 });
    const low = m[3] ?? m[4];
    runs.push(low === undefined ? { text: m[1] ?? plain(m[2]), level: 1 } : { text: plain(low), level: -1 });
    at = m.index + m[0].length;
  }
  if (at < s.length || runs.length === 0) runs.push({ text: s.slice(at), level: 0 });
  return runs;
}

/** Estimates the width of a text in characters of full size: what is raised or lowered is three quarters as wide. */
export const charactersOf = (s: string): number =>
  runsOf(s).reduce((sum, { text, level }) => sum + [...text].length * (level === 0 ? 1 : 0.75), 0);

/** Blanks that no line ends at: those around signs of relation and multiplication. */
const BREAKS = / (?![=·×±∝<>]\s)(?<!\s[=·×±∝<>] )/;

/** Breaks a text at its blanks into lines of at most `characters`; a longer word and an equation stay whole. */
export function linesOf(s: string, characters: number): string[] {
  const lines: string[] = [];
  for (const word of s.split(BREAKS)) {
    const last = lines[lines.length - 1];
    if (last !== undefined && charactersOf(`${last} ${word}`) <= characters)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Rewrites the content of a text element in place; text without such signs stays as it is. */
export function typeset(document: Document, text: Element, fontSize: number): void {
  const runs = runsOf(text.textContent ?? '');
  if (runs.every((r) => r.level === 0)) return;
  text.textContent = '';
  const rise = { [-1]: 0.2 * fontSize, 0: 0, 1: -0.36 * fontSize };
  let height = 0;
  for (const run of runs) {
    const span = document.createElementNS(SVG, 'tspan');
    if (rise[run.level] !== height) span.setAttribute('dy', (rise[run.level] - height).toFixed(2));
    if (run.level !== 0) span.setAttribute('font-size', (0.75 * fontSize).toFixed(2));
    span.textContent = run.text;
    text.append(span);
    height = rise[run.level];
  }
}
