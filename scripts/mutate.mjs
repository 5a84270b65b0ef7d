/**
 * Mutation testing: changes the sources by one small mistake at a time and checks whether a test fails.
 *
 *   npm run mutate -- FILE… [--sample N] [--seed N] [--only KIND] [--list] [--json FILE] [--at-least PERCENT]
 *                           [--tests FILE…] [--again FILE] [--built] [--jobs N]
 *
 * FILE is a TypeScript file or a folder. Of all mutants in them N (default 100) are drawn by the seed (default 1), the same
 * ones for the same lines, at most one for each expression as long as there are enough expressions. Kinds:
 *
 *   sign         + ↔ −, −x → x              comparison   < → <= >=, === ↔ !==    boolean     && ↔ ||, !x → x
 *   factor       * ↔ /, n → 2n, n/2, 0 → 1    offset       a[i] → a[i ± 1], x ± 1 → x     condition   → true, false
 *   dropped      a·b → a, b; a/b → a
 *
 * A dry run with marked sources finds which tests evaluate the changed expression; these run for each mutant, the fastest file
 * first, up to the first failure. A mutant whose tests all pass survives. Nothing is written to the working tree. Test files
 * that start the built program (they import test/support/cli.ts) cannot see a changed source and are left out unless --built
 * is given.
 *
 *   --list       prints the drawn mutants and runs nothing
 *   --tests      takes only these test files (with commas)
 *   --again      takes the mutants that survived in a file written by --json
 *   --at-least   ends with exit code 1 if the score of the whole sample is lower; without it, if a mutant survived
 *   --jobs       how many mutants at a time (default 1)
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { endAll, Vitests } from './mutate/children.mjs';
import { importsFrom } from './mutate/imports.mjs';
import { instrumented, KINDS, mutantsOf, mutated, parse } from './mutate/points.mjs';
import { beforeAndAfter, describe, isKilled, scoreOf, table } from './mutate/summary.mjs';

/** Milliseconds beyond which a mutant counts as hanging: this, and this many times what its tests took in the dry run. */
const HANG = { least: 60_000, times: 10 };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    list: { type: 'boolean', default: false },
    json: { type: 'string' },
    'at-least': { type: 'string', default: '100' },
    tests: { type: 'string' },
    again: { type: 'string' },
    built: { type: 'boolean', default: false },
    jobs: { type: 'string', default: '1' },
  },
});
const root = process.cwd();
const refuse = (sentence) => {
  console.error(sentence);
  process.exit(2);
};
const kinds = values.only?.split(',') ?? KINDS;
for (const kind of kinds) if (!KINDS.includes(kind)) refuse(`no kind '${kind}': there are ${KINDS.join(', ')}`);

const survivors = values.again && JSON.parse(readFileSync(values.again, 'utf8')).mutants.filter((m) => !isKilled(m));
const paths = survivors ? [...new Set(survivors.map((m) => m.path))] : positionals.flatMap(filesOf);
if (paths.length === 0) refuse('usage: npm run mutate -- FILE… (files or folders)');

/** path → {source, sites}; sites are numbered as they are marked. */
const files = new Map();
const mutants = drawn();

if (values.list) {
  for (const m of mutants) console.log(describe(m));
  process.exit(0);
}

const done = [];
process.on('SIGINT', () => {
  endAll();
  finish();
  process.exit(130);
});
process.on('exit', endAll);

const tests = await testsOfSites();
const queue = [...mutants];
await Promise.all(
  Array.from({ length: Number(values.jobs) }, async () => {
    const vitests = new Vitests();
    for (let m = queue.shift(); m; m = queue.shift()) {
      done.push(Object.assign(m, await outcomeOf(m, vitests)));
      save();
      progress(`${done.length} of ${mutants.length} mutants, ${done.filter(isKilled).length} killed`);
    }
    vitests.end();
  }),
);
finish();
process.exit(scoreOf(done) >= Number(values['at-least']) ? 0 : 1);

function filesOf(path) {
  if (!statSync(path, { throwIfNoEntry: false })) refuse(`${path} does not exist`);
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();
  return names.filter((n) => /(?<!\.generated|\.d)\.ts$/.test(n)).map((n) => join(path, n));
}

function drawn() {
  const all = [...new Set(paths.map((p) => relative(root, resolve(p))))].flatMap((path) => {
    const source = readFileSync(path, 'utf8');
    const found = mutantsOf(source, path);
    files.set(path, { source, sites: found.sites });
    const named = found.mutants.map((m) => ({ path, ...m, ...beforeAndAfter(source, m) }));
    return named.filter((m) => kinds.includes(m.kind));
  });
  if (survivors) {
    const key = (m) => [m.path, m.before, m.after].join('\n');
    const wanted = new Set(survivors.map(key));
    return all.filter((m) => wanted.has(key(m)));
  }
  // by what a mutant changes and not by where it lies: an edit elsewhere in the file does not change the sample
  const seen = new Map();
  const ranked = all
    .map((m) => {
      const name = [values.seed, m.path, m.kind, m.before, m.after].join('\n');
      seen.set(name, (seen.get(name) ?? 0) + 1);
      const rank = createHash('sha256')
        .update(`${name}\n${seen.get(name)}`)
        .digest('hex');
      return { m, rank };
    })
    .sort((a, b) => (a.rank < b.rank ? -1 : 1));
  const taken = new Set();
  const first = [];
  const rest = [];
  for (const { m } of ranked) {
    const site = `${m.path} ${m.site}`;
    (taken.has(site) ? rest : first).push(m);
    taken.add(site);
  }
  return [...first, ...rest].slice(0, Number(values.sample));
}

/** The dry run: for each mutant's site the tests that evaluate it. */
async function testsOfSites() {
  let count = 0;
  const sources = {};
  for (const path of new Set(mutants.map((m) => m.path))) {
    const { source, sites } = files.get(path);
    const changed = [...new Set(mutants.filter((m) => m.path === path).map((m) => m.site))];
    for (const site of changed) sites[site].number = count++;
    sources[resolve(path)] = instrumented(
      source,
      changed.map((site) => sites[site]),
    );
  }
  const vitests = new Vitests(count);
  const importsOf = importsFrom();
  const all = values.tests ? values.tests.split(',').map((t) => resolve(t)) : await vitests.tests();
  const reaching = all.filter((test) => {
    const imports = importsOf(test);
    if (!values.built && [...imports].some((file) => /support\/cli\.ts$/.test(file))) return false;
    return Object.keys(sources).some((file) => imports.has(file));
  });
  const found = Array.from({ length: count }, () => []);
  for (const [k, path] of reaching.entries()) {
    progress(`dry run ${k + 1} of ${reaching.length}: ${relative(root, path)}`);
    const [file] = await vitests.run({ sources, files: [{ path }], all: true });
    if (file.failed) {
      const why = file.errors[0] ?? file.tests.find((t) => t.state === 'failed')?.name ?? '';
      console.error(`${relative(root, path)} fails without a mutant and is left out: ${why}`);
      continue;
    }
    const start = file.ms - file.tests.reduce((sum, t) => sum + t.ms, 0);
    for (let n = 0; n < count; n++) {
      const shared = file.reached?.includes(n);
      const own = file.tests.filter((t) => shared || t.reached?.includes(n));
      if (own.length === 0) continue;
      const ms = own.reduce((sum, t) => sum + t.ms, start);
      found[n].push({ path, ms, ...(!shared && { ids: own.map((t) => t.id) }) });
    }
  }
  vitests.end();
  for (const list of found) list.sort((a, b) => a.ms - b.ms);
  return found;
}

async function outcomeOf(m, vitests) {
  const { source, sites } = files.get(m.path);
  const wanted = tests[sites[m.site].number];
  if (wanted.length === 0) return { outcome: 'not reached' };
  const text = mutated(source, m);
  parse(text, m.path);
  const limit = HANG.least + HANG.times * wanted.reduce((sum, t) => sum + t.ms, 0);
  const request = { sources: { [resolve(m.path)]: text }, files: wanted.map(({ path, ids }) => ({ path, ids })) };
  const ran = await vitests.run(request, limit);
  if (typeof ran === 'string') return { outcome: ran };
  const failed = ran.find((f) => f.failed);
  if (!failed) return { outcome: 'survived', passed: ran.map((f) => relative(root, f.path)) };
  const test = failed.tests.find((t) => t.state === 'failed')?.name;
  return { outcome: 'killed', by: [relative(root, failed.path), ...(test ? [test] : [])].join(': ') };
}

/** Rewrites one line on a terminal. */
function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  else console.error(text);
}

/** Writes the results after each mutant, so that an interrupted run leaves those it has. */
function save() {
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ seed: values.seed, mutants: done }, null, 1)}\n`);
}

function finish() {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  const left = done
    .filter((m) => !isKilled(m))
    .sort((a, b) => (a.path === b.path ? a.start - b.start : a.path < b.path ? -1 : 1));
  for (const m of left) console.log(`${m.outcome}: ${describe(m)}`);
  if (done.length > 0) console.log(`${left.length > 0 ? '\n' : ''}${table(done)}`);
  if (done.length < mutants.length) console.log(`${mutants.length - done.length} mutants were not tried`);
}
