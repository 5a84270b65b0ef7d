// npm run bench [-- --quick | --smoke] [--only train,dense,jax,flatness,samples,linalg,chain] [--rounds N] [--out FILE]
// Ours and its peers (bench/peers/README.md) in the same minutes, in turns, one thread each. Prints what the peers compute with, a table,
// then the same as one JSON document (with --out into FILE). The peers come from the environment that bench/environment.mjs makes, or
// from the Python that --python PATH or THERMOGRAD_PYTHON names. A ratio against a crippled BLAS carries that sentence and is not judged.
// --quick: fewer rounds, a short chain. --smoke: only checks that everything runs, with the Python that is there.
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { peers } from './environment.mjs';
import { flops } from './flops.mjs';
import { unfairTo } from './identity.mjs';
import { chainLines, linalgLines } from './long.mjs';
import { ours, peer, ratioOf, timesOf } from './rounds.mjs';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string' },
    out: { type: 'string' },
    python: { type: 'string' },
    base: { type: 'string' },
  },
});
const size = flags.smoke ? 'smoke' : flags.quick ? 'quick' : 'full';
const rounds = Number(flags.rounds ?? { smoke: 1, quick: 3, full: 7 }[size]);
const repeats = { smoke: 1, quick: 3, full: 5 }[size];
const steps = { smoke: 200, quick: 1200, full: 2400 }[size];

/** The sections: what runs, and which variants are compared, with the ratio to reach. */
const sections = {
  train: versus('train-step', { inputs: 'mnist', steps, repeats }, [
    ['recorded', 'module', 3],
    ['recorded', 'functional', 3],
    ['recorded', 'manual'],
  ]),
  dense: versus('train-step', { inputs: 'dense', steps, repeats }, [
    ['recorded', 'module', 1.3],
    ['recorded', 'functional', 1.3],
    ['recorded', 'manual'],
  ]),
  jax: versus('train-step', { inputs: 'mnist', steps, repeats }, [['recorded', 'scan']], 'jax'),
  flatness: versus('flatness-eval', { repeats, evaluations: 10 }, [
    ['oneByOne', 'cachedActivationsPlain', 5],
    ['oneByOne', 'cachedActivationsBlocked', 5],
    ['oneByOne', 'cachedAffinePlain'],
    ['oneByOne', 'cachedAffineBlocked'],
    ['together', 'cachedActivationsBlocked'],
    ['together', 'cachedAffineBlocked'],
    ['aim', 'aimBlocked'],
  ]),
  samples: versus('per-sample-grads', { repeats, samples: 1000 }, [
    ['oneBatch', 'forwardBackwardEinsum', 1],
    ['oneBatch', 'forwardBackwardMultiplyInto'],
    ['batchesOf100', 'forwardBackwardEinsum', 1],
  ]),
  linalg: () => linalgLines(size, rounds),
  chain: () => chainLines(size),
};

/** Makes a section of rounds in turns: ours, peer, ours, peer, … */
function versus(command, settings, pairs, library = 'torch') {
  return () => {
    const [own, other] = [[], []];
    const needs = [library, 'numpy'];
    const { identity } = peers(needs);
    const unfair = identity && unfairTo(identity, [library]);
    for (let r = 0; r < rounds; r++) {
      own.push(ours('ours.mjs', command, settings)[0]);
      other.push(peer(library === 'jax' ? `${command}-jax` : command, settings, needs));
    }
    return pairs.map(([ownName, otherName, target]) => {
      const work = flops(command, ownName, own[0]);
      const mine = timesOf(own, ownName);
      return {
        task: `${command}${settings.inputs === 'dense' ? ' (dense)' : ''}, ${ownName}`,
        peer: `${identity?.labels[library] ?? library}, ${otherName}`,
        ...(unfair && { unfair }),
        unit: mine.unit,
        ours: mine,
        theirs: timesOf(other, otherName) ?? { skipped: other[0].skipped },
        ratio: ratioOf(own, ownName, other, otherName),
        target,
        flops: work.done,
        gflops: work.done / mine.best / 1e9,
        ...(work.dense !== work.done && { denseFlops: work.dense }),
      };
    });
  };
}

const wanted =
  flags.only?.split(',') ??
  Object.keys(sections).filter((s) => !(size === 'smoke' && ['linalg', 'chain', 'jax'].includes(s)));
for (const name of wanted) {
  if (!(name in sections)) {
    console.error(`bench: there is no section '${name}'; there are ${Object.keys(sections).join(', ')}.`);
    process.exit(2);
  }
}

const { identity, skipped } = peers([], { install: size !== 'smoke' });
const peak = ours('peak.mjs')[0].gflops;
const report = {
  size,
  rounds,
  node: process.version,
  cpu: cpus()[0].model,
  loadBefore: loadavg()[0],
  peakGflops: peak,
  peers: identity ?? { skipped },
  lines: [],
};
console.log(
  `${report.cpu}, Node ${report.node}, load ${report.loadBefore.toFixed(1)} before the start; one thread each, ${rounds} rounds in turns`,
);
console.log(
  `peak of one core in 128-bit WebAssembly, GFLOP/s: ${Object.entries(peak)
    .map(([k, v]) => `${k} ${v}`)
    .join(', ')}`,
);
for (const name of wanted) {
  const lines = sections[name]();
  report.lines.push(...lines);
  console.log(`\n${name}`);
  for (const line of lines) console.log(rowOf(line));
}
report.loadAfter = loadavg()[0];
const json = JSON.stringify(report, (_, v) => (typeof v === 'number' && !Number.isInteger(v) ? +v.toPrecision(4) : v));
if (flags.out) writeFileSync(flags.out, `${json}\n`);
else console.log(`\n${json}`);

function time(seconds) {
  if (seconds === undefined) return '-';
  if (seconds >= 1) return `${seconds.toFixed(2)} s`;
  return seconds >= 1e-3 ? `${(seconds * 1e3).toFixed(2)} ms` : `${(seconds * 1e6).toFixed(2)} µs`;
}

function rowOf({ task, peer: against, ours: own, theirs, ratio, target, gflops, note, unfair }) {
  const what = `${task} | ${against}`.padEnd(66);
  if (!ratio) return `${what} ${time(own.median ?? own.best).padStart(10)}   skipped: ${theirs?.skipped ?? 'no peer'}`;
  const verdict =
    target === undefined || unfair
      ? ''
      : ` (wanted ≥ ${target}: ${(ratio.cpu ?? ratio.median) >= target ? 'yes' : 'NO'})`;
  const spread = `${ratio.lowest.toFixed(2)}–${ratio.highest.toFixed(2)}`;
  const processor = ratio.cpu
    ? `, processor ×${ratio.cpu.toFixed(2)} [${ratio.cpuLowest.toFixed(2)}–${ratio.cpuHighest.toFixed(2)}]`
    : '';
  const rate = gflops ? `${gflops.toFixed(1)} GFLOP/s` : '';
  return `${what} ${time(own.median).padStart(10)} ${time(theirs.median).padStart(10)}  ×${ratio.median.toFixed(2)} [${spread}], best ×${ratio.best.toFixed(2)}${processor}${verdict}  ${rate}${note ? `  ${note}` : ''}${unfair ? `  NOT A FAIR RATIO: ${unfair}` : ''}`;
}
