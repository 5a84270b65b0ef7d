/** A model in another process as a surface. */
import { InputError, RunError } from '../../numeric/errors.js';
import { type Matrix, matrix } from '../../numeric/linalg/index.js';
import { NEEDS } from '../completed.js';
import { checkBlock, checkDense, checkLines, checkPoint, checkRows, checkSubset } from '../requests.js';
import type { LineLosses, RequestOptions, Subset, Surface, SurfaceBlock } from '../surface.js';
import { groupsOf, lineArrays, partOf, REQUEST_BYTES, rangesOf, SentWeights, subsetArrays } from './arrays.js';
import type { Channel } from './channel.js';
import type { FrameArray, FrameVerb } from './frames.js';
import { type Described, described, type ProcessFacts } from './hello.js';
import { type Patience, Requests } from './requests.js';

/** A surface in another process. */
export interface ProcessSurface extends Surface {
  readonly facts: ProcessFacts;
  /** The weights that the model had when it was made, length P. */
  readonly weights: Float64Array;
  /** The arrays of the model's state that are no parameters, such as the running statistics of batch normalisation. */
  readonly buffers: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /**
   * Sets buffers for all requests to come; those of the user's model stay as they are.
   * @throws RunError for a name or a length that the model does not have
   */
  setBuffers(values: ReadonlyMap<string, Float64Array>): Promise<void>;
  /** Returns the seconds that all answers took to compute, without the way there and back. */
  secondsInside(): number;
}

/**
 * Makes a surface of the model at the other end of a channel. Weights cross only when they differ from those sent last.
 *
 * @throws InputError with the sentence of the other side when it has no model to offer; RunError when it cannot be understood
 */
export async function processSurface(channel: Channel, patience?: Patience): Promise<ProcessSurface> {
  const requests = new Requests(channel, patience);
  try {
    const answer = await requests.ask({ verb: 'hello' });
    return surfaceOf(requests, described(channel.name, answer));
  } catch (error) {
    await requests.close();
    throw error;
  }
}

function surfaceOf(requests: Requests, { name, parameters, samples, ...rest }: Described): ProcessSurface {
  const size = rest.weights.length;
  const asked = { name, size, samples };
  const sent = new SentWeights();
  const count = (subset: Subset) => subset?.samples.length ?? samples;

  /** Asks one request at w and returns its arrays by name. */
  const ask = async (
    verb: FrameVerb,
    w: Float64Array,
    subset: Subset,
    arrays: readonly FrameArray[],
    expected: Record<string, number>,
    options?: RequestOptions,
  ): Promise<(array: string) => Float64Array> => {
    checkPoint(asked, w);
    checkSubset(asked, subset);
    if ((verb === 'logits' || verb === 'trueFisher') && rest.offers[verb] === 'missing')
      throw new InputError('not-offered', `${name} does not offer ${verb}: that needs ${NEEDS[verb]}.`);
    const request = {
      verb,
      get arrays() {
        return [...sent.for(w), ...subsetArrays(subset), ...arrays];
      },
      expected,
    };
    try {
      const answer = await requests.ask(request, options);
      return (array) => answer.get(array)?.data as Float64Array;
    } catch (error) {
      sent.forget();
      throw error;
    }
  };

  /** Asks for something of every row of V, as many rows at a time as fit a request. */
  const byRows = async (
    verb: FrameVerb,
    array: string,
    w: Float64Array,
    block: SurfaceBlock,
    v: Matrix,
    subset: Subset,
    width: (rows: number) => number,
    options: RequestOptions | undefined,
    put: (answer: Float64Array, first: number, rows: number) => void,
  ): Promise<void> => {
    checkRows(asked, block, v);
    const most = Math.max(1, Math.floor(REQUEST_BYTES / (8 * Math.max(1, block.size))));
    for (let first = 0; first < v.rows; first += most) {
      const rows = Math.min(most, v.rows - first);
      const data = v.data.subarray(first * v.cols, (first + rows) * v.cols);
      const vectors = { name: 'vectors', shape: [rows, v.cols], data };
      const part = partOf(options, first / v.rows, rows / v.rows);
      const answer = await ask(verb, w, subset, [rangesOf([block]), vectors], { [array]: width(rows) }, part);
      put(answer(array), first, rows);
    }
  };

  return {
    name,
    size,
    parameters,
    samples,
    ...rest,
    async losses(w, lines, subset, options) {
      checkLines(asked, lines);
      const out: LineLosses[] = [];
      for (const group of groupsOf(lines)) {
        const number = group.reduce((sum, l) => sum + l.displacements.length, 0);
        if (number === 0) {
          const none = { losses: new Float64Array() };
          out.push(...group.map(() => (subset ? { ...none, standardErrors: new Float64Array() } : none)));
          continue;
        }
        const expected = { losses: number, ...(subset && { standardErrors: number }) };
        const part = partOf(options, out.length / lines.length, group.length / lines.length);
        const answer = await ask('losses', w, subset, lineArrays(group), expected, part);
        let at = 0;
        for (const { displacements } of group) {
          const end = at + displacements.length;
          const losses = answer('losses').slice(at, end);
          out.push(subset ? { losses, standardErrors: answer('standardErrors').slice(at, end) } : { losses });
          at = end;
        }
      }
      return out;
    },
    async gradient(w, subset, options) {
      const answer = await ask('gradient', w, subset, [], { loss: 1, gradient: size }, options);
      return { loss: answer('loss')[0], gradient: answer('gradient') };
    },
    async hessianVectors(w, block, v, subset, options) {
      const out = matrix(v.rows, v.cols);
      const width = (rows: number) => rows * block.size;
      await byRows('hessianVectors', 'products', w, block, v, subset, width, options, (answer, first) =>
        out.data.set(answer, first * v.cols),
      );
      return out;
    },
    async sampleLosses(w, subset, options) {
      return (await ask('sampleLosses', w, subset, [], { losses: count(subset) }, options))('losses');
    },
    async projectedSampleGradients(w, block, v, subset, options) {
      const n = count(subset);
      const out = matrix(n, v.rows);
      const width = (rows: number) => rows * n;
      const verb = 'projectedSampleGradients';
      await byRows(verb, 'projections', w, block, v, subset, width, options, (answer, first, rows) => {
        for (let k = 0; k < n; k++)
          for (let i = 0; i < rows; i++) out.data[k * v.rows + first + i] = answer[k * rows + i];
      });
      return out;
    },
    async secondMoment(w, block, subset, options) {
      checkDense(asked, block);
      checkBlock(asked, block);
      const expected = { moment: block.size ** 2 };
      const answer = await ask('secondMoment', w, subset, [rangesOf([block])], expected, options);
      return matrix(block.size, block.size, answer('moment'));
    },
    async squaredNorms(w, block, subset, options) {
      checkBlock(asked, block);
      const expected = { norms: count(subset) };
      return (await ask('squaredNorms', w, subset, [rangesOf([block])], expected, options))('norms');
    },
    async fisher(w, subset, options) {
      return (await ask('fisher', w, subset, [], { fisher: size }, options))('fisher');
    },
    async logits(w, subset, options) {
      const n = count(subset);
      const all = (await ask('logits', w, subset, [], {}, options))('logits');
      if (!(all instanceof Float64Array) || all.length === 0 || all.length % n !== 0)
        throw new RunError('shape-changed', `${name} gave ${all?.length ?? 'no'} logits of ${n} samples.`);
      return matrix(n, all.length / n, all);
    },
    async trueFisher(w, subset, options) {
      return (await ask('trueFisher', w, subset, [], { fisher: size }, options))('fisher');
    },
    async setBuffers(values) {
      const arrays = rest.buffers
        .filter(({ name: own }) => values.has(own))
        .map(({ name: own, shape }) => ({ name: own, shape, data: values.get(own)! }));
      if (arrays.length > 0) await requests.ask({ verb: 'buffers', arrays });
    },
    secondsInside: () => requests.secondsInside,
    close: () => requests.close(),
  };
}
