/**
 * Compares what two builds of the program write: every command is run with fixed seeds, and every document must have
 * the same bytes, except for times and sizes of memory (times.mjs).
 *
 *   node scripts/compare-builds.mjs BEFORE AFTER [--only NAMES] [--keep DIR] [--numbers] [--workers A,B] [--nodes A,B]
 *
 * BEFORE and AFTER are each a built program (dist/cli/main.js) or a folder that an earlier call kept with --keep, which
 * holds what the first of the two wrote. --only takes names of runs, separated by commas; the runs they start from are
 * made as well. With --numbers words do not count: numbers of JSON documents by their keys, cells of tables that are numbers, and
 * the marks of figures are compared, and pages are not. --workers gives the threads of the first and of the second (2,2), --nodes
 * the Node programs that run them; BEFORE and AFTER may then be the same program. Ends with exit code 0 when nothing differs, 1 when something does, 2 for wrong use.
 */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { PAGE_SETTINGS, textWithoutTimes, timeless } from './times.mjs';

/** The runs, in this order, all in one working folder; `from` names the run whose folder is used. */
const RUNS = [
  { name: 'ivf2021', args: 'reproduce ivf2021 --preset quick --seed 1 --out ivf2021' },
  { name: 'ivf2021-seeds', args: 'reproduce ivf2021 --preset quick --seeds 2 --limit 3000 --out ivf2021-seeds' },
  { name: 'train', args: 'train --preset quick --seed 2 --limit 10000 --sampling replaced --out train' },
  { name: 'analyse', from: 'ivf2021', args: 'analyse ivf2021 --centre last --directions 1-20,50 --out analyse' },
  { name: 'report', from: 'ivf2021', args: 'report ivf2021' },
  { name: 'ao2022', from: 'ivf2021', args: 'reproduce ao2022 ivf2021 --out ao2022' },
  { name: 'controls', args: 'reproduce controls --preset quick --out controls' },
  { name: 'valley2023', args: 'reproduce valley2023 --preset quick --out valley2023' },
  { name: 'ceilings', args: 'reproduce ceilings --preset quick --out ceilings' },
  { name: 'forget', args: 'forget --preset quick --methods all --out forget' },
  {
    name: 'advise',
    from: 'ivf2021',
    args: 'advise ivf2021 --verify --verify-epochs 1 --runs 2 --out advise',
  },
  { name: 'protect-ewc', from: 'ivf2021', args: 'protect ivf2021 --method ewc --samples 2000 --out ewc.npz' },
  {
    name: 'protect-hessian',
    from: 'ivf2021',
    args: 'protect ivf2021 --method hessian --axes 5 --samples 2000 --out hessian.safetensors',
  },
  { name: 'protect-ldc', from: 'ivf2021', args: 'protect ivf2021 --method ldc --axes 10 --samples 5000 --out ldc.npz' },
  {
    name: 'protect-potential',
    from: 'ivf2021',
    args: 'protect ivf2021 --method potential --axes 10 --samples 5000 --out potential.npz',
  },
  { name: 'decompose', args: 'decompose --drift F.csv --diffusion D.csv --step 0.05 --out decompose' },
  ...['valley', 'double-well', 'chaudhari-soatto', 'minimum-noise', 'escape'].map((example) => ({
    name: `simulate-${example}`,
    args: `simulate ${example}.yaml --seed 3 --out simulate-${example}`,
  })),
];

const INPUTS = { 'F.csv': '1,-2,0\n2,1,0.5\n0,0.25,3\n', 'D.csv': '1,0.1,0\n0.1,2,0\n0,0,0.5\n' };

const usage = (sentence) => {
  process.stderr.write(
    `compare-builds: ${sentence}\nusage: node scripts/compare-builds.mjs BEFORE AFTER [--only NAMES] [--keep DIR] [--numbers] [--workers A,B] [--nodes A,B]\n`,
  );
  process.exit(2);
};

/** Runs the commands of one build in `folder`; stdout of each is kept beside its folder. */
function run(main, folder, wanted, { node, workers }) {
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(INPUTS)) writeFileSync(join(folder, file), text);
  for (const { name, args } of wanted) {
    const started = Date.now();
    if (name.startsWith('simulate-')) {
      const example = name.slice('simulate-'.length);
      const { stdout } = spawnSync(node, [main, 'simulate', '--example', example], { encoding: 'utf8' });
      writeFileSync(join(folder, `${example}.yaml`), stdout);
    }
    const { status, stdout, stderr } = spawnSync(
      node,
      [main, ...args.split(' '), '--workers', workers, '--json'].filter(
        (word, k, all) => !takesNoWorkers(args) || (word !== '--workers' && all[k - 1] !== '--workers'),
      ),
      { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28 },
    );
    writeFileSync(join(folder, `${name}.stdout.json`), stdout);
    writeFileSync(join(folder, `${name}.exit`), `${status}\n`);
    process.stderr.write(`  ${name}: exit ${status}, ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
    if (status !== 0) process.stderr.write(stderr);
  }
}

const takesNoWorkers = (args) => /^(?:report|decompose|protect) /.test(args);

/**
 * Reads a document without times: times are removed from JSON by their keys, durations and sizes of memory from text.
 * JSON is compared by its values: the order of keys and white space do not count, and a number that is not finite may
 * be null or its name (builds differ in that).
 */
function comparable(path) {
  const bytes = readFileSync(path);
  if (/\.(json|ipynb)$/.test(path)) {
    try {
      return JSON.stringify(ordered(JSON.parse(bytes.toString('utf8'), timeless(twoKinds))), null, 1);
    } catch {
      return bytes.toString('latin1');
    }
  }
  if (/\.(html|txt|md)$/.test(path)) return textOf(bytes.toString('utf8'));
  return bytes.toString('latin1');
}

/** What is left of a document when words do not count. */
function numbersOf(path) {
  const text = readFileSync(path, 'utf8');
  if (/\.html$/.test(path)) return '';
  if (/\.csv$/.test(path))
    return text.replace(/"(?:[^"]|"")*"|[^,\r\n]+/g, (c) => (Number.isFinite(Number(c)) ? c : ''));
  if (/\.svg$/.test(path))
    return text.replace(/<(title|text)\b[^>]*>.*?<\/\1>/gs, '').replace(/ aria-label="[^"]*"/g, '');
  return comparable(path)
    .replace(/: "(?:[^"\\]|\\.)*"/g, ': ""')
    .replace(/^(\s*)"(?:[^"\\]|\\.)*"(,?)$/gm, '$1""$2');
}

/** A value with its keys in order, and null for a number that is not finite. */
function ordered(value) {
  if (Array.isArray(value)) return value.map(ordered);
  if (['NaN', 'Infinity', '-Infinity'].includes(value)) return null;
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(
      Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, inner]) => [key, ordered(inner)]),
    );
  return value;
}

/** A text without times, and without settings where two kinds are compared. */
const textOf = (text) => textWithoutTimes(twoKinds ? text.replace(PAGE_SETTINGS, '$1') : text);

function documents(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((f) => statSync(join(folder, f)).isFile())
    .sort();
}

/** Lists what differs; empty when the two folders hold the same. */
function differences(before, after) {
  const [a, b] = [documents(before), documents(after)];
  const lines = [
    ...a.filter((f) => !b.includes(f)).map((f) => `only before: ${f}`),
    ...b.filter((f) => !a.includes(f)).map((f) => `only after:  ${f}`),
  ];
  for (const file of a.filter((f) => b.includes(f))) {
    const read = values.numbers && /\.(json|csv|svg|html)$/.test(file) ? numbersOf : comparable;
    const [x, y] = [read(join(before, file)), read(join(after, file))];
    if (x === y) continue;
    const at = [...x].findIndex((c, k) => c !== y[k]);
    const around = (text) => JSON.stringify(text.slice(Math.max(0, at - 60), at + 60));
    lines.push(`differs: ${file}\n    before …${around(x)}\n    after  …${around(y)}`);
  }
  return lines;
}

const { values, positionals } = (() => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        only: { type: 'string' },
        keep: { type: 'string' },
        numbers: { type: 'boolean' },
        workers: { type: 'string', default: '2,2' },
        nodes: { type: 'string' },
      },
    });
  } catch (error) {
    return usage(error.message);
  }
})();
if (positionals.length !== 2) usage(`two builds are compared; got ${positionals.length}.`);
for (const p of positionals) if (!existsSync(p)) usage(`there is no ${p}.`);
const [threads, programs] = [values.workers, values.nodes ?? `${process.execPath},${process.execPath}`].map((t) =>
  t.split(','),
);
if (threads.length !== 2 || threads.some((t) => !/^\d+$/.test(t)))
  usage(`--workers takes two numbers; got ${values.workers}.`);
if (programs.length !== 2) usage(`--nodes takes two programs; got ${values.nodes}.`);
const twoKinds = threads[0] !== threads[1] || programs[0] !== programs[1];
const names = values.only?.split(',');
for (const n of names ?? [])
  if (!RUNS.some((r) => r.name === n))
    usage(`there is no run '${n}'; there are ${RUNS.map((r) => r.name).join(', ')}.`);
const wanted = RUNS.filter(
  (r) => !names || names.includes(r.name) || RUNS.some((s) => names.includes(s.name) && s.from === r.name),
);

const scratch = mkdtempSync(join(tmpdir(), 'thermograd-compare-'));
const folders = positionals.map((given, k) => {
  const path = resolve(given);
  if (statSync(path).isDirectory()) return path;
  const folder = k === 0 && values.keep ? resolve(values.keep) : join(scratch, k === 0 ? 'before' : 'after');
  process.stderr.write(`${k === 0 ? 'before' : 'after'}: ${path}\n`);
  run(path, folder, wanted, { node: programs[k], workers: threads[k] });
  return folder;
});
const kept = names ? folders.map((f, k) => selected(f, k)) : folders;

/** Returns, with --only, a folder with the documents of the wanted runs alone. */
function selected(folder, k) {
  const target = join(scratch, `selected-${k}`);
  mkdirSync(target);
  for (const { name, args } of wanted) {
    const out = args.split(' --out ')[1] ?? name;
    for (const entry of [out, `${name}.stdout.json`, `${name}.exit`])
      if (existsSync(join(folder, entry))) spawnSync('cp', ['-r', join(folder, entry), target]);
  }
  return target;
}

const found = differences(kept[0], kept[1]);
for (const line of found) console.log(line);
console.log(`${documents(kept[0]).length} documents of ${wanted.length} runs compared, ${found.length} differ`);
rmSync(scratch, { recursive: true, force: true });
process.exit(found.length === 0 ? 0 : 1);
