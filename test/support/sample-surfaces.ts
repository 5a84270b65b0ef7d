/**
 * Surfaces whose samples are written out one by one in plain loops: quadratics with known H, C1 and F, and softmax regression.
 * They count the requests that they get.
 */
import { InputError } from '../../src/numeric/errors.js';
import { type Matrix, matrix } from '../../src/numeric/linalg/index.js';
import { randomKey } from '../../src/numeric/random.js';
import { gather, parametersOf, scatterAdd } from '../../src/surface/blocks.js';
import type { LineLosses, Offer, Subset, Surface, SurfaceBlock, Verb } from '../../src/surface/surface.js';

/** The loss of one sample at weights w. */
export interface SampleLoss {
  loss(w: Float64Array): number;
  gradient(w: Float64Array): Float64Array;
  /** H v. */
  product(w: Float64Array, v: Float64Array): Float64Array;
}

export interface CountedSurface extends Surface {
  /** Requests so far, by verb, and the sizes of those for lines and products. */
  readonly asked: Record<Verb, number>;
  /** Lines of each request for losses. */
  readonly lines: number[];
  /** Rows of each request for products. */
  readonly rows: number[];
}

interface Choices {
  readonly name?: string;
  readonly tensors?: readonly { name: string; shape: readonly number[] }[];
  readonly offers?: Partial<Record<Verb, Offer>>;
}

export function sampleSurface(size: number, all: readonly SampleLoss[], choices: Choices = {}): CountedSurface {
  const parameters = parametersOf(choices.tensors ?? [{ name: 'w', shape: [size] }]);
  const asked = {
    losses: 0,
    gradient: 0,
    hessianVectors: 0,
    sampleLosses: 0,
    projectedSampleGradients: 0,
    secondMoment: 0,
    squaredNorms: 0,
    fisher: 0,
    logits: 0,
    trueFisher: 0,
  };
  const offers = Object.fromEntries(
    Object.keys(asked).map((verb) => [
      verb,
      choices.offers?.[verb as Verb] ?? (verb === 'logits' || verb === 'trueFisher' ? 'missing' : 'exact'),
    ]),
  ) as Record<Verb, Offer>;
  const lines: number[] = [];
  const rows: number[] = [];
  const ask = (verb: Verb) => {
    if (offers[verb] === 'missing') throw new InputError('missing', `this surface has no ${verb}.`);
    asked[verb]++;
  };
  /** Samples and their weights c_k, which add up to 1. */
  const part = (subset: Subset): { k: number; c: number; stratum: number }[] => {
    if (!subset) return all.map((_, k) => ({ k, c: 1 / all.length, stratum: 0 }));
    const total = subset.strata.reduce((s, h) => s + h.of, 0);
    let at = 0;
    return subset.strata.flatMap(({ count, of }, stratum) =>
      Array.from({ length: count }, () => ({ k: subset.samples[at++], c: of / total / count, stratum })),
    );
  };
  const inBlock = (block: SurfaceBlock, v: ArrayLike<number>) => {
    const out = new Float64Array(size);
    scatterAdd(block, v, 1, out);
    return out;
  };
  const mean = (subset: Subset, of: (k: number) => ArrayLike<number>, length: number) => {
    const out = new Float64Array(length);
    for (const { k, c } of part(subset)) {
      const x = of(k);
      for (let i = 0; i < length; i++) out[i] += c * x[i];
    }
    return out;
  };
  return {
    name: choices.name ?? 'samples in plain loops',
    size,
    parameters,
    samples: all.length,
    precision: 'float64',
    offers,
    asked,
    lines,
    rows,
    async losses(w, wanted, subset) {
      ask('losses');
      lines.push(wanted.length);
      const own = part(subset);
      const centre = own.map(({ k }) => all[k].loss(w));
      return wanted.map(({ block, direction, displacements }): LineLosses => {
        const p = inBlock(block, direction);
        const losses = new Float64Array(displacements.length);
        const standardErrors = new Float64Array(displacements.length);
        displacements.forEach((x, d) => {
          const at = w.map((v, i) => v + x * p[i]);
          const each = own.map(({ k }) => all[k].loss(at));
          own.forEach(({ c }, i) => {
            losses[d] += c * each[i];
          });
          standardErrors[d] = subset
            ? naiveError(
                each.map((v, i) => v - centre[i]),
                subset.strata,
              )
            : 0;
        });
        return subset ? { losses, standardErrors } : { losses };
      });
    },
    async gradient(w, subset) {
      ask('gradient');
      const loss = part(subset).reduce((s, { k, c }) => s + c * all[k].loss(w), 0);
      return { loss, gradient: mean(subset, (k) => all[k].gradient(w), size) };
    },
    async hessianVectors(w, block, v, subset) {
      ask('hessianVectors');
      rows.push(v.rows);
      const out = matrix(v.rows, v.cols);
      for (let r = 0; r < v.rows; r++) {
        const x = inBlock(block, v.data.subarray(r * v.cols, (r + 1) * v.cols));
        out.data.set(
          gather(
            block,
            mean(subset, (k) => all[k].product(w, x), size),
          ),
          r * v.cols,
        );
      }
      return out;
    },
    async sampleLosses(w, subset) {
      ask('sampleLosses');
      return Float64Array.from(part(subset), ({ k }) => all[k].loss(w));
    },
    async projectedSampleGradients(w, block, v, subset) {
      ask('projectedSampleGradients');
      const own = part(subset);
      const out = matrix(own.length, v.rows);
      own.forEach(({ k }, s) => {
        const g = gather(block, all[k].gradient(w));
        for (let r = 0; r < v.rows; r++)
          for (let i = 0; i < v.cols; i++) out.data[s * v.rows + r] += g[i] * v.data[r * v.cols + i];
      });
      return out;
    },
    async secondMoment(w, block, subset) {
      ask('secondMoment');
      const P = block.size;
      const outer = (k: number) => {
        const g = gather(block, all[k].gradient(w));
        return Float64Array.from({ length: P * P }, (_, e) => g[Math.floor(e / P)] * g[e % P]);
      };
      return matrix(P, P, mean(subset, outer, P * P));
    },
    async squaredNorms(w, block, subset) {
      ask('squaredNorms');
      return Float64Array.from(part(subset), ({ k }) =>
        gather(block, all[k].gradient(w)).reduce((s, x) => s + x * x, 0),
      );
    },
    async fisher(w, subset) {
      ask('fisher');
      return mean(subset, (k) => all[k].gradient(w).map((x) => x * x), size);
    },
    async logits() {
      throw new InputError('missing', 'this surface has no logits.');
    },
    async trueFisher() {
      throw new InputError('missing', 'this surface has no trueFisher.');
    },
    async close() {},
  };
}

/** √(Σ_h (N_h/N)² (1 − n_h/N_h) s_h²/n_h), written out. */
export function naiveError(values: readonly number[], strata: readonly { count: number; of: number }[]): number {
  const total = strata.reduce((s, h) => s + h.of, 0);
  let [sum, from] = [0, 0];
  for (const { count, of } of strata) {
    const own = values.slice(from, from + count);
    from += count;
    if (count === of) continue;
    const m = own.reduce((s, x) => s + x, 0) / count;
    const s2 = own.reduce((s, x) => s + (x - m) ** 2, 0) / (count - 1);
    sum += ((of / total) ** 2 * (1 - count / of) * s2) / count;
  }
  return Math.sqrt(sum);
}

/** L_k = base_k + b_k·w + ½ wᵀ H_k w with diagonal or full H_k (rows). */
export function quadraticSample(base: number, b: readonly number[], h: readonly (readonly number[])[]): SampleLoss {
  const product = (_: Float64Array, v: Float64Array) =>
    Float64Array.from(b, (_, i) => h[i].reduce((s, x, j) => s + x * v[j], 0));
  return {
    loss: (w) => {
      const hw = product(w, w);
      return base + w.reduce((s, x, i) => s + x * (b[i] + hw[i] / 2), 0);
    },
    gradient: (w) => product(w, w).map((x, i) => x + b[i]),
    product,
  };
}

/**
 * A quadratic of N samples with the mean Hessian Q diag(values) Qᵀ and base loss L0 at w = 0, whose b_k and H_k scatter: b_k has
 * the standard deviation `noise`, H_k = s_k H with s_k of mean 1 and standard deviation `spread`. Means over the samples of b_k
 * and s_k are 0 and 1 exactly, so that H and L0 are known in closed form.
 */
export function quadraticSurface(
  values: readonly number[],
  {
    samples = 40,
    loss = 1,
    noise = 0.1,
    spread = 0,
    seed = 1,
    choices = {} as Choices,
  }: {
    samples?: number;
    loss?: number;
    noise?: number;
    spread?: number;
    seed?: number;
    choices?: Choices;
  } = {},
) {
  const n = values.length;
  const s = randomKey(seed).stream();
  const axes = orthonormalAxes(n, seed);
  const hessian = Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_, j) => values.reduce((sum, v, m) => sum + v * axes[m][i] * axes[m][j], 0)),
  );
  const centred = (scale: number) => {
    const x = Array.from({ length: samples }, () => scale * s.normal());
    const m = x.reduce((a, b) => a + b, 0) / samples;
    return x.map((v) => v - m);
  };
  const b = Array.from({ length: n }, () => centred(noise));
  const scale = centred(spread).map((v) => 1 + v);
  const base = centred(0.3 * loss).map((v) => loss + v);
  const all = Array.from({ length: samples }, (_, k) =>
    quadraticSample(
      base[k],
      b.map((x) => x[k]),
      hessian.map((r) => r.map((v) => scale[k] * v)),
    ),
  );
  return { surface: sampleSurface(n, all, choices), axes, hessian, b, scale, all };
}

/** Random orthonormal vectors by Gram-Schmidt. */
export function orthonormalAxes(n: number, seed = 1): Float64Array[] {
  const s = randomKey(seed).child('axes').stream();
  const out: Float64Array[] = [];
  while (out.length < n) {
    const v = Float64Array.from({ length: n }, () => s.normal());
    for (let round = 0; round < 2; round++)
      for (const u of out) {
        const d = u.reduce((a, x, i) => a + x * v[i], 0);
        for (let i = 0; i < n; i++) v[i] -= d * u[i];
      }
    const length = Math.hypot(...v);
    out.push(v.map((x) => x / length));
  }
  return out;
}

/** Softmax regression: logits W x + c with weights `weight` (classes×inputs) and `bias`; Gaussian inputs, labels by a teacher. */
export function softmaxSurface({
  inputs = 4,
  classes = 3,
  samples = 60,
  seed = 3,
  choices = {} as Choices,
}: {
  inputs?: number;
  classes?: number;
  samples?: number;
  seed?: number;
  choices?: Choices;
} = {}) {
  const s = randomKey(seed).stream();
  const size = classes * (inputs + 1);
  const teacher = Float64Array.from({ length: size }, () => s.normal());
  const logits = (w: Float64Array, x: Float64Array) =>
    Array.from({ length: classes }, (_, c) => {
      let z = w[classes * inputs + c];
      for (let i = 0; i < inputs; i++) z += w[c * inputs + i] * x[i];
      return z;
    });
  const all: SampleLoss[] = Array.from({ length: samples }, () => {
    const x = Float64Array.from({ length: inputs }, () => s.normal());
    const noisy = logits(teacher, x).map((z) => z + 0.7 * s.normal());
    const label = noisy.indexOf(Math.max(...noisy));
    const p = (w: Float64Array) => {
      const z = logits(w, x);
      const top = Math.max(...z);
      const e = z.map((v) => Math.exp(v - top));
      const sum = e.reduce((a, b) => a + b, 0);
      return e.map((v) => v / sum);
    };
    const spread = (delta: number[]) =>
      Float64Array.from({ length: size }, (_, i) =>
        i < classes * inputs ? delta[Math.floor(i / inputs)] * x[i % inputs] : delta[i - classes * inputs],
      );
    return {
      loss: (w) => -Math.log(p(w)[label]),
      gradient: (w) => spread(p(w).map((v, c) => v - (c === label ? 1 : 0))),
      product: (w, v) => {
        const q = p(w);
        const t = logits(v, x);
        const m = q.reduce((a, b, c) => a + b * t[c], 0);
        return spread(q.map((b, c) => b * (t[c] - m)));
      },
    };
  });
  const tensors = [
    { name: 'fc.weight', shape: [classes, inputs] },
    { name: 'fc.bias', shape: [classes] },
  ];
  const w = teacher.map((v) => 0.6 * v + 0.1 * s.normal());
  return { surface: sampleSurface(size, all, { tensors, name: 'softmax regression', ...choices }), all, w };
}

/** Naive mean Hessian block of samples, dense rows. */
export function naiveHessian(all: readonly SampleLoss[], w: Float64Array, block: SurfaceBlock): Matrix {
  const P = block.size;
  const out = matrix(P, P);
  for (let i = 0; i < P; i++) {
    const unit = new Float64Array(w.length);
    scatterAdd(
      block,
      Float64Array.from({ length: P }, (_, j) => Number(i === j)),
      1,
      unit,
    );
    for (const sample of all) {
      const row = gather(block, sample.product(w, unit));
      for (let j = 0; j < P; j++) out.data[i * P + j] += row[j] / all.length;
    }
  }
  return out;
}
