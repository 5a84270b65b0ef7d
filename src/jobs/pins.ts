/** What every process that does cells of a folder must have in common with its record, because the last bits depend on it. */
import { canUse, type KernelBuild } from '../kernels/load.js';
import { check } from '../numeric/errors.js';
import { sameData } from '../numeric/json.js';
import type { ProviderChoice } from '../numeric/linalg/provider.js';
import { VERSION } from './machine.js';
import { pinnedProvider } from './provider.js';

/** The part of a record that is compared. */
export interface Pinned {
  readonly thermograd: string;
  readonly kernelBuild: KernelBuild;
  readonly linearAlgebra: string | null;
  /** Provenance of the data. */
  readonly data?: unknown;
}

/**
 * Refuses to compute cells with another version of thermograd, with other kernels or with another linear algebra than those of the
 * record.
 * @param prefer - the choice of linear algebra; undefined where the cells use none
 * @throws InputError (`other-version`, `no-such-kernel`, `not-prepared`, `other-provider`)
 */
export async function checkPins(record: Pinned, path: string, prefer: ProviderChoice | undefined): Promise<void> {
  const { thermograd, linearAlgebra } = record;
  check(
    thermograd === VERSION,
    'other-version',
    `the study in ${path} was begun by thermograd ${thermograd}, and this is ${VERSION}, which may differ in the last bits; use thermograd ${thermograd} for its cells.`,
  );
  checkKernel(record, path);
  if (prefer === undefined) return;
  check(
    linearAlgebra !== null,
    'not-prepared',
    `the study in ${path} has not chosen its linear algebra yet; continue it once with --resume --prepare, then do its cells.`,
  );
  await pinnedProvider({ linearAlgebra }, prefer, path);
}

/**
 * Refuses a machine that cannot run the kernels of a record.
 * @throws InputError (`no-such-kernel`)
 */
export function checkKernel({ kernelBuild }: Pick<Pinned, 'kernelBuild'>, path: string): void {
  check(
    canUse(kernelBuild),
    'no-such-kernel',
    `the work in ${path} was begun with the kernel build '${kernelBuild}', which this machine cannot run (it needs relaxed SIMD in Node and a processor with fused multiply-add); use a machine that has them, or start again in another folder.`,
  );
}

/**
 * Refuses data that are not those of the record.
 * @throws InputError (`data-changed`)
 */
export function checkData({ data }: Pick<Pinned, 'data'>, path: string, provenance: unknown): void {
  check(
    sameData(data, provenance),
    'data-changed',
    `the data on this machine are not those that the study in ${path} was begun with (their files or settings differ); give it the same files.`,
  );
}
