/** The ranges of a flat vector that are constrained: the layers of a network, or what a caller gives, checked. */
import { type AnyNetwork, asLayered } from '../model/any-network.js';
import { weightBlocks } from '../model/layered/parameters.js';
import { resolveLayers } from '../model/layered/resolve.js';
import { check } from '../numeric/errors.js';
import * as is from '../numeric/wants.js';
import type { Block } from './task.js';

/** Describes a block as given by a caller; `span` is `size` by default. */
export type GivenBlock = Omit<Block, 'span'> & { readonly span?: number };

/** Says what a {@link GivenBlock} needs. */
export const GIVEN_BLOCK_WANTS = is.shape<GivenBlock>({
  name: is.text,
  offset: is.number,
  size: is.number,
  span: is.maybe(is.count),
});

/**
 * Checks that blocks have different names, lie within the vector and do not overlap, and returns them with their spans:
 * measurements are cached by name, and a weight in two blocks would be constrained twice.
 * @throws InputError for no block, and for one that fails the check
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
    check(first === i, 'block-name', `two blocks are called '${name}'; give each a different name.`);
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

/** Lists the layers of a network that have weights, as blocks: a layer's weight, and its span with the bias that follows. */
export function layerBlocks(network: AnyNetwork): Block[] {
  return weightBlocks(resolveLayers(asLayered(network))).map(({ name, offset, size, biasSize }) => ({
    name,
    offset,
    size,
    span: size + biasSize,
  }));
}
