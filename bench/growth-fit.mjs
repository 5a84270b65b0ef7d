// Exponents of bench/growth.mjs and the rule by which a stage grows faster than its count.

/** Fits log y = a + exponent·log x by least squares; the error comes from the residuals, with n − 2 degrees of freedom (NaN for two points). */
export function fitLine(pairs) {
  const logs = pairs.map(([x, y]) => [Math.log(x), Math.log(y)]);
  const mean = (k) => logs.reduce((s, p) => s + p[k], 0) / logs.length;
  const [mx, my] = [mean(0), mean(1)];
  const sxx = logs.reduce((s, [x]) => s + (x - mx) ** 2, 0);
  const exponent = logs.reduce((s, [x, y]) => s + (x - mx) * (y - my), 0) / sxx;
  const rest = logs.reduce((s, [x, y]) => s + (y - my - exponent * (x - mx)) ** 2, 0);
  return { exponent, error: Math.sqrt(rest / (logs.length - 2) / sxx), n: logs.length };
}

const MOST = 1.05;
const RISE = 1.5;

/** Returns what grows faster than its count, in words; undefined where nothing does. */
export function judge(points, time, memory) {
  const faster = (fit) => fit && fit.exponent > MOST && !(fit.exponent - 1 <= 2 * fit.error);
  if (faster(time)) return 'time';
  const each = points.map((p) => p.cpu / p.count);
  const rise = each.at(-1) / Math.min(...each);
  if (rise > RISE) return `time an operation rises ${rise.toFixed(2)} times`;
  const last = points.at(-1);
  return faster(memory) && last.memory > RISE * last.bytes ? 'memory' : undefined;
}
