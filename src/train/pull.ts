/**
 * A quadratic penalty inside the training steps: its arrays in kernel memory (kernels/training/pull.ts) and its
 * factors.
 *
 * `implicit` (default): after each step's own update the penalty is minimised over the step, w⁺ = (1 + h·lambda·K)^−1 (w′ +
 * h·lambda·K a) with h = eta/(1 − mu), exactly, since K is diagonal or has orthonormal axes. Any strength is stable, and lambda → ∞
 * is the hard constraint. Its fixed points are those of L + lambda·R: w = w⁺ there means ∇L + lambda·K(w − a) = 0. A deviation
 * along an axis shrinks by 1/(1 + h·lambda·c) a step, where explicit steps multiply it by 1 − h·lambda·c.
 *
 * `explicit`: the gradient lambda·K(w − a) is added to that of the batch at the same weights: plain SGD on L + lambda·R. Stable only
 * for eta·lambda·K_max < 2(1 + mu) (and less where L is curved too); a stronger penalty is refused.
 *
 * `gradient`: lambda·K(w − a) is added to the gradient of the batch at the same weights, in a vector of its own, before an optimiser makes a step
 * of it: what automatic differentiation of L + lambda·R would give it. The steps of optimisers that divide by the size of the gradient stay
 * bounded at any strength.
 *
 * Cost of a step beside the plain one: 4·k·n flops and the reading of 8·k·n bytes for k axes over n weights of the layers they touch
 * (k rounded up to 8), 3 P flops for a diagonal. Memory: 4·k·n bytes, 8 P for a diagonal.
 */
import type { Penalty } from '../model/penalty.js';
import { type AxisGroup, type NormalForm, normalForm } from '../model/penalty-normal.js';
import { check } from '../numeric/errors.js';
import { embeddedLinearAlgebra, row } from '../numeric/linalg/index.js';
import type { Arena } from './arena.js';
import type { PlacedLayer } from './layout.js';

/** Names how a penalty acts in a training step; see the head of the file. */
export type Integration = 'implicit' | 'explicit';

/** The same for a trainer that keeps the gradient of a step as a vector. */
export type LayeredIntegration = 'implicit' | 'gradient';

/** An array of weights in kernel memory: the flat range that it holds, and its address. */
export interface Place {
  readonly from: number;
  readonly count: number;
  /** Bytes of the padded array, and index of flat weight `from + i` in it. */
  readonly bytes: number;
  readonly at: (i: number) => number;
  readonly weightsAt: number;
  /** Where explicit steps with momentum, and steps on the gradient, add the pull. */
  readonly velocityAt: number;
  readonly layer: { readonly name: string };
}

interface PlacedGroup {
  readonly group: AxisGroup;
  readonly goalAt: number;
  readonly factorAt: number;
  readonly axes: number;
}

interface PlacedDiagonal {
  readonly place: Place;
  readonly factorAt: number;
}

/** Sets the strength lambda of a penalty and how it is integrated, with eta and mu of the steps. */
interface PullSettings {
  readonly strength: number;
  readonly integration: Integration | LayeredIntegration;
  readonly learningRate: number;
  readonly momentum: number;
}

/** Holds a penalty in kernel memory. */
export class PlacedPenalty {
  readonly at: number;
  private readonly form: NormalForm;
  private readonly groups: PlacedGroup[] = [];
  private readonly diagonals: PlacedDiagonal[] = [];
  /** Address of each structure's `target` field, with the arrays that it may name. */
  private readonly targets: { readonly field: number; readonly place: Place }[] = [];

  /**
   * Copies the axes into kernel memory.
   * @throws InputError for a penalty on another number of weights, and for one that acts on a layer that is not trained
   */
  constructor(
    private readonly arena: Arena,
    places: readonly Place[],
    moving: (layer: { readonly name: string }) => boolean,
    penalty: Penalty,
  ) {
    const size = places.reduce((n, p) => n + p.count, 0);
    check(
      penalty.size === size,
      'weight-count',
      () => `the network has ${size} parameters; the penalty acts on ${penalty.size}.`,
    );
    this.form = normalForm(penalty, embeddedLinearAlgebra());
    const { diagonal, groups } = this.form;
    const touched = (from: number, to: number) => places.filter((p) => p.from < to && from < p.from + p.count);
    const shrunk = diagonal
      ? places.filter((p) => diagonal.stiffness.subarray(p.from, p.from + p.count).some((v) => v > 0))
      : [];
    const pulled = groups.map((g) => touched(g.offset, g.offset + g.axes.cols));
    const still = [...shrunk, ...pulled.flat()].find((p) => !moving(p.layer));
    check(
      still === undefined,
      'frozen-penalty',
      () => `the penalty acts on ${still?.layer.name}, which is not trained; restrict the penalty or train the layer.`,
    );
    this.at = arena.take(4 * 5, 'the penalty');
    const shrinksAt = arena.take(4 * 5 * shrunk.length, 'the penalty');
    const groupsAt = arena.take(4 * 6 * groups.length, 'the penalty');
    shrunk.forEach((place, k) => {
      this.placeDiagonal(shrinksAt + 20 * k, place);
    });
    groups.forEach((group, k) => {
      this.placeGroup(groupsAt + 24 * k, group, pulled[k]);
    });
    arena.u32(this.at, 5).set([0, shrunk.length, shrinksAt, groups.length, groupsAt]);
  }

  /**
   * Writes the factors.
   * @throws InputError for a strength at which explicit steps are unstable, and in implicit ones for a diagonal and
   * axes on a common weight
   */
  set({ strength, integration, learningRate: eta, momentum: mu }: PullSettings): void {
    const { arena, form } = this;
    check(
      strength >= 0 && Number.isFinite(strength),
      'penalty-strength',
      () => `the strength of a penalty must be a finite number ≥ 0; got ${strength}.`,
    );
    const implicit = integration === 'implicit';
    const largest = (2 * (1 + mu)) / (eta * form.stiffest);
    check(
      integration !== 'explicit' || strength < largest,
      'unstable-penalty',
      () =>
        `explicit steps with learning rate ${eta} are stable with this penalty below a strength of ${largest.toPrecision(4)}; got ${strength}. ` +
        'Take a smaller learning rate or implicit integration.',
    );
    check(
      !implicit || !form.overlap,
      'penalty-overlap',
      'a diagonal and axes act on the same weights, and an implicit step over both is not exact; take explicit integration or one of them.',
    );
    const beside = integration === 'gradient' || (integration === 'explicit' && mu > 0);
    const factor = (c: number): number => {
      if (implicit) {
        const x = (eta / (1 - mu)) * strength * c;
        return -x / (1 + x);
      }
      return beside ? strength * c : -eta * strength * c;
    };
    arena.u32(this.at, 1)[0] = implicit ? 1 : 0;
    for (const { group, factorAt, axes } of this.groups)
      arena.f32(factorAt, axes).set(Float32Array.from(group.weights, factor));
    for (const { place, factorAt } of this.diagonals) {
      const to = arena.f32(factorAt, place.bytes / 4);
      for (let i = 0; i < place.count; i++) to[place.at(i)] = factor(form.diagonal!.stiffness[place.from + i]);
    }
    for (const { field, place } of this.targets) arena.u32(field, 1)[0] = beside ? place.velocityAt : place.weightsAt;
  }

  private placeDiagonal(at: number, place: Place): void {
    const { arena } = this;
    const anchorAt = arena.take(place.bytes, 'the penalty');
    const factorAt = arena.take(place.bytes, 'the penalty');
    const to = arena.f32(anchorAt, place.bytes / 4);
    for (let i = 0; i < place.count; i++) to[place.at(i)] = this.form.diagonal!.anchor[place.from + i];
    arena.u32(at, 5).set([place.weightsAt, 0, anchorAt, factorAt, place.bytes]);
    this.targets.push({ field: at + 4, place });
    this.diagonals.push({ place, factorAt });
  }

  private placeGroup(at: number, group: AxisGroup, places: readonly Place[]): void {
    const { arena } = this;
    const axes = Math.ceil(group.axes.rows / 8) * 8;
    const [goalAt, factorAt, outAt] = [0, 1, 2].map(() => arena.take(4 * axes, 'the penalty'));
    const segmentsAt = arena.take(16 * places.length, 'the penalty');
    arena.f32(goalAt, axes).set(group.targets);
    places.forEach((place, s) => {
      const axesAt = arena.take(place.bytes * axes, `the ${group.axes.rows} axes of the penalty`);
      const begin = Math.max(place.from, group.offset);
      const end = Math.min(place.from + place.count, group.offset + group.axes.cols);
      for (let k = 0; k < group.axes.rows; k++) {
        const axis = row(group.axes, k);
        const to = arena.f32(axesAt + k * place.bytes, place.bytes / 4);
        for (let j = begin; j < end; j++) to[place.at(j - place.from)] = axis[j - group.offset];
      }
      arena.u32(segmentsAt + 16 * s, 4).set([place.weightsAt, 0, axesAt, place.bytes]);
      this.targets.push({ field: segmentsAt + 16 * s + 4, place });
    });
    arena.u32(at, 6).set([axes, goalAt, factorAt, outAt, places.length, segmentsAt]);
    this.groups.push({ group, goalAt, factorAt, axes });
  }
}

/** Returns the places of the weight (transposed, padded rows) and the bias of a layer. */
export function placesOf(layer: PlacedLayer): Place[] {
  const { inputs, outputs, bytes } = layer;
  const width = bytes / 4;
  const weight: Place = {
    from: layer.weightOffset,
    count: inputs * outputs,
    bytes: bytes * inputs,
    at: (i) => (i % inputs) * width + Math.floor(i / inputs),
    weightsAt: layer.weightsAt,
    velocityAt: layer.velocityAt,
    layer,
  };
  if (layer.biasOffset < 0) return [weight];
  const bias: Place = {
    from: layer.biasOffset,
    count: outputs,
    bytes,
    at: (i) => i,
    weightsAt: layer.biasAt,
    velocityAt: layer.biasVelocityAt,
    layer,
  };
  return [weight, bias];
}
