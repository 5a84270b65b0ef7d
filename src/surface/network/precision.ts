/**
 * Names the precision in which each sample enters a sum of positive semidefinite terms T = Σ_k T_k.
 *
 * Near the end of training most samples contribute almost nothing: half of MNIST's gradients at loss 8e-4 are below 1e-7 of
 * the rest. A float64 sum of N terms is itself accurate to N·2^−53 of the trace (7e-12 for 60 000), so `mixed` does this:
 *
 * - samples that together hold less than 2^−53 of the trace are left out: they are below its last bit;
 * - samples that together hold less than 2^−20 of it are summed in float32, in chunks of at most 256: their error is at most
 *   256·2^−24·2^−20 ≈ 1.5e-11 of the trace in the worst case and about 1e-14 for roundings of random sign.
 *
 * `float64` does neither. test/noise.test.ts measures the difference.
 */
export type Precision = 'float64' | 'mixed';

/** Reports how a sum was split, in numbers of samples and shares of the trace. */
export interface Precisions {
  readonly precision: Precision;
  readonly singleSamples: number;
  /** Share of the trace that was summed in float32. */
  readonly singleShare: number;
  readonly omittedSamples: number;
  readonly omittedShare: number;
}

const OMITTED_SHARE = 2 ** -53;
const SINGLE_SHARE = 2 ** -20;

/**
 * Splits the terms of a sum into those added in float32, those added in float64 and those left out.
 * @param traces - trace of each term, or an estimate of it
 * @param omit - false to leave no term out, as an estimate requires
 */
export function splitByShare(
  traces: Float64Array,
  precision: Precision,
  omit = true,
): { parts: { samples: Uint32Array; single: boolean }[]; summary: Precisions } {
  const n = traces.length;
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  if (precision === 'float64') {
    const summary = { precision, singleSamples: 0, singleShare: 0, omittedSamples: 0, omittedShare: 0 };
    return { parts: [{ samples: order, single: false }], summary };
  }
  order.sort((a, b) => traces[a] - traces[b]);
  let total = 0;
  for (const s of order) total += traces[s];
  let sum = 0;
  let omitted = 0;
  let omittedSum = 0;
  let single = 0;
  let singleSum = 0;
  for (let i = 0; i < n; i++) {
    sum += traces[order[i]];
    if (omit && sum <= OMITTED_SHARE * total) {
      omitted = i + 1;
      omittedSum = sum;
    }
    if (sum > SINGLE_SHARE * total) break;
    single = i + 1;
    singleSum = sum;
  }
  const share = (x: number) => (total > 0 ? x / total : 0);
  return {
    parts: [
      { samples: order.slice(omitted, single).sort(), single: true },
      { samples: order.slice(single).sort(), single: false },
    ],
    summary: {
      precision,
      singleSamples: single - omitted,
      singleShare: share(singleSum - omittedSum),
      omittedSamples: omitted,
      omittedShare: share(omittedSum),
    },
  };
}
