/** Makes short runs whose reports the site shows, in public/reports/. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { root } from './place.mjs';

const config = (name) => join('examples/config', `${name}.yaml`);

const REPORTS = [
  {
    name: 'ao2022',
    title: 'The decomposition of a run',
    args: ['reproduce', 'ao2022', '--config', config('reproduce-ao2022')],
    also: { name: 'ivf2021', title: 'The relation of variance and flatness', from: 'run' },
  },
  { name: 'simulate', title: 'A landscape of formulas', args: ['simulate', config('simulate')] },
  { name: 'forget', title: 'Constraints against forgetting', args: ['forget', '--config', config('forget')] },
  { name: 'sweep', title: 'A sweep', args: ['sweep', config('sweep')] },
  {
    name: 'valley2023',
    title: 'The effective loss of a valley',
    args: ['reproduce', 'valley2023', '--part', 'model', '--preset', 'quick'],
  },
];

/** What of a run folder a page may need. */
const KEPT = new Set(['.html', '.svg', '.png', '.csv', '.json', '.pdf']);
const copied = (from, to) =>
  cpSync(from, to, {
    recursive: true,
    filter: (path) => (statSync(path).isDirectory() ? !/\.zarr$|\/cells$/.test(path) : KEPT.has(extname(path))),
  });

/** Makes all of them; one that fails ends the build. */
export function makeReports() {
  const place = join(root, 'site/public/reports');
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  const work = mkdtempSync(join(tmpdir(), 'thermograd-site-'));
  const out = [];
  for (const { name, title, args, also } of REPORTS) {
    const folder = join(work, name);
    const { status, stderr } = spawnSync(process.execPath, ['dist/cli/main.js', ...args, '--out', folder], {
      cwd: root,
      encoding: 'utf8',
    });
    if (status !== 0 || !existsSync(join(folder, 'report.html')))
      throw new Error(`thermograd ${args.join(' ')} ended with ${status}:\n${stderr}`);
    const command = `thermograd ${args.join(' ')}`;
    copied(folder, join(place, name));
    out.push({ name, title, command });
    if (also) {
      copied(join(folder, also.from), join(place, also.name));
      out.push({ name: also.name, title: also.title, command });
    }
  }
  rmSync(work, { recursive: true, force: true });
  return out;
}
