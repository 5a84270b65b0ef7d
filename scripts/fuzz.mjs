/**
 * Changes good inputs of every reader by small seeded mistakes, and counts what becomes of them:
 *
 *     node scripts/fuzz.mjs [--cases 12000] [--seed 1] [--only npy,config] [--dist dist] [--say]
 *
 * A changed input is refused with a sentence, or accepted. Each acceptance is judged (scripts/fuzz/subjects.mjs): the meaning
 * did not change, or a second reader takes the file for a well-formed one that says the same. `stopped` is a well-formed
 * request that takes long and ends when it is asked to. Everything else is a finding: `silent` (accepted with another
 * meaning), `crash` (an error that is none of the program's own, a sentence with a hole, a refusal that leaves files) or
 * `hang` (no answer within 20 s, nor after a signal). The exit code is 1 when there is any; each is printed with its subject and number, from which it can
 * be made again; `--say` prints every refusal. Needs `npm run build`.
 */
import { fork } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

/** Milliseconds without an answer after which a case counts as a hang. */
const HANG = 20_000;
/** Milliseconds that a command which was asked to stop takes at most. */
const AFTER_SIGNAL = 60_000;

if (process.env.FUZZ_JOB === undefined) await main();
else {
  await work(JSON.parse(process.env.FUZZ_JOB));
  process.disconnect();
}

async function main() {
  const { values } = parseArgs({
    options: {
      cases: { type: 'string', default: '12000' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string' },
      dist: { type: 'string', default: 'dist' },
      say: { type: 'boolean', default: false },
    },
  });
  const { SUBJECTS } = await import('./fuzz/subjects.mjs');
  const names = values.only?.split(',') ?? Object.keys(SUBJECTS);
  const shares = names.reduce((sum, name) => sum + SUBJECTS[name].share, 0);
  const dist = `${pathToFileURL(values.dist).href}/`;
  const rows = [];
  for (const name of names) {
    const cases = Math.max(1, Math.round((Number(values.cases) * SUBJECTS[name].share) / shares));
    rows.push(await subject({ name, cases, seed: Number(values.seed), dist, say: values.say }));
  }
  const heads = ['subject', 'cases', 'refused', 'stopped', 'same', 'unseen', 'silent', 'crash', 'hang'];
  const total = { subject: 'all' };
  for (const head of heads.slice(1)) total[head] = rows.reduce((sum, row) => sum + row[head], 0);
  const print = (cells) =>
    console.log(cells.map((cell, k) => (k === 0 ? String(cell).padEnd(14) : String(cell).padStart(8))).join(''));
  print(heads);
  for (const row of [...rows, total]) print(heads.map((head) => row[head]));
  process.exitCode = total.silent + total.crash + total.hang > 0 ? 1 : 0;
}

/**
 * Runs the cases of one subject in a process of its own, and in a new one behind each hang. A case that takes long gets the
 * signal that a person would send: a command then says that it was stopped, and anything else hangs.
 */
async function subject(job) {
  const row = { subject: job.name, cases: 0, refused: 0, stopped: 0, same: 0, unseen: 0, silent: 0, crash: 0, hang: 0 };
  for (let from = 0; from < job.cases; ) {
    from = await new Promise((resolve) => {
      const child = fork(fileURLToPath(import.meta.url), {
        env: { ...process.env, FUZZ_JOB: JSON.stringify({ ...job, from }) },
      });
      let [timer, at, what, patience, hung] = [undefined, from, '', HANG, false];
      const watch = () => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          child.kill('SIGINT');
          timer = setTimeout(() => {
            hung = true;
            child.kill('SIGKILL');
          }, AFTER_SIGNAL);
        }, patience);
      };
      child.on('message', ({ begun, input, outcome, k, text, patience: own }) => {
        if (begun !== undefined) {
          [at, what, patience] = [begun, input ?? what, own ?? HANG];
          watch();
        }
        if (outcome === undefined) return;
        row.cases++;
        row[outcome]++;
        if (text) console.log(`${outcome}: ${job.name} ${k}: ${text}`);
      });
      child.on('exit', (code, signal) => {
        clearTimeout(timer);
        if (code === 0) return resolve(job.cases);
        const kind = hung || signal === 'SIGINT' ? 'hang' : 'crash';
        row.cases++;
        row[kind]++;
        console.log(`${kind}: ${job.name} ${at}: the process ended (${signal ?? `exit code ${code}`}): ${what}`);
        resolve(at + 1);
      });
    });
  }
  return row;
}

async function work({ name, cases, seed, dist, from, say }) {
  const { SUBJECTS } = await import('./fuzz/subjects.mjs');
  const { drawing } = await import('./fuzz/mutations.mjs');
  const { randomKey } = await import(new URL('numeric/random.js', dist));
  const { ThermogradError } = await import(new URL('numeric/errors.js', dist));
  const { isDeepStrictEqual } = await import('node:util');
  const { inputs, mutate, read, seen, weights, patience, refusable } = await SUBJECTS[name].make(dist);
  const lots = weights?.flatMap((n, i) => Array.from({ length: n }, () => i)) ?? inputs.map((_, i) => i);
  const goods = [];
  const key = randomKey(seed).child('fuzz').child(name);
  const failed = (error) => `${error?.stack ?? error}`.split('\n').slice(0, 4).join(' | ').slice(0, 600);
  process.on('unhandledRejection', (error) => process.send({ outcome: 'crash', k: -1, text: failed(error) }));
  for (let k = from; k < cases; k++) {
    const draw = drawing(key.child(k).stream());
    const which = draw.one(lots);
    const input = mutate(inputs[which], draw);
    process.send({ begun: k, input: shown(input), patience });
    let value;
    try {
      value = await read(input);
    } catch (error) {
      const own = error instanceof ThermogradError || error?.refusal === true;
      const bad = own && (/undefined|\[object/.test(error.message) || error.message.length > 3000);
      process.send(
        own && !bad
          ? {
              outcome: error.stopped ? 'stopped' : 'refused',
              k,
              ...(say && { text: `${shown(input)}: ${error.message.trim().split('\n').at(-1)}` }),
            }
          : { outcome: 'crash', k, text: failed(error) },
      );
      continue;
    }
    if (goods[which] === undefined) {
      process.send({ begun: k, patience: 600_000 });
      goods[which] = await Promise.resolve(read(inputs[which])).catch((error) => {
        if (refusable?.(inputs[which]) && error.refusal) return null;
        throw error;
      });
    }
    const good = goods[which];
    if (isDeepStrictEqual(value, good)) process.send({ outcome: 'same', k });
    else if (seen({ value, input, good })) process.send({ outcome: 'unseen', k });
    else process.send({ outcome: 'silent', k, text: shown(input) });
  }
}

function shown(input) {
  if (input instanceof Uint8Array) return JSON.stringify(Buffer.from(input).toString('latin1')).slice(0, 300);
  if (input instanceof Map) return [...input.keys()].join(' ').slice(0, 300);
  return (typeof input === 'string' ? input : JSON.stringify(input, (_, v) => (v instanceof Uint8Array ? `${v.length} bytes` : v))).slice(0, 500); // biome-ignore format: one value
}
