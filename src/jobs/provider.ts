/** The linear algebra of a folder: all attempts use the same provider, because providers differ in the last bits. */
import { check } from '../numeric/errors.js';
import { chooseProvider, type LinearAlgebra } from '../numeric/linalg/index.js';
import type { ProviderChoice } from '../numeric/linalg/provider.js';

/**
 * Chooses the provider at the first attempt and writes its name into the record; returns the same one at later
 * attempts.
 * @throws InputError when this machine does not have it
 */
export async function pinnedProvider(
  record: { linearAlgebra: string | null },
  prefer: ProviderChoice,
  path: string,
): Promise<LinearAlgebra> {
  const la = await chooseProvider({ prefer });
  record.linearAlgebra ??= la.name;
  if (isSame(record.linearAlgebra, la.name)) return la;
  const embedded = await chooseProvider({ prefer: 'embedded' });
  check(
    prefer === 'auto' && record.linearAlgebra === embedded.name,
    'other-provider',
    `the work in ${path} was begun with the linear algebra '${record.linearAlgebra}', and this machine now gives '${la.name}'; make that one available again${advice(record.linearAlgebra, la.name)}, or start again in another folder with --out.`,
  );
  return embedded;
}

/** The processor for which OpenBLAS has chosen its kernels and the width of integers, in the name of the provider. */
const CORE = / \((?:(\w+), )?\d+-bit integers\)(?= through koffi)/;

/** Compares the names of two providers; folders of earlier builds do not say for which processor. */
const isSame = (before: string, now: string): boolean =>
  before === now || (!CORE.test(before) && before === now.replace(CORE, ''));

/** Says how OpenBLAS is asked for the kernels of another processor, where nothing else differs. */
function advice(before: string, now: string): string {
  const core = CORE.exec(before)?.[1];
  return core !== undefined && before.replace(CORE, '') === now.replace(CORE, '')
    ? ` (OPENBLAS_CORETYPE=${core} in the environment asks for its kernels, where the processor can run them)`
    : '';
}
