/** Exact answers: the Lyapunov equation solved in fractions of big integers. */

interface Fraction {
  readonly p: bigint;
  readonly q: bigint;
}

const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? (a < 0n ? -a : a) : gcd(b, a % b));
const fraction = (p: bigint, q: bigint): Fraction => {
  const g = gcd(p, q) * (q < 0n ? -1n : 1n);
  return { p: p / g, q: q / g };
};
const minus = (a: Fraction, b: Fraction) => fraction(a.p * b.q - b.p * a.q, a.q * b.q);
const times = (a: Fraction, b: Fraction) => fraction(a.p * b.p, a.q * b.q);
const over = (a: Fraction, b: Fraction) => fraction(a.p * b.q, a.q * b.p);

/** The nearest double, to a few units in the last place. */
function toNumber({ p, q }: Fraction): number {
  const scale = 10n ** 40n;
  const whole = p / q;
  return Number(whole) + Number(((p - whole * q) * scale) / q) / 1e40;
}

/** X with F·X + X·Fᵀ = 2·D, for whole numbers F and D: Gauss-Jordan on the n²×n² Kronecker system, exact. */
export function exactLyapunov(f: readonly (readonly number[])[], d: readonly (readonly number[])[]): number[][] {
  const n = f.length;
  const size = n * n;
  const zero = fraction(0n, 1n);
  const rows: Fraction[][] = [];
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const row: bigint[] = new Array(size + 1).fill(0n);
      for (let k = 0; k < n; k++) {
        row[k * n + j] += BigInt(f[i][k]);
        row[i * n + k] += BigInt(f[j][k]);
      }
      row[size] = BigInt(2 * d[i][j]);
      rows.push(row.map((x) => fraction(x, 1n)));
    }
  }
  for (let c = 0; c < size; c++) {
    const pivot = rows.findIndex((r, i) => i >= c && r[c].p !== 0n);
    [rows[c], rows[pivot]] = [rows[pivot], rows[c]];
    const head = rows[c][c];
    rows[c] = rows[c].map((x) => over(x, head));
    for (let r = 0; r < size; r++) {
      const factor = rows[r][c];
      if (r === c || factor.p === 0n) continue;
      rows[r] = rows[r].map((x, k) => (rows[c][k] === zero ? x : minus(x, times(factor, rows[c][k]))));
    }
  }
  return Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => toNumber(rows[i * n + j][size])));
}
