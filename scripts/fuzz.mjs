/**
 * Changes good inputs of every reader by small seeded mistakes, and counts what becomes of them:
 *
 *     node scripts/fuzz.mjs [--cases 12000] [--seed 1] [--only npy,config] [--dist dist]
 *
 * A changed input is refused with a sentence, or accepted. Each acceptance is judged (scripts/fuzz/subjects.mjs): the meaning
 * did not change, or a second reader takes the file for a well-formed one that says the same. Everything else is a
 * finding: `silent` (accepted with another meaning), `crash` (an error that is none of the program's own) or `hang` (no
 * answer within 20 s). The exit code is 1 when there is any; each is printed with its subject and number, from which it can
 * be made again. Needs `npm run build`.
 */
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

/** Milliseconds without an answer after which a case counts as a hang. */
const HANG = 20_000;

if (isMainThread) await main();
else await work(workerData);

async function main() {
  const { values } = parseArgs({
    options: {
      cases: { type: 'string', default: '12000' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string' },
      dist: { type: 'string', default: 'dist' },
    },
  });
  const { SUBJECTS } = await import('./fuzz/subjects.mjs');
  const names = values.only?.split(',') ?? Object.keys(SUBJECTS);
  const shares = names.reduce((sum, name) => sum + SUBJECTS[name].share, 0);
  const dist = `${pathToFileURL(values.dist).href}/`;
  const rows = [];
  for (const name of names) {
    const cases = Math.max(1, Math.round((Number(values.cases) * SUBJECTS[name].share) / shares));
    rows.push(await subject({ name, cases, seed: Number(values.seed), dist }));
  }
  const heads = ['subject', 'cases', 'refused', 'same', 'unseen', 'silent', 'crash', 'hang'];
  const total = { subject: 'all' };
  for (const head of heads.slice(1)) total[head] = rows.reduce((sum, row) => sum + row[head], 0);
  const print = (cells) =>
    console.log(cells.map((cell, k) => (k === 0 ? String(cell).padEnd(14) : String(cell).padStart(8))).join(''));
  print(heads);
  for (const row of [...rows, total]) print(heads.map((head) => row[head]));
  process.exitCode = total.silent + total.crash + total.hang > 0 ? 1 : 0;
}

/** Runs the cases of one subject in a thread, and a new thread behind each hang. */
async function subject(job) {
  const row = { subject: job.name, cases: 0, refused: 0, same: 0, unseen: 0, silent: 0, crash: 0, hang: 0 };
  for (let from = 0; from < job.cases; ) {
    from = await new Promise((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: { ...job, from } });
      let [timer, at] = [undefined, from];
      const watch = () => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          row.hang++;
          row.cases++;
          console.log(`hang: ${job.name} ${at}`);
          void worker.terminate().then(() => resolve(at + 1));
        }, HANG);
      };
      worker.on('message', ({ begun, outcome, k, text }) => {
        if (begun !== undefined) {
          at = begun;
          watch();
          return;
        }
        row.cases++;
        row[outcome]++;
        if (text) console.log(`${outcome}: ${job.name} ${k}: ${text}`);
      });
      worker.on('error', reject);
      worker.on('exit', (code) => {
        clearTimeout(timer);
        if (code === 0) resolve(job.cases);
      });
    });
  }
  return row;
}

async function work({ name, cases, seed, dist, from }) {
  const { SUBJECTS } = await import('./fuzz/subjects.mjs');
  const { drawing } = await import('./fuzz/mutations.mjs');
  const { randomKey } = await import(new URL('numeric/random.js', dist));
  const { ThermogradError } = await import(new URL('numeric/errors.js', dist));
  const { isDeepStrictEqual } = await import('node:util');
  const { inputs, mutate, read, seen } = await SUBJECTS[name].make(dist);
  const goods = [];
  for (const input of inputs) goods.push(await read(input));
  const key = randomKey(seed).child('fuzz').child(name);
  const failed = (error) => `${error?.stack ?? error}`.split('\n').slice(0, 4).join(' | ').slice(0, 600);
  process.on('unhandledRejection', (error) => parentPort.postMessage({ outcome: 'crash', k: -1, text: failed(error) }));
  for (let k = from; k < cases; k++) {
    const draw = drawing(key.child(k).stream());
    const which = draw.below(inputs.length);
    const input = mutate(inputs[which], draw);
    parentPort.postMessage({ begun: k });
    let value;
    try {
      value = await read(input);
    } catch (error) {
      const own = error instanceof ThermogradError || error?.refusal === true;
      const bad = own && (/undefined|\[object/.test(error.message) || error.message.length > 3000);
      parentPort.postMessage(own && !bad ? { outcome: 'refused', k } : { outcome: 'crash', k, text: failed(error) });
      continue;
    }
    const good = goods[which];
    if (isDeepStrictEqual(value, good)) parentPort.postMessage({ outcome: 'same', k });
    else if (seen({ value, input, good })) parentPort.postMessage({ outcome: 'unseen', k });
    else parentPort.postMessage({ outcome: 'silent', k, text: shown(input) });
  }
}

function shown(input) {
  if (input instanceof Uint8Array) return JSON.stringify(Buffer.from(input).toString('latin1')).slice(0, 300);
  if (input instanceof Map) return [...input.keys()].join(' ').slice(0, 300);
  return (typeof input === 'string' ? input : JSON.stringify(input, (_, v) => (v instanceof Uint8Array ? `${v.length} bytes` : v))).slice(0, 500); // biome-ignore format: one value
}
