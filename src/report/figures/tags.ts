/** Marks of a drawing that carry the numbers of their entries in the legend, so that a page can switch series off. */
import type { LegendEntry } from './legend.js';
import { colourOf, entryOf, isAlike, neighboursOf } from './series.js';
import type { DrawnMark } from './watched.js';

/**
 * Writes the entries of each mark into its attribute `data-s`. A mark that only sets another one off from the background goes with that one; an
 * entry whose colour no mark has stands for all marks that look like it.
 * @returns which entries have marks
 */
export function tagSeries(drawn: readonly DrawnMark[], legend: readonly LegendEntry[]): Set<number> {
  const looks = drawn.map((d) => d.look);
  const items = drawn.flatMap(({ look, node, channels }, at) => {
    const near = neighboursOf(looks, at);
    const stated = channels.series?.value;
    const children = [...node.children].map((element, c) => {
      const own = {
        ...look,
        fill: element.getAttribute('fill') ?? look.fill,
        stroke: element.getAttribute('stroke') ?? look.stroke,
      };
      return {
        element,
        look: own,
        entry: stated
          ? legend.findIndex((e) => e.label === stated[Math.min(c, stated.length - 1)])
          : entryOf(own, legend, near),
      };
    });
    const alike = children.every((c) => c.entry === children[0].entry);
    return alike ? children.slice(0, 1).map((c) => ({ ...c, element: node })) : children;
  });
  const used = new Set(items.map((i) => i.entry));
  const loose = [...legend.keys()].filter((e) => !used.has(e));
  const tagged = new Set<number>();
  items.forEach(({ element, look, entry }, k) => {
    const own = colourOf(look) === undefined ? (items[k + 1]?.entry ?? -1) : entry;
    const entries = [own, ...loose.filter((e) => isAlike(look, legend[e]))].filter((e) => e >= 0);
    if (entries.length > 0) element.setAttribute('data-s', entries.join(' '));
    for (const e of entries) tagged.add(e);
  });
  return tagged;
}
