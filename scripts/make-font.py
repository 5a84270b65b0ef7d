"""Takes the glyphs that figures need from DejaVu Sans Condensed and writes them as src/report/pdf/font.ts.

    pip install fonttools
    python3 scripts/make-font.py /usr/share/fonts/truetype/dejavu/DejaVuSansCondensed.ttf

Run by hand when a letter is missing; the result is part of the repository. Hints and kerning are left out, composed letters are
written as outlines of their own.
"""

import base64
import sys
from pathlib import Path

from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

OUT = Path(__file__).parent.parent / "src/report/pdf/font.ts"
RANGES = [(0x20, 0x7E), (0xA1, 0xAC), (0xAE, 0xFF), (0x391, 0x3A1), (0x3A3, 0x3A9), (0x3B1, 0x3C9), (0x2080, 0x208E), (0x2190, 0x2195)]
OTHERS = "őŐœŒšŠžŽčČćřłŁνϑϕϵḡẋ–—‘’“”„…′″†‡•‰⁰⁴⁵⁶⁷⁸⁹⁺⁻ⁿᵀᵢⱼₐₑₒₓₖₗₘₙₚₛₜℓℏ∂∇∏∑−∓∗∘√∝∞∥∧∨∩∪∫∼≃≈≠≡≤≥≪≫⊂⊗⊥⋅⌈⌉⌊⌋⟨⟩✓✗⇒"
OTHERS += "\u0304\u0307\u2009\u202f\u00a0"

font = TTFont(sys.argv[1])
glyphs, names, metrics = font.getGlyphSet(), font.getBestCmap(), font["hmtx"]
wanted = sorted({*(c for a, b in RANGES for c in range(a, b + 1)), *map(ord, OTHERS)})
missing = [chr(c) for c in wanted if c not in names]
wanted = [c for c in wanted if c in names]

outlines, advances, bearings = [], [], []
for name in [".notdef", *(names[c] for c in wanted)]:
    recorded = DecomposingRecordingPen(glyphs)
    glyphs[name].draw(recorded)
    pen = TTGlyphPen(None)
    recorded.replay(pen)
    glyph = pen.glyph()
    data = glyph.compile(font["glyf"])
    outlines.append(data + b"\0" * (-len(data) % 4))
    advances.append(metrics[name][0])
    bearings.append(metrics[name][1])

head, hhea = font["head"], font["hhea"]
text = f"""/**
 * Outlines of DejaVu Sans Condensed {font["name"].getDebugName(5).removeprefix("Version ")}, for text in PDF. Written by scripts/make-font.py.
 *
 * DejaVu changes are in the public domain. Bitstream Vera Fonts are (c) 2003 by Bitstream, Inc.; Bitstream Vera is a trademark of Bitstream, Inc.
 * Its licence allows this use: https://dejavu-fonts.github.io/License.html
 */
// biome-ignore format: data
export const OUTLINES = {{
  unitsPerEm: {head.unitsPerEm},
  ascent: {hhea.ascent},
  descent: {hhea.descent},
  capHeight: {font["glyf"][names[ord("H")]].yMax},
  box: {[head.xMin, head.yMin, head.xMax, head.yMax]},
  /** The characters of the glyphs from number 1; number 0 stands for all others. */
  chars: {chr(39)}{"".join(chr(c) if c not in (39, 92) else chr(92) + chr(c) for c in wanted)}{chr(39)},
  advances: {str(advances).replace(" ", "")},
  bearings: {str(bearings).replace(" ", "")},
  /** Bytes of each outline, and the outlines (table `glyf` of TrueType) in base64. */
  lengths: {str([len(o) for o in outlines]).replace(" ", "")},
  data: '{base64.b64encode(b"".join(outlines)).decode()}',
}};
"""
OUT.write_text(text, encoding="utf-8")
print(len(outlines), "glyphs,", sum(map(len, outlines)), "bytes; not in the font:", " ".join(missing) or "none")
