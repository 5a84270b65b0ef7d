/** The facts of a run, which every report states, and the report in memory. */

/** Any plain JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** Facts of a run as plain JSON. All are optional; further keys are listed after these. */
export interface RunFacts {
  /** Complete configuration, defaults included. */
  readonly config?: Json;
  readonly seeds?: Json;
  /** Versions of thermograd, Node, dependencies. */
  readonly versions?: Json;
  /** Which kernel build ran, e.g. `relaxed-simd`. */
  readonly kernel?: Json;
  /** Provider of dense linear algebra, e.g. `embedded`. */
  readonly linearAlgebra?: Json;
  readonly machine?: Json;
  /** Wall-clock seconds per stage. */
  readonly timings?: Json;
  readonly [key: string]: Json | undefined;
}

/** A report in memory; the caller decides where it is written. */
export interface Report {
  /** One self-contained page, which needs no network; its one script adds values under the pointer, switches in legends and buttons. */
  readonly html: string;
  /** Standalone SVG documents by name (without extension). */
  readonly figures: Record<string, string>;
  /** What each figure shows, as CSV documents by the names of the figures. */
  readonly figureData: Record<string, string>;
  /** CSV documents by file name (`variances.csv`, …), full precision. */
  readonly tables: Record<string, string>;
  /** Findings, numbers, run and references; numbers that are not finite are words (`numeric/json`). */
  readonly json: string;
}
