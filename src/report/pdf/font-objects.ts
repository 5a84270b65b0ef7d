/** The objects of PDF that embed a font: the same for every figure of a page, which therefore has them once. */
import { OUTLINES } from './font.js';
import { subset } from './subset.js';
import { hex, type PdfFont, plainStream, utf16 } from './writer.js';

const NAME = 'TGRAPH+DejaVuSansCondensed';
/** Makes the objects for the characters of a text. */
export function fontObjects(text: string): PdfFont {
  const { file, chars, widths } = subset(text);
  const per = (v: number) => Math.round((1000 * v) / OUTLINES.unitsPerEm);
  const { box, ascent, descent, capHeight } = OUTLINES;
  const map = [...chars].map((c, k) => `<${hex(k + 1)}> <${utf16(c)}>\n`);
  let sections = '';
  for (let k = 0; k < map.length; k += 100) {
    const part = map.slice(k, k + 100);
    sections += `${part.length} beginbfchar\n${part.join('')}endbfchar\n`;
  }
  const objects = [
    `<</Type/Font/Subtype/Type0/BaseFont/${NAME}/Encoding/Identity-H/DescendantFonts[2 0 R]/ToUnicode 5 0 R>>`,
    `<</Type/Font/Subtype/CIDFontType2/BaseFont/${NAME}/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor 3 0 R/CIDToGIDMap/Identity/W[0[${widths.join(' ')}]]>>`,
    `<</Type/FontDescriptor/FontName/${NAME}/Flags 4/FontBBox[${box.map(per).join(' ')}]/ItalicAngle 0/Ascent ${per(ascent)}/Descent ${per(descent)}/CapHeight ${per(capHeight)}/StemV 80/FontFile2 4 0 R>>`,
    plainStream(file, `/Length1 ${file.length}`),
    plainStream(
      `/CIDInit/ProcSet findresource begin\n12 dict begin\nbegincmap\n/CMapName/Letters def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n${sections}endcmap\nend\nend`,
    ),
  ];
  let head = '%PDF-1.5\n%\xe2\xe3\xcf\xd3\n';
  const offsets = objects.map((o, k) => {
    const at = head.length;
    head += `${k + 1} 0 obj\n${o}\nendobj\n`;
    return at;
  });
  return { head, offsets, chars, widths };
}
