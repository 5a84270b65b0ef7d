/**
 * OpenBLAS chooses its kernels by the model of the processor. A version older than the processor takes those of the oldest
 * cores (Prescott) instead, which are several times slower. The flags of the processor say what it could run.
 */

/** Names the widest vectors that kernels use, or that a processor has. */
export type Vectors = 'SSE' | 'AVX' | 'AVX2' | 'AVX-512';

const ORDER: readonly Vectors[] = ['SSE', 'AVX', 'AVX2', 'AVX-512'];

/** Names of cores in OpenBLAS, lower case; those of other architectures are missing. */
const CORES: Readonly<Record<Vectors, readonly string[]>> = {
  SSE: [
    ...['katmai', 'coppermine', 'northwood', 'prescott', 'banias', 'core2', 'penryn', 'dunnington', 'nehalem', 'atom'],
    ...['athlon', 'opteron', 'opteron_sse3', 'barcelona', 'bobcat', 'nano'],
  ],
  AVX: ['sandybridge', 'bulldozer', 'piledriver', 'steamroller', 'excavator'],
  AVX2: ['haswell', 'zen'],
  'AVX-512': ['skylakex', 'cooperlake', 'sapphirerapids'],
};

/** The core whose kernels are asked for, where OpenBLAS does not know the processor. */
const BEST: Readonly<Partial<Record<Vectors, string>>> = { AVX2: 'Haswell', 'AVX-512': 'SkylakeX' };

/** Returns the vectors of the kernels for a core that OpenBLAS names; undefined for an unknown name. */
export function vectorsOfCore(core: string): Vectors | undefined {
  return ORDER.find((v) => CORES[v].includes(core.toLowerCase()));
}

/** Returns the widest vectors that the flags of a processor promise; undefined without flags. */
export function vectorsOfProcessor(flags: readonly string[]): Vectors | undefined {
  if (flags.length === 0) return undefined;
  const has = (...names: string[]) => names.every((name) => flags.includes(name));
  if (has('avx512f', 'avx512cd', 'avx512dq', 'avx512bw', 'avx512vl', 'avx2', 'fma')) return 'AVX-512';
  if (has('avx2', 'fma')) return 'AVX2';
  return has('avx') ? 'AVX' : 'SSE';
}

/** Describes kernels that use less of the processor than it offers. */
export interface Mismatch {
  /** The core whose kernels run. */
  readonly core: string;
  readonly runs: Vectors;
  readonly could: Vectors;
  /** The core to ask for with OPENBLAS_CORETYPE. */
  readonly better: string;
}

/** Compares the core that OpenBLAS chose with the processor; undefined where it fits or where one of them is unknown. */
export function mismatchOf(core: string | undefined, flags: readonly string[]): Mismatch | undefined {
  const runs = core === undefined ? undefined : vectorsOfCore(core);
  const could = vectorsOfProcessor(flags);
  const better = could && BEST[could];
  if (!core || !runs || !could || !better || ORDER.indexOf(runs) >= ORDER.indexOf(could)) return undefined;
  return { core, runs, could, better };
}
