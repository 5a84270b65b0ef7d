/**
 * The stationary second moment of SGD on a quadratic loss made of samples, by the definition: the average over every possible
 * batch of (w, v) ↦ (w', v'), iterated on the matrix of moments of (w, v). Plain arrays; for a handful of samples.
 */

/** The Hessian (P×P, row-major) and the gradient at the minimum of one sample's loss. */
export interface Sample {
  readonly hessian: readonly number[];
  readonly gradient: readonly number[];
}

interface Sgd {
  readonly sampling: 'replaced' | 'distinct';
  readonly batchSize: number;
  readonly learningRate: number;
  readonly momentum: number;
}

/** Lists all batches, as ordered draws. */
function batches(N: number, B: number, distinct: boolean): number[][] {
  if (B === 0) return [[]];
  return batches(N, B - 1, distinct).flatMap((chosen) =>
    Array.from({ length: N }, (_, k) => k)
      .filter((k) => !distinct || !chosen.includes(k))
      .map((k) => [...chosen, k]),
  );
}

/** Returns ⟨w wᵀ⟩ about the minimum, P×P. */
export function exactMoments(
  samples: readonly Sample[],
  { sampling, batchSize, learningRate, momentum }: Sgd,
): number[] {
  const P = samples[0].gradient.length;
  const S = 2 * P;
  const maps = batches(samples.length, batchSize, sampling === 'distinct').map((batch) => {
    const h = (at: number) => batch.reduce((sum, k) => sum + samples[k].hessian[at] / batchSize, 0);
    const g = batch.reduce<number[]>(
      (sum, k) => sum.map((v, i) => v + samples[k].gradient[i] / batchSize),
      Array(P).fill(0),
    );
    // v' = mu v − eta (H w + g), w' = w + v'
    const M = Array.from({ length: S }, (_, i) =>
      Array.from({ length: S }, (_, j) => {
        const row = i % P;
        if (j >= P) return j - P === row ? momentum : 0;
        return (i < P && j === row ? 1 : 0) - learningRate * h(row * P + j);
      }),
    );
    const push = Array.from({ length: S }, (_, i) => -learningRate * g[i % P]);
    return { M, push };
  });
  let moments = Array.from({ length: S }, () => new Array<number>(S).fill(0));
  for (let step = 0; step < 200_000; step++) {
    const next = Array.from({ length: S }, () => new Array<number>(S).fill(0));
    for (const { M, push } of maps) {
      const half = M.map((row) => moments[0].map((_, j) => row.reduce((sum, v, k) => sum + v * moments[k][j], 0)));
      for (let i = 0; i < S; i++)
        for (let j = 0; j < S; j++) {
          let sum = push[i] * push[j];
          for (let k = 0; k < S; k++) sum += half[i][k] * M[j][k];
          next[i][j] += sum / maps.length;
        }
    }
    let change = 0;
    let size = 0;
    for (let i = 0; i < S; i++)
      for (let j = 0; j < S; j++) {
        change = Math.max(change, Math.abs(next[i][j] - moments[i][j]));
        size = Math.max(size, Math.abs(next[i][j]));
      }
    moments = next;
    if (!(size < 1e12)) throw new Error(`the moments diverge after ${step} steps`);
    if (change < 1e-15 * size) break;
  }
  return moments.slice(0, P).flatMap((row) => row.slice(0, P));
}
