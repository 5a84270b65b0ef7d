/**
 * Runs the controls of a config through the library, as the coordinator of a study on the cluster does, and continues them.
 *
 *     node cluster-study.mjs CONFIG.json SEEDS FOLDER threads|slurm[:OPTIONS]
 *
 * THERMOGRAD_MAIN names another build of the program; the library lies beside it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const main = process.env.THERMOGRAD_MAIN ?? new URL('../../dist/cli/main.js', import.meta.url);
const { reproduceControls } = await import(
  String(new URL('../index.js', main instanceof URL ? main : pathToFileURL(main)))
);
const [config, seeds, out, on] = process.argv.slice(2);
const { folder } = await reproduceControls({
  config: JSON.parse(readFileSync(config, 'utf8')),
  seeds: Number(seeds),
  out,
  on,
  resume: existsSync(join(out, 'controls.json')),
  onProgress: ({ stage, done, total, note }) => process.stderr.write(`${stage}: ${done} of ${total} ${note ?? ''}\n`),
});
console.log(folder);
