/**
 * Texts in the two fonts that every reader of PDF has: Helvetica for letters and digits, Symbol for Greek letters and signs. Raised and lowered
 * digits become small ones. Widths are those of the fonts' metrics, in thousandths of the size.
 */

/** A run of characters in one font. */
export interface Run {
  readonly font: 'F1' | 'F2';
  /** Codes in the encoding of the font. */
  readonly codes: readonly number[];
  /** Size as a share of that of the text, and rise in the same unit. */
  readonly size: number;
  readonly rise: number;
  /** Thousandths of the size of the text. */
  readonly width: number;
}

// prettier-ignore
const LATIN = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
  556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
  722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
  556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
  260, 334, 584,
];
/** Code and width in WinAnsiEncoding of characters beyond ASCII. */
const MORE: Readonly<Record<string, readonly [number, number]>> = {
  '…': [0x85, 1000],
  '‘': [0x91, 222],
  '’': [0x92, 222],
  '“': [0x93, 333],
  '”': [0x94, 333],
  '–': [0x96, 556],
  '—': [0x97, 1000],
  '°': [0xb0, 400],
  '±': [0xb1, 584],
  '²': [0xb2, 333],
  '³': [0xb3, 333],
  '·': [0xb7, 278],
  '¹': [0xb9, 333],
  '½': [0xbd, 834],
  '×': [0xd7, 584],
  ä: [0xe4, 556],
  é: [0xe9, 556],
  ö: [0xf6, 556],
  ü: [0xfc, 556],
};
/** Code and width in the encoding of Symbol. */
const SYMBOL: Readonly<Record<string, readonly [number, number]>> = {
  α: [0x61, 631],
  β: [0x62, 549],
  χ: [0x63, 549],
  δ: [0x64, 494],
  ε: [0x65, 439],
  φ: [0x66, 521],
  γ: [0x67, 411],
  η: [0x68, 603],
  κ: [0x6b, 549],
  λ: [0x6c, 549],
  μ: [0x6d, 576],
  ν: [0x6e, 521],
  π: [0x70, 549],
  θ: [0x71, 521],
  ρ: [0x72, 549],
  σ: [0x73, 603],
  τ: [0x74, 439],
  ω: [0x77, 686],
  ξ: [0x78, 493],
  ψ: [0x79, 686],
  ζ: [0x7a, 494],
  Δ: [0x44, 612],
  Φ: [0x46, 763],
  Γ: [0x47, 603],
  Λ: [0x4c, 686],
  Π: [0x50, 768],
  Θ: [0x51, 741],
  Σ: [0x53, 592],
  Ω: [0x57, 768],
  Ψ: [0x59, 795],
  '−': [0x2d, 549],
  '≤': [0xa3, 549],
  '∞': [0xa5, 713],
  '→': [0xae, 987],
  '≥': [0xb3, 549],
  '∝': [0xb5, 713],
  '∂': [0xb6, 494],
  '≠': [0xb9, 549],
  '≈': [0xbb, 549],
  '∇': [0xd1, 713],
  '√': [0xd6, 549],
  '⟨': [0xe1, 329],
  '⟩': [0xf1, 329],
};
const RAISED = '⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺';
const RAISED_AS = '0123456789−+';
const LOWERED = '₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₓ';
const LOWERED_AS = '0123456789ijkx';

interface Placed {
  readonly font: 'F1' | 'F2';
  readonly code: number;
  readonly width: number;
  readonly size: number;
  readonly rise: number;
}

function placed(c: string): Placed {
  const full = { size: 1, rise: 0 };
  const code = c.codePointAt(0)!;
  if (code >= 32 && code < 127) return { font: 'F1', code, width: LATIN[code - 32], ...full };
  if (MORE[c]) return { font: 'F1', code: MORE[c][0], width: MORE[c][1], ...full };
  if (SYMBOL[c]) return { font: 'F2', code: SYMBOL[c][0], width: SYMBOL[c][1], ...full };
  const [up, down] = [RAISED.indexOf(c), LOWERED.indexOf(c)];
  const small = up >= 0 ? RAISED_AS[up] : down >= 0 ? LOWERED_AS[down] : '?';
  const inner = placed(small);
  if (up < 0 && down < 0) return inner;
  return { ...inner, width: 0.62 * inner.width, size: 0.62, rise: up >= 0 ? 0.36 : -0.16 };
}

/** Returns a text as runs; a character that neither font has becomes a question mark. */
export function runsOf(text: string): Run[] {
  const runs: { font: 'F1' | 'F2'; codes: number[]; size: number; rise: number; width: number }[] = [];
  for (const c of text.replace(/[\u2009\u202f\u00a0]/g, ' ')) {
    const { font, code, width, size, rise } = placed(c);
    const last = runs[runs.length - 1];
    if (last && last.font === font && last.size === size && last.rise === rise) {
      last.codes.push(code);
      last.width += width;
    } else runs.push({ font, codes: [code], size, rise, width });
  }
  return runs;
}
