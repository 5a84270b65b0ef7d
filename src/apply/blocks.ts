/** The stretches of a flat vector that someone wants constrained, checked. */
import { check } from '../numeric/errors.js';
import type { Block } from './task.js';

/** A block as given; `span` is `size` where nothing is said. */
export type GivenBlock = Omit<Block, 'span'> & { readonly span?: number };

/**
 * Blocks of their own names that lie within the vector and apart from one another: what is measured is kept by name, and a weight in
 * two blocks would be held twice.
 * @throws InputError
 */
export function checkedBlocks(given: readonly GivenBlock[], size: number): Block[] {
  check(
    given.length > 0,
    'no-blocks',
    'a constraint needs at least one block; leave `blocks` out to take all weights.',
  );
  const blocks = given.map((b): Block => ({ ...b, span: b.span ?? b.size }));
  for (const { name, offset, size: own, span } of blocks)
    check(
      [offset, own, span].every(Number.isInteger) && offset >= 0 && own >= 1 && span >= own && offset + span <= size,
      'block-range',
      () =>
        `the block '${name}' (offset ${offset}, size ${own}, span ${span}) does not lie within the ${size} weights; give whole numbers with offset + span ≤ ${size} and span ≥ size ≥ 1.`,
    );
  blocks.forEach(({ name }, i) => {
    const first = blocks.findIndex((b) => b.name === name);
    check(first === i, 'block-name', `two blocks are called '${name}'; give each a name of its own.`);
  });
  const inOrder = [...blocks].sort((a, b) => a.offset - b.offset);
  inOrder.slice(1).forEach((b, i) => {
    const a = inOrder[i];
    check(
      a.offset + a.span <= b.offset,
      'block-overlap',
      `the blocks '${a.name}' and '${b.name}' overlap from weight ${b.offset} on; a weight may lie in one block only (a span counts the biases).`,
    );
  });
  return blocks;
}
