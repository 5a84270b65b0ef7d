/**
 * The commands themselves on tiny inputs: changed flags, changed run folders and changed files go through `thermograd analyse`,
 * `report`, `advise`, `protect`, `reproduce ao2022`, `decompose`, `simulate`, `export`, `figure`, `list` and `compare`, called in this
 * process as the command line calls them. Looked for: errors that are none of the program's own, sentences with holes, files left by a refusal, and results that
 * changed although nothing that was asked for did.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { caller, documents, filesOf, freshCopy, judged, mutateArguments, NUMBERS } from './call.mjs';
import { mutateBytes, mutateText, mutateTree } from './mutations.mjs';
import * as oracles from './oracles.mjs';

const load = (dist, path) => import(new URL(path, dist));
const RUN = ['run'];
const ONE = ['--workers', '1'];

/** Each command with the arguments that it takes, and the files of its folder that are changed. */
const COMMANDS = [
  { args: ['analyse', 'run', '--centre', 'last', '--directions', '1-3', '--out', 'out', ...ONE], inputs: RUN },
  { args: ['report', 'run'], inputs: RUN },
  { args: ['advise', 'run', '--directions', '4', '--no-verify', '--out', 'out', ...ONE], inputs: RUN },
  { args: ['protect', 'run', '--method', 'ewc', '--axes', '5', '--layers', 'layer1', '--out', 'out.npz'], inputs: RUN },
  { args: ['reproduce', 'ao2022', 'run', '--out', 'out', ...ONE], inputs: RUN },
  { args: ['decompose', '--drift', 'F.csv', '--diffusion', 'D.csv', '--noise-strength', '2', '--out', 'out'], inputs: ['F.csv', 'D.csv'] },
  { args: ['simulate', 'c.yaml', '--out', 'out', ...ONE], inputs: ['c.yaml'] },
  { args: ['export', 'run', '--format', 'npz', '--out', 'out.npz'], inputs: RUN },
  { args: ['export', 'run', '--format', 'tensorboard', '--out', 'out'], inputs: RUN },
  { args: ['figure', 'run', 'variances', '--out', 'out.svg'], inputs: RUN },
  { args: ['list', '.'], inputs: RUN },
  { args: ['compare', 'run', 'second', '--out', 'out'], inputs: RUN },
]; // biome-ignore format: a table
/** How often each is drawn: cheap ones more often. */
const WEIGHTS = [2, 3, 1, 2, 1, 8, 3, 3, 2, 2, 2, 2];

const FILES = {
  'F.csv': '1,0.5\n-0.5,2\n',
  'D.csv': '1,0\n0,1.5\n',
  'c.yaml':
    'variables: [x]\nlandscape: { loss: x^2 }\nnoise: { covariance: { xx: 1 } }\nlearningRate: 0.1\nstart: { low: [-1], high: [1] }\n' +
    'grid: { x: { from: -2, to: 2, cells: 20 } }\ntime: { burnIn: 1, length: 4 }\nmethods: { sgd: { walkers: 40 }, fokker-planck: {} }\n',
};

/** Makes the run that all commands read. */
async function wholeRun(dist, config, home) {
  const { reproduceIvf2021 } = await load(dist, 'experiments/ivf2021/experiment.js');
  const training = { ...config.training, momentum: 0 };
  await reproduceIvf2021({ ...config, training }, { out: join(home, 'run') });
  await reproduceIvf2021({ ...config, training, seed: 8 }, { out: join(home, 'second') });
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(home, name), text);
}

export async function commands(dist, config) {
  const { parsed, run } = await caller(dist);
  const { parse } = await import('yaml');
  const home = mkdtempSync(join(tmpdir(), 'fuzz-commands-'));
  const [whole, copy] = [join(home, 'whole'), join(home, 'copy')];
  mkdirSync(whole);
  await wholeRun(dist, config, whole);
  const runFiles = filesOf(join(whole, 'run')).filter((name) => !/^(tables|report)/.test(name)).map((name) => join('run', name)); // biome-ignore format: one line
  process.on('exit', () => rmSync(home, { recursive: true, force: true }));

  const read = async ({ args, change }) => {
    const before = freshCopy({ home, whole, copy }, change);
    judged(await run(args), copy, before);
    return { asked: await parsed(args), documents: documents(copy, before) };
  };

  /** A change of run.json in settings of the analysis, or in what only people read. */
  const settingsAlone = ({ name, bytes }) => {
    if (name !== join('run', 'run.json') || !bytes) return false;
    const strip = (text) => {
      const { config: { analysis, workers, provider, preset, experiment, ...own } } = JSON.parse(text); // biome-ignore format: one pattern
      return own;
    };
    try {
      return isDeepStrictEqual(strip(new TextDecoder().decode(bytes)), strip(readFileSync(join(whole, name), 'utf8')));
    } catch {
      return false;
    }
  };

  const kept = (given, used) =>
    typeof given !== 'object' || given === null
      ? Object.is(given, used) || given === undefined || String(given) === String(used)
      : typeof used === 'object' && used !== null && Object.entries(given).every(([k, v]) => kept(v, used[k]));

  /** F Σ + Σ Fᵀ = 2 ε D with the matrices as a second reader takes them from the files, and Σ as the command wrote it. */
  const lyapunovHolds = ({ documents: found, asked }, { change }) => {
    const matrix = (name) => oracles.csv(change?.name === name ? change.bytes : Buffer.from(FILES[name]));
    const [F, D] = [matrix('F.csv'), matrix('D.csv')];
    const written = Object.entries(found).find(([name]) => name.endsWith('sigma.npy'))?.[1];
    if (!F || !D) return false;
    if (!written) return true;
    const n = F.shape[0];
    const S = oracles.npy(Buffer.from(written, 'base64')).data;
    const strength = asked.flags.noiseStrength ?? 1;
    const size = Math.max(...F.data.map(Math.abs)) * Math.max(...S.map(Math.abs));
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        let sum = -2 * strength * D.data[i * n + j];
        for (let k = 0; k < n; k++) sum += F.data[i * n + k] * S[k * n + j] + S[i * n + k] * F.data[j * n + k];
        if (!(Math.abs(sum) <= 1e-8 * size)) return false;
      }
    return true;
  };

  const goods = COMMANDS.map(({ args }) => ({ args, change: null }));
  return {
    inputs: goods,
    weights: WEIGHTS,
    // SIGINT after this: a request that takes long is stopped as a person would stop it
    patience: 15_000,
    mutate: (good, draw) => {
      const { inputs } = COMMANDS.find(({ args }) => args === good.args);
      if (draw.chance(0.5)) return { args: mutateArguments(good.args, draw), change: null };
      const name = draw.one(inputs === RUN ? (draw.chance(0.3) ? [join('run', 'run.json')] : runFiles) : inputs);
      const bytes = Uint8Array.from(readFileSync(join(whole, name)));
      if (draw.chance(0.07)) return { args: good.args, change: { name, bytes: null } };
      const text = () => new TextDecoder().decode(bytes);
      const yaml = name === 'c.yaml' && draw.chance(0.5);
      const changed = yaml
        ? new TextEncoder().encode(JSON.stringify(mutateTree(parse(text()), draw)))
        : name.endsWith('.csv') && draw.chance(0.4)
          ? new TextEncoder().encode(
              text().replace(/[\d.]+/g, (v) => (draw.chance(0.4) ? draw.one(NUMBERS.slice(0, 11)) : v)),
            )
          : name.endsWith('.json') && draw.chance(0.6)
            ? new TextEncoder().encode(JSON.stringify(mutateTree(JSON.parse(text()), draw)))
            : /\.(csv|yaml)$/.test(name) && draw.chance(0.7)
              ? new TextEncoder().encode(mutateText(text(), draw))
              : mutateBytes(bytes, draw);
      return { args: good.args, change: { name, bytes: changed } };
    },
    read,
    seen: ({ value, input, good }) => {
      if (isDeepStrictEqual(value.documents, good.documents)) return true;
      if (input.change === null) {
        // another request: every number among the flags is one that was written
        if (isDeepStrictEqual(value.asked, good.asked)) return false;
        const numbers = Object.values(value.asked?.flags ?? {}).filter((v) => typeof v === 'number');
        return numbers.every((v) => input.args.some((w) => Number(w.replace(/^--[\w-]+=/, '')) === v));
      }
      if (input.args[0] === 'decompose') return lyapunovHolds(value, input);
      if (input.args[0] === 'simulate') {
        const record = value.documents[join('out', 'simulation.json')];
        return (
          input.change.name !== 'c.yaml' ||
          kept(parse(Buffer.from(input.change.bytes).toString('utf8')), record?.config)
        );
      }
      return settingsAlone(input.change);
    },
  };
}
