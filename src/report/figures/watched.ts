/** Marks of Observable Plot that are noted as they are drawn: what they look like and what they show. */
import * as Plot from '@observablehq/plot';
import type { Look } from './series.js';

/** The channels of a mark by their names: a value for each datum, before the scales. */
export type Channels = Readonly<Record<string, { readonly value?: ArrayLike<unknown> } | undefined>>;

/** A mark as it was drawn: what it shows and the element that shows it. */
export interface DrawnMark {
  readonly look: Look;
  readonly channels: Channels;
  readonly index: ArrayLike<number>;
  readonly node: Element;
}

/** The marks, such that each is noted in a list as it is drawn. */
export function watched(marks: readonly Plot.Markish[], drawn: DrawnMark[]): Plot.Markish[] {
  return (marks as unknown[]).flat(Number.POSITIVE_INFINITY).map((mark) => {
    if (!(mark instanceof Plot.Mark)) return mark as Plot.Markish;
    const { render: plain } = mark as unknown as { render: Plot.RenderFunction };
    const render: Plot.RenderFunction = (index, scales, values, dimensions, context) => {
      const made = plain.call(mark, index, scales, values, dimensions, context);
      // a clipped mark stands in a group that has its name and its clip alone
      const inner = made?.firstElementChild;
      const node = made?.hasAttribute('clip-path') && inner?.localName === 'g' ? inner : made;
      if (made && node)
        drawn.push({
          look: lookOf(node, made.getAttribute('aria-label') ?? 'mark'),
          channels: values.channels as Channels,
          index,
          node,
        });
      return made;
    };
    return Object.create(mark, { render: { value: render } }) as Plot.Markish;
  });
}

function lookOf(node: Element, kind: string): Look {
  const at = (name: string, otherwise: string) => node.getAttribute(name) ?? otherwise;
  return {
    kind,
    fill: at('fill', 'currentColor'),
    stroke: at('stroke', 'none'),
    dash: at('stroke-dasharray', 'none'),
    symbol: kind === 'dot' && node.querySelector('path') !== null,
  };
}
