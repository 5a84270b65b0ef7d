/** Made-up series with a memory, sums over them, and their correlation time by its definition. */

export const sum = (x: readonly number[]) => x.reduce((s, v) => s + v, 0);
export const mean = (x: readonly number[]) => sum(x) / x.length;
export const range = (n: number) => Array.from({ length: n }, (_, i) => i);
/** A memory that fades, without randomness: the irregular wave of a sine of squares, smoothed. */
export function series(T: number, memory: number, phase = 0): number[] {
  const out: number[] = [];
  let x = 0;
  for (let t = 0; t < T; t++) {
    x = memory * x + Math.sin(1.7 * t * t + phase * t + phase);
    out.push(x + 0.3);
  }
  return out;
}
/** c_h of the definition. */
function autocovariances(x: readonly number[]): number[] {
  const m = mean(x);
  return range(Math.floor(x.length / 2) + 1).map((h) => sum(range(x.length - h).map((t) => (x[t] - m) * (x[t + h] - m))) / (x.length - h)); // biome-ignore format: a definition
}
/** tau, its window and error by the definition. */
export function naiveTau(x: readonly number[], factor = 6) {
  const c = autocovariances(x);
  let [tau, window] = [0.5, 0];
  while (window + 1 < c.length) {
    window++;
    tau += c[window] / c[0];
    if (window >= factor * tau) break;
  }
  return { tau, window, error: tau * Math.sqrt((2 * (2 * window + 1)) / x.length) };
}
