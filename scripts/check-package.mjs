/**
 * Checks a tarball of the package as a registry and a compiler would see it (publint, attw), and its contents.
 *
 *   node scripts/check-package.mjs thermograd-0.2.0.tgz
 *
 * Prints what is wrong, one sentence each, and ends with exit code 1 when anything is.
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tarballFaults } from './release/package.mjs';

const [tarball] = process.argv.slice(2);
if (!tarball) {
  process.stderr.write('check-package: it takes the path of a tarball that npm pack made.\n');
  process.exit(2);
}
const faults = await tarballFaults(fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, ''), resolve(tarball));
process.stdout.write(
  faults.length > 0 ? `${faults.join('\n')}\n` : `${tarball}: publint, attw and its contents are clean\n`,
);
if (faults.length > 0) process.exit(1);
