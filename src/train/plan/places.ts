/** The flat vectors of a trainer in kernel memory: weights, gradient and the states of its update, all in one order. */
import type { ResolvedLayer } from '../../model/layered/resolved.js';
import type { Place } from '../pull.js';
import type { ParameterPlaces } from './compile.js';

/** A range of the flat vector, PyTorch's order, and where it lies in a vector in memory, counted in numbers. */
interface Piece {
  readonly offset: number;
  readonly size: number;
  readonly place: number;
  readonly layer: ResolvedLayer;
  /** A padded transpose: inputs rows of `padded` numbers. */
  readonly transposed?: { readonly inputs: number; readonly outputs: number; readonly padded: number };
}

/** Maps the flat vector to memory. Only the weight of a layer that reads sparse samples is kept transposed and padded. */
export class FlatLayout {
  private readonly pieces: Piece[] = [];
  private readonly placeOf = new Map<number, number>();
  /** Numbers of a vector in memory, a multiple of 4, and P. */
  readonly count: number;
  readonly size: number;

  constructor(layers: readonly ResolvedLayer[], sparse: ResolvedLayer | undefined) {
    let place = 0;
    let size = 0;
    for (const layer of layers) {
      for (const parameter of layer.parameters) {
        const { offset, shape } = parameter;
        const padded = 4 * Math.ceil(shape[0] / 4);
        this.placeOf.set(offset, place);
        if (layer === sparse && parameter.role === 'weight') {
          const [outputs, inputs] = shape;
          this.pieces.push({ offset, size: parameter.size, place, layer, transposed: { inputs, outputs, padded } });
          place += padded * inputs;
        } else {
          this.pieces.push({ offset, size: parameter.size, place, layer });
          place += layer === sparse ? padded : parameter.size;
        }
        size += parameter.size;
      }
    }
    this.count = 4 * Math.ceil(place / 4);
    this.size = size;
  }

  /** Lists the ranges of a vector in memory, counted in numbers, that hold the parameters of some layers; neighbours are one range. */
  ranges(
    layers: readonly ResolvedLayer[],
    wanted: (layer: ResolvedLayer) => boolean,
  ): { first: number; count: number }[] {
    const parts = layers.flatMap((layer) =>
      layer.parameters.map(({ offset }) => ({ layer, first: this.placeOf.get(offset)! })),
    );
    const out: { first: number; count: number }[] = [];
    parts.forEach(({ layer, first }, k) => {
      if (!wanted(layer)) return;
      const end = parts[k + 1]?.first ?? this.count;
      const last = out.at(-1);
      if (last && last.first + last.count === first) last.count = end - last.first;
      else out.push({ first, count: end - first });
    });
    return out;
  }

  /** Gives the addresses of the parameters in the vector at `base`. */
  at(base: number): ParameterPlaces {
    const of = (layer: ResolvedLayer, role: string) => {
      const found = layer.parameters.find((p) => p.role === role);
      return found ? base + 4 * this.placeOf.get(found.offset)! : 0;
    };
    return { weight: (layer) => of(layer, 'weight'), bias: (layer) => of(layer, 'bias') };
  }

  /** Copies a flat vector into memory; padding is not touched. */
  write(flat: ArrayLike<number>, memory: Float32Array): void {
    this.each(
      (i, place) => {
        memory[place] = flat[i];
      },
      (piece) => {
        memory.set((flat as Float32Array).subarray(piece.offset, piece.offset + piece.size), piece.place);
      },
    );
  }

  /** Copies a vector out of memory. */
  read(memory: Float32Array): Float32Array {
    const flat = new Float32Array(this.size);
    this.each(
      (i, place) => {
        flat[i] = memory[place];
      },
      ({ offset, size, place }) => {
        flat.set(memory.subarray(place, place + size), offset);
      },
    );
    return flat;
  }

  private each(one: (i: number, place: number) => void, all: (piece: Piece) => void): void {
    for (const piece of this.pieces) {
      const { offset, size, place, transposed } = piece;
      if (!transposed) {
        all(piece);
        continue;
      }
      const { inputs, padded } = transposed;
      for (let i = 0; i < size; i++) one(offset + i, place + (i % inputs) * padded + Math.floor(i / inputs));
    }
  }

  /** Describes the parameters in the vector at `base` to a penalty, which acts on them or on the gradient. */
  penaltyPlaces(base: number, gradient: number): Place[] {
    return this.pieces.map(({ offset, size, place, transposed, layer }) => {
      const inputs = transposed?.inputs ?? 1;
      const padded = transposed?.padded ?? 1;
      return {
        from: offset,
        count: size,
        bytes: transposed ? 4 * padded * inputs : 16 * Math.ceil(size / 4),
        at: transposed ? (i) => (i % inputs) * padded + Math.floor(i / inputs) : (i) => i,
        weightsAt: base + 4 * place,
        velocityAt: gradient + 4 * place,
        layer,
      };
    });
  }

  /** Describes a parameter for the recorder of the kernel: address, bytes (of a padded row), inputs, outputs. */
  part(base: number, offset: number): number[] {
    const { size, place, transposed } = this.pieces.find((p) => p.offset === offset)!;
    if (!transposed) return [base + 4 * place, 4 * size, 0, 0];
    return [base + 4 * place, 4 * transposed.padded, transposed.inputs, transposed.outputs];
  }
}
