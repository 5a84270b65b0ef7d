/**
 * The waist between a model and everything that is measured on it: a loss over samples as a function of one flat vector of
 * weights, asked in batches. A network of this package, a formula, and a model in another process are surfaces alike.
 *
 *     L(w) = Σ_k c_k L_k(w),   g_k = ∇L_k,   g = ∇L,   H = ∇∇L
 *
 * over the asked samples, with c_k = 1/N for all of them. Losses are in the units of the model's own loss (nat for cross-entropy).
 * Rooms above measure with a `Surface` alone. docs/theory [S10], [F1], [F5].
 */
import type { Matrix } from '../numeric/linalg/index.js';
import * as is from '../numeric/wants.js';

/** Names one tensor of the model; tensors follow one another in the flat vector, each in row-major order. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  /** Its first number in the flat vector. */
  readonly offset: number;
  readonly size: number;
}

/** Says what a {@link Parameter} needs. */
export const PARAMETER_WANTS = is.shape<Parameter>({
  name: is.text,
  shape: is.numbers,
  offset: is.whole,
  size: is.whole,
});

/** Names weights that are measured together: ranges of the flat vector, in ascending order, that do not overlap. */
export interface SurfaceBlock {
  readonly name: string;
  readonly ranges: readonly { readonly offset: number; readonly size: number }[];
  /** Sum of the sizes, P_b. */
  readonly size: number;
}

/** Says what a {@link SurfaceBlock} needs. */
export const BLOCK_WANTS = is.shape<SurfaceBlock>({
  name: is.text,
  ranges: is.listOf(is.shape({ offset: is.whole, size: is.count })),
  size: is.count,
});

/**
 * Says how a surface obtains a quantity: `exact` computes it as it is defined, `made` derives it from other verbs (differences of
 * gradients, one gradient at a time), `missing` cannot give it.
 */
export type Offer = 'exact' | 'made' | 'missing';

/** The quantities that a surface can be asked for. */
export const VERBS = [
  'losses',
  'gradient',
  'hessianVectors',
  'sampleLosses',
  'projectedSampleGradients',
  'secondMoment',
  'squaredNorms',
  'fisher',
  'logits',
  'trueFisher',
] as const;
/** Names what can be asked of a surface. */
export type Verb = (typeof VERBS)[number];

/**
 * A part of the samples, drawn in strata [F5]; undefined means all of them. What is asked over a subset is weighted so that it
 * estimates the same over all samples: a sample of stratum h counts (N_h/N)/n_h (`sampleWeights`).
 */
export interface SampleSubset {
  /** Numbers of samples, from 0, stratum after stratum and without repetition. */
  readonly samples: Uint32Array;
  /** The strata in that order: `count` = n_h drawn without replacement of the `of` = N_h samples that are in the stratum. */
  readonly strata: readonly { readonly count: number; readonly of: number }[];
}

/** Says what a {@link SampleSubset} needs. */
export const SUBSET_WANTS = is.shape<SampleSubset>({
  samples: is.order,
  strata: is.listOf(is.shape<SampleSubset['strata'][number]>({ count: is.count, of: is.count })),
});
/** Says over which samples a request is answered: a subset, or all where it is undefined. */
export type Subset = SampleSubset | undefined;

/** A straight line through the point of a request: w + δ p, with p in the weights of a block and 0 elsewhere. */
export interface Line {
  readonly block: SurfaceBlock;
  /** p, length P_b; used as it is, not normalised. */
  readonly direction: Float64Array;
  /** δ, in units of p. */
  readonly displacements: readonly number[];
}

/** Losses along one line. */
export interface LineLosses {
  /** L(w + δ p) at each displacement. */
  readonly losses: Float64Array;
  /**
   * Where a subset was asked for: one standard error of L(δ) − L(0) as an estimate for all samples, from the differences sample by
   * sample, √(Σ_h (N_h/N)² (1 − n_h/N_h) s_h²/n_h) with the unbiased variance s_h² within stratum h [F5].
   */
  readonly standardErrors?: Float64Array;
}

/** Says what a request may be stopped by and whom it tells of its progress. */
export interface RequestOptions {
  readonly signal?: AbortSignal;
  /** Called with the share that is done, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** Says what {@link RequestOptions} need, to be part of the wants of other options. */
export const REQUEST_WANTS = { signal: is.maybe(is.object), onProgress: is.maybe(is.func) };

/**
 * Evaluates a model. No method changes its arguments; each returns new arrays. Requests are answered in the order in which they
 * come. A model that fails rejects with a `RunError` whose sentence names the model, the request and the cause.
 */
export interface Surface {
  /** What the surface is, for reports: `784-50-50-10 on mnist`, `train.py:make`. */
  readonly name: string;
  /** Number of weights, P. */
  readonly size: number;
  readonly parameters: readonly Parameter[];
  /** Number of samples, N; 1 for an analytic landscape. */
  readonly samples: number;
  /** Precision of the losses: it sets the steps of differences and what may be claimed. */
  readonly precision: 'float32' | 'float64';
  /**
   * Where the point of a request is y in other coordinates w = s∘y (`scaledSurface`): s, length P. Steps of differences are chosen by how
   * far they move w.
   */
  readonly scale?: Float64Array;
  readonly offers: Readonly<Record<Verb, Offer>>;

  /** Returns L(w + δ p) for every displacement of every line. */
  losses(w: Float64Array, lines: readonly Line[], subset?: Subset, options?: RequestOptions): Promise<LineLosses[]>;
  /** Returns L(w) and g, length P. */
  gradient(
    w: Float64Array,
    subset?: Subset,
    options?: RequestOptions,
  ): Promise<{ readonly loss: number; readonly gradient: Float64Array }>;
  /**
   * Returns H_b v for every row v of V (k×P_b), where H_b is the block of H on the weights of `block`; k×P_b.
   */
  hessianVectors(
    w: Float64Array,
    block: SurfaceBlock,
    v: Matrix,
    subset?: Subset,
    options?: RequestOptions,
  ): Promise<Matrix>;
  /** Returns L_k(w) of each asked sample, in the order of the subset. */
  sampleLosses(w: Float64Array, subset?: Subset, options?: RequestOptions): Promise<Float64Array>;
  /** Returns g_k·v for each asked sample and each row v of V (k×P_b); n×k. N×P numbers never leave the surface. */
  projectedSampleGradients(
    w: Float64Array,
    block: SurfaceBlock,
    v: Matrix,
    subset?: Subset,
    options?: RequestOptions,
  ): Promise<Matrix>;
  /** Returns Σ_k c_k g_k g_kᵀ on the weights of a block, P_b×P_b, per sample; subtract g gᵀ for the covariance C1 [S1]. */
  secondMoment(w: Float64Array, block: SurfaceBlock, subset?: Subset, options?: RequestOptions): Promise<Matrix>;
  /** Returns |g_k|² over the weights of a block for each asked sample. */
  squaredNorms(w: Float64Array, block: SurfaceBlock, subset?: Subset, options?: RequestOptions): Promise<Float64Array>;
  /** Returns Σ_k c_k g_k∘g_k, the diagonal of the empirical Fisher matrix per sample, length P. */
  fisher(w: Float64Array, subset?: Subset, options?: RequestOptions): Promise<Float64Array>;
  /**
   * Returns the logits z_k of each asked sample, n×C, in the order of the subset. Only a classifier offers them whose loss is the
   * cross-entropy L_k = −ln p_ky, p_k = softmax(z_k), of its label y.
   */
  logits(w: Float64Array, subset?: Subset, options?: RequestOptions): Promise<Matrix>;
  /**
   * Returns Σ_k c_k E_y[(∂ℓ_k(y)/∂w)∘(∂ℓ_k(y)/∂w)], length P: the diagonal of the Fisher matrix per sample with labels y drawn from the
   * model's own probabilities [C2]. Only models that have such probabilities offer it.
   */
  trueFisher(w: Float64Array, subset?: Subset, options?: RequestOptions): Promise<Float64Array>;
  /** Ends what stands behind the surface (a process, kernel memory); no request may follow. */
  close(): Promise<void>;
}
