/**
 * Stops every long command in every way, continues it until it is done, and compares what it leaves, byte for byte (but
 * for times, memory and the machine), with what an uninterrupted run leaves.
 *
 *   npm run kill -- [--commands NAMES] [--kills N] [--only KINDS] [--trials N] [--seed N] [--size quick|real]
 *                   [--workers N] [--no-clock] [--out FILE.json]
 *
 * NAMES are separated by commas (all long commands); --kills is the number of kill -9 over
 * all of them (200), one to three in each trial: before, in the middle of or after a change of the file system that the seed draws,
 * or some time later (not with --no-clock, where no clock decides). KINDS are
 *
 *   kill       kill -9                            full      the disk is full from a change on
 *   signals    SIGINT, SIGTERM, SIGHUP            tmpfs     a small file system of memory, then enlarged (root only)
 *   terminal   the terminal closes (`script`)     limit     no file larger than a limit
 *   writers    five on one folder, new or after a kill
 *
 * (all), of which all but kill are tried --trials times for each command (1). --size real: MNIST and larger studies. Prints a
 * table; --out keeps every trial. Ends with exit code 1 when anything differs, 2 for wrong use.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { COMMANDS, INPUTS } from './kill/commands.mjs';
import { endAll, MAIN } from './kill/program.mjs';
import { Trials } from './kill/trials.mjs';

const KINDS = ['kill', 'signals', 'terminal', 'full', 'tmpfs', 'limit', 'writers'];

const refuse = (sentence) => {
  process.stderr.write(`kill: ${sentence}\n`);
  process.exit(2);
};
const values = (() => {
  try {
    return parseArgs({
      options: {
        commands: { type: 'string' },
        kills: { type: 'string', default: '200' },
        only: { type: 'string', default: KINDS.join(',') },
        trials: { type: 'string', default: '1' },
        seed: { type: 'string', default: '1' },
        size: { type: 'string', default: 'quick' },
        workers: { type: 'string', default: '1' },
        'no-clock': { type: 'boolean', default: false },
        out: { type: 'string' },
      },
    }).values;
  } catch (error) {
    return refuse(error.message);
  }
})();
for (const key of ['kills', 'trials', 'seed', 'workers'])
  if (!/^\d+$/.test(values[key])) refuse(`--${key} takes a whole number; got ${values[key]}.`);
const { size } = values;
if (!(size in INPUTS)) refuse(`--size is quick or real; got ${size}.`);
const kinds = values.only.split(',');
for (const kind of kinds)
  if (!KINDS.includes(kind)) refuse(`there is no kind '${kind}'; there are ${KINDS.join(', ')}.`);
const names = values.commands?.split(',') ?? COMMANDS.map((c) => c.name);
for (const name of names)
  if (!COMMANDS.some((c) => c.name === name))
    refuse(`there is no command '${name}'; there are ${COMMANDS.map((c) => c.name).join(', ')}.`);
if (!existsSync(MAIN)) refuse('the program is not built; run npm run build first.');
const chosen = COMMANDS.filter((c) => names.includes(c.name));

/** Mulberry32: the same seed and command give the same trials, whatever other commands are tried. */
function randomOf(seed, name) {
  let state = [...name].reduce((h, c) => Math.imul(h ^ c.charCodeAt(0), 0x01000193), 0x811c9dc5 ^ seed) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const hasScript =
  spawnSync('script', ['-qfec', 'true', '/dev/null'], { stdio: ['ignore', 'ignore', 'ignore'] }).status === 0;
const isRoot = process.getuid?.() === 0;
const skipped = [];
if (kinds.includes('terminal') && !hasScript) skipped.push('terminal: there is no `script`');
if (kinds.includes('tmpfs') && !isRoot) skipped.push('tmpfs: needs root');
const tries = (kind) =>
  kinds.includes(kind) && (kind !== 'terminal' || hasScript) && (kind !== 'tmpfs' || isRoot)
    ? Number(values.trials)
    : 0;
const ways = ['before', 'half', 'after', ...(values['no-clock'] ? [] : ['later', 'later'])];

const root = mkdtempSync(join(tmpdir(), 'thermograd-kill-'));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    endAll();
    rmSync(root, { recursive: true, force: true });
    process.exit(130);
  });
const say = (text) => process.stderr.write(`${text}\n`);
const results = [];
/** Finished runs that commands start from, by the name of the command that makes them. */
const bases = new Map();
const baseOf = ({ base }) => (base === true ? COMMANDS[0].name : base);

async function trialsOf(command) {
  const random = randomOf(Number(values.seed), command.name);
  const trials = new Trials(command, {
    root,
    inputs: INPUTS[size],
    base: bases.get(baseOf(command)),
    size,
    workers: values.workers,
    random,
  });
  return { trials, uninterrupted: await trials.refer() };
}

for (const name of new Set(chosen.filter((c) => c.base).map(baseOf))) {
  const { trials } = await trialsOf(COMMANDS.find((c) => c.name === name));
  bases.set(name, trials.reference);
  trials.clean();
}
let left = kinds.includes('kill') ? Number(values.kills) : 0;
for (const [k, command] of chosen.entries()) {
  const from = performance.now();
  const row = { command: command.name, kills: 0, right: 0, wrong: 0, others: {}, found: [] };
  results.push(row);
  const { trials, uninterrupted } = await trialsOf(command);
  Object.assign(row, uninterrupted);
  say(`${command.name}: ${uninterrupted.changes} changes of the file system, ${uninterrupted.seconds.toFixed(1)} s`);
  const note = (kind, what, problems) => {
    say(`  ${kind} ${what}: ${problems.length === 0 ? 'right' : `WRONG\n    ${problems.join('\n    ')}`}`);
    row.found.push({ kind, what, problems });
  };
  const share = Math.ceil(left / (chosen.length - k));
  // a run can end before its kill comes: then another one is tried
  for (let attempts = 0; row.kills < share && attempts < 2 * share; attempts++) {
    const { kills, problems } = await trials.kill(Math.min(share - row.kills, trials.oneOf([1, 1, 2, 3])), ways);
    left -= kills.length;
    row.kills += kills.length;
    row[problems.length === 0 ? 'right' : 'wrong'] += kills.length;
    if (kills.length === 0 && problems.length > 0) row.wrong++;
    note('kill -9', kills.join(', then '), problems);
  }
  const other = async (kind, ...bodies) => {
    for (let t = 0; t < tries(kind); t++)
      for (const body of bodies) {
        const { what, refused, problems } = await body();
        row.others[kind] ??= { right: 0, wrong: 0 };
        row.others[kind][problems.length === 0 ? 'right' : 'wrong']++;
        note(kind, refused === undefined ? what : `${what}, ${refused} refused`, problems);
      }
  };
  await other('signals', ...['SIGINT', 'SIGTERM', 'SIGHUP'].map((name) => () => trials.signal(name)));
  for (const kind of ['terminal', 'full', 'tmpfs', 'limit']) await other(kind, () => trials[kind]());
  await other(
    'writers',
    () => trials.writers(false),
    () => trials.writers(true),
  );
  row.spent = (performance.now() - from) / 1000;
  trials.clean();
  if (values.out) writeFileSync(values.out, `${JSON.stringify({ ...values, skipped, results }, null, 1)}\n`);
}
rmSync(root, { recursive: true, force: true });

const others = KINDS.slice(1).filter((kind) => tries(kind) > 0);
const outcome = (row, kind) => {
  const { right = 0, wrong = 0 } = row.others[kind] ?? {};
  return `${right}/${right + wrong}`;
};
const table = [
  ['command', 'kill -9', 'right', 'wrong', ...others, 'seconds'],
  ...results.map((r) => [
    r.command,
    r.kills,
    r.right,
    r.wrong,
    ...others.map((kind) => outcome(r, kind)),
    r.spent.toFixed(0),
  ]),
  [
    'all',
    ...['kills', 'right', 'wrong'].map((key) => results.reduce((sum, r) => sum + r[key], 0)),
    ...others.map((kind) => {
      const sum = (key) => results.reduce((s, r) => s + (r.others[kind]?.[key] ?? 0), 0);
      return `${sum('right')}/${sum('right') + sum('wrong')}`;
    }),
    results.reduce((sum, r) => sum + r.spent, 0).toFixed(0),
  ],
].map((row) => row.map(String));
const widths = table[0].map((_, k) => Math.max(...table.map((row) => row[k].length)));
for (const row of table)
  console.log(row.map((cell, k) => (k === 0 ? cell.padEnd(widths[k]) : cell.padStart(widths[k]))).join('  '));
for (const sentence of skipped) console.log(`not tried: ${sentence}`);
const wrong = results.flatMap((r) => r.found).filter((f) => f.problems.length > 0).length;
console.log(`${results.flatMap((r) => r.found).length} trials, ${wrong} wrong`);
process.exitCode = wrong === 0 ? 0 : 1;
