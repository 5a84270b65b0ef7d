/**
 * Builds the site into dist/: pages from docs/, from the declarations of the package and from the table of commands, reports of short runs,
 * the live page; then looks for dead links and tries the search. The program has to be built before.
 *
 *   npm ci && npm run build        THERMOGRAD_SITE_BASE=/thermograd/ puts it into a folder of its host
 */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkSite } from './check.mjs';
import { writePages } from './pages.mjs';
import { root } from './place.mjs';
import { makeReports } from './reports.mjs';

const site = join(root, 'site');
const timed = async (name, work) => {
  const from = performance.now();
  const result = await work();
  console.log(`${name}: ${((performance.now() - from) / 1000).toFixed(1)} s`);
  return result;
};
const start = (args, cwd) => {
  const { status } = spawnSync(process.execPath, args, {
    cwd,
    stdio: 'inherit',
    env: { ...process.env, ASTRO_TELEMETRY_DISABLED: '1' },
  });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}`);
};

if (!existsSync(join(root, 'dist/index.d.ts')))
  throw new Error('the program is not built: run npm run build in the folder above');
for (const folder of ['public', 'dist', '.astro', 'node_modules/.astro'])
  rmSync(join(site, folder), { recursive: true, force: true });
const reports = await timed('reports of short runs', makeReports);
await timed('the live page', () => start(['scripts/build-live.mjs', 'site/public/live'], root));
const { faults, counts } = await timed('pages', () => writePages(reports));
if (faults.length > 0) throw new Error(`the API is not documented whole:\n${faults.join('\n')}`);
console.log(`${counts.front} names of thermograd, ${counts.parts} of thermograd/parts`);
await timed('site', () => start([join(site, 'node_modules/astro/astro.js'), 'build', '--silent'], site));
await timed('checks', () => checkSite(join(site, 'dist')));
