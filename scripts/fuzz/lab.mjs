/**
 * `thermograd lab` with changed folders, flags and runs, and changed addresses at its server. Nothing but a file below the given folders may
 * come back, no answer may be an error of the server, and every summary is one JSON document.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { caller, filesOf, freshCopy, judged } from './call.mjs';
import { mutateBytes, mutateText, mutateTree } from './mutations.mjs';

const load = (dist, path) => import(new URL(path, dist));
const FOLDERS = ['run', 'runs', '.', 'run/trajectory.zarr', 'run/run.json', 'nothing', '', 'empty', 'run/', '/dev/null', 'x'.repeat(300), 'run\u0000', 'loop']; // biome-ignore format: a list
const FLAGS = [['--port', '65536'], ['--port', '-1'], ['--port', '1e3x'], ['--port', ''], ['--port', '0'], ['--host', '256.1.1.1'], ['--host', ''], ['--host', '::1'], ['--host', 'x'.repeat(300)], ['--host', 'a b'], ['--host', '0.0.0.0'], ['--hosts', 'a'], ['--open=1'], ['--']]; // biome-ignore format: a list
const PLACES = ['/', '/index.html', '/api/runs', '/api/runs/run/files', '/api/runs/run/file/run.json', '/api/runs/run/file/report.html', '/api/runs/run/file/tables/variances.csv', '/api/runs/run/file/trajectory.zarr/weights/zarr.json', '/api/runs/run/file/../../../etc/passwd', '/api/runs/run/file/%2e%2e/%2e%2e/secret.txt', '/api/runs/run/file/..%2f..%2fsecret.txt', '/api/runs/run/file/%00', '/api/runs/run/file/%ff', '/api/runs/__proto__/files', '/api/runs/constructor', '//', '/api', '/api/runs/run/file/', '/assets/../../package.json', `/${'a'.repeat(5000)}`]; // biome-ignore format: a list

/** Asks with the path as it is, which `fetch` would tidy. */
const ask = ({ host, hostname, port }, path) =>
  new Promise((resolve, reject) => {
    const asked = request({ host: hostname.replace(/[[\]]/g, ''), port, path, headers: { Host: host }, agent: false }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => resolve({ status: answer.statusCode, bytes: Buffer.concat(parts) }));
    });
    asked.on('error', reject);
    asked.end();
  }); // biome-ignore format: one call

export async function lab(dist, config) {
  const { run } = await caller(dist);
  const { reproduceIvf2021 } = await load(dist, 'experiments/ivf2021/experiment.js');
  const home = mkdtempSync(join(tmpdir(), 'fuzz-lab-'));
  process.on('exit', () => rmSync(home, { recursive: true, force: true }));
  const [whole, copy] = [join(home, 'whole'), join(home, 'copy')];
  mkdirSync(join(whole, 'empty'), { recursive: true });
  await reproduceIvf2021({ ...config, training: { ...config.training, momentum: 0 } }, { out: join(whole, 'run') });
  cpSync(join(whole, 'run'), join(whole, 'runs', 'a'), { recursive: true });
  writeFileSync(join(whole, 'secret.txt'), 'secret');
  const runFiles = filesOf(join(whole, 'run')).map((name) => join('run', name));

  /** Everything that the page asks of a server for its runs, and one address more. */
  const asked = async (place, address) => {
    const { status, bytes } = await ask(place, '/api/runs');
    if (status !== 200) throw new Error(`the list of runs answers ${status}`);
    const runs = bytes.toString().split('\n').filter((line) => line !== '').map((line) => JSON.parse(line)); // biome-ignore format: one line
    for (const { id } of runs)
      for (const path of [`/api/runs/${id}`, `/api/runs/${id}/files`]) {
        const one = await ask(place, path);
        if (one.status !== 200) throw new Error(`${path} answers ${one.status}`);
        JSON.parse(one.bytes.toString());
      }
    const other = await ask(place, address);
    if (![200, 304, 400, 404, 405, 414, 421].includes(other.status)) throw new Error(`${address} answers ${other.status}: ${other.bytes}`); // biome-ignore format: one line
    if (other.bytes.includes('secret')) throw new Error(`${address} leads out of the folder`);
    const [, inside] = /^\/api\/runs\/run\/file\/([\w./-]+)$/.exec(address) ?? [];
    const file = inside && join(copy, 'run', inside);
    if (other.status === 200 && file && statSync(file, { throwIfNoEntry: false })?.isFile() && !other.bytes.equals(readFileSync(file))) throw new Error(`${address} is not the file`); // biome-ignore format: one line
    return { runs: runs.map(({ id }) => id), status: other.status };
  };

  const good = { folders: ['run', 'runs'], flags: [], change: null, address: '/api/runs/run/file/run.json' };
  return {
    inputs: [good],
    mutate: (input, draw) => {
      const out = structuredClone(input);
      const kind = draw.below(8);
      if (kind === 0) out.folders = [draw.one(FOLDERS), ...(draw.chance(0.5) ? [draw.one(FOLDERS)] : [])];
      else if (kind === 1) out.flags = draw.one(FLAGS);
      else if (kind < 5)
        out.address = draw.chance(0.4) ? draw.one(PLACES) : encodeURI(mutateText(draw.one(PLACES), draw)).replace(/^(?!\/)/, '/'); // biome-ignore format: one line
      else {
        const name = draw.chance(0.5) ? join('run', draw.one(['run.json', 'findings.json', 'analysis.json', 'report.json'])) : draw.one(runFiles); // biome-ignore format: one line
        const bytes = Uint8Array.from(readFileSync(join(whole, name)));
        out.change = { name, bytes: name.endsWith('.json') && draw.chance(0.6) ? new TextEncoder().encode(JSON.stringify(mutateTree(JSON.parse(new TextDecoder().decode(bytes)), draw))) : draw.chance(0.2) ? null : mutateBytes(bytes, draw) }; // biome-ignore format: one value
      }
      return out;
    },
    read: async ({ folders, flags, change, address }) => {
      const before = freshCopy({ home, whole, copy }, change);
      let answers;
      const stop = () => process.emit('SIGINT');
      const said = await run(['lab', ...folders, '--no-open', '--json', ...flags], (text) => {
        const url = /"url":"([^"]*)"/.exec(text)?.[1];
        if (url !== undefined) answers ??= asked(new URL(url), address).finally(stop);
      });
      if (answers === undefined) judged(said, copy, before, () => false);
      if (filesOf(copy).length !== before.size) throw new Error('the server wrote a file');
      return (await answers) ?? { help: true };
    },
    seen: ({ value, input }) => value.runs !== undefined || input.flags.length > 0,
  };
}
