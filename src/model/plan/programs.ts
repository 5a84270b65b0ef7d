/**
 * The passes that a surface asks of a network of layers, as programs: instructions in sections, and the addresses of what goes in
 * and comes out. Every program runs block by block of samples, whose numbers are listed at the order of the machine.
 */
import { type ResolvedLayer, sizeOf } from '../layered/resolved.js';
import { Adjoints, backward, backwardTangent, bends } from './backward.js';
import { Draft, type Placed, type Program } from './draft.js';
import { alongParameters, forward, forwardTangent } from './forward.js';
import { allParts, Bank, movedSlots, type Parts } from './frame.js';

/** Makes the program of losses: one section. */
export function lossesProgram(placed: Placed): Program {
  const draft = new Draft(placed);
  draft.section(() => {
    draft.gather();
    forward(draft.frame);
    draft.loss();
  });
  return draft.finish();
}

/** Makes the program of the gradient, Σ share_k g_k added to the flat vector `gradient`: one section. */
export function gradientProgram(placed: Placed): Program & { readonly gradient: number } {
  const draft = new Draft(placed);
  const gradient = draft.flat();
  draft.section(() => draft.adjoints(allParts(placed.layers), true, gradient));
  return { ...draft.finish(), gradient };
}

/**
 * Makes the program of products with the Hessian along several directions at once. Section 0 computes the states, section 1 adds
 * each product, Σ share_k (H_k v)_parts, to its flat vector.
 */
export function productsProgram(
  placed: Placed,
  parts: Parts,
  count: number,
): Program & { readonly directions: readonly number[]; readonly products: readonly number[] } {
  const draft = new Draft(placed);
  const { frame } = draft;
  const directions = Array.from({ length: count }, () => draft.flat());
  const products = Array.from({ length: count }, () => draft.flat());
  const adjoints = new Adjoints(frame);
  draft.section(() => {
    const second = bends(placed.layers, parts);
    const delta = second ? adjoints.of(frame.outputs) : 0;
    draft.gather();
    forward(frame);
    draft.loss(delta, true);
    if (!second) return;
    draft.share(delta);
    backward(frame, parts, adjoints);
  });
  draft.section(() => {
    const tangents = new Bank(frame);
    const adjointTangents = new Adjoints(frame);
    directions.forEach((direction, i) => {
      forwardTangent(frame, parts, direction, tangents);
      const out = adjointTangents.of(frame.outputs);
      draft.lossTangent(tangents.of(frame.outputs), out);
      draft.share(out);
      backwardTangent(frame, { parts, direction, product: products[i], adjoints, tangents, adjointTangents });
    });
  });
  return { ...draft.finish(), directions, products };
}

/** Makes the program of the network's outputs: one section; `outputs` are rows, one a class. */
export function outputsProgram(placed: Placed): Program & { readonly outputs: number; readonly classes: number } {
  const draft = new Draft(placed);
  draft.section(() => {
    draft.gather();
    forward(draft.frame);
  });
  const outputs = draft.frame.values.of(draft.frame.outputs);
  return { ...draft.finish(), outputs, classes: draft.classes };
}

/**
 * Makes the program of losses along several directions in the same parts. Sections: 0 computes all that lies below the parts;
 * 1 the losses at the centre; 2 + i prepares direction i; the last the losses at the displacement at `displacement`.
 *
 * Where the parts are those of one layer its output is affine, z = A + δ B [F4]: B is computed once a direction, and a
 * displacement costs the layers above. Otherwise the weights themselves are moved.
 */
export function linesProgram(
  placed: Placed,
  parts: Parts,
  count: number,
): Program & { readonly directions: readonly number[]; readonly displacement: number } {
  const draft = new Draft(placed);
  const { frame, layout } = draft;
  const { layers } = placed;
  const moved = movedSlots(layers, parts);
  const directions = Array.from({ length: count }, () => draft.flat());
  const displacement = layout.numbers(1);
  const [only, more] = Array.from(parts.keys(), (i) => layers[i]);
  const below = (layer: ResolvedLayer) => !moved[layer.output];
  if (only && !more) {
    const rows = sizeOf(only.outputShape);
    const [a, b] = [layout.rows(rows), layout.rows(rows)];
    const z = frame.values.of(only.output);
    const above = (layer: ResolvedLayer) => moved[layer.output] && layer !== only;
    draft.section(() => {
      draft.gather();
      forward(frame, (layer) => below(layer) || layer === only);
      frame.push({ op: 'add', a: z, y: a, rows });
    });
    draft.section(() => {
      forward(frame, above);
      draft.loss();
    });
    for (const direction of directions)
      draft.section(() => alongParameters(frame, only, parts.get(only.index)!, direction, b, false));
    draft.section(() => {
      frame.push({ op: 'add', a, b, y: z, factor: displacement, rows });
      forward(frame, above);
      draft.loss();
    });
  } else {
    const point = draft.flat();
    const line = draft.flat();
    const rows = Math.ceil(placed.size / placed.lanes);
    const above = (layer: ResolvedLayer) => moved[layer.output];
    draft.section(() => {
      draft.gather();
      forward(frame, below);
    });
    draft.section(() => {
      forward(frame, above);
      draft.loss();
    });
    for (const direction of directions) draft.section(() => frame.push({ op: 'add', a: direction, y: line, rows }));
    draft.section(() => {
      frame.push({ op: 'add', a: placed.weights, b: line, y: point, factor: displacement, rows });
      forward(frame, above, point);
      draft.loss();
    });
  }
  return { ...draft.finish(), directions, displacement };
}
