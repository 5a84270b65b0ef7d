// npm run bench [-- --quick | --smoke] [--only train,dense,jax,flatness,samples,linalg,chain] [--rounds N] [--out FILE]
// Ours and its peers (bench/peers/README.md) in the same minutes, in turns, one thread each. Prints a table, then the
// same as one JSON document (with --out into FILE). THERMOGRAD_PYTHON names the Python with torch, numpy and scipy,
// THERMOGRAD_PYTHON_JAX one with jax. --quick: fewer rounds, a short chain. --smoke: only checks that everything runs.
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { flops } from './flops.mjs';
import { chainLines, linalgLines } from './long.mjs';
import { ours, peer, ratioOf, timesOf } from './rounds.mjs';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string' },
    out: { type: 'string' },
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
  jax: versus('train-step', { inputs: 'mnist', steps, repeats }, [['recorded', 'scan']], 'train-step-jax'),
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
function versus(command, settings, pairs, peerCommand = command) {
  return () => {
    const [own, other] = [[], []];
    for (let r = 0; r < rounds; r++) {
      own.push(ours('ours.mjs', command, settings)[0]);
      const jax = peerCommand === 'train-step-jax';
      other.push(
        jax && !process.env.THERMOGRAD_PYTHON_JAX
          ? { skipped: 'THERMOGRAD_PYTHON_JAX is not set' }
          : peer(peerCommand, settings, jax ? process.env.THERMOGRAD_PYTHON_JAX : undefined),
      );
    }
    return pairs.map(([ownName, otherName, target]) => {
      const work = flops(command, ownName, own[0]);
      const mine = timesOf(own, ownName);
      return {
        task: `${command}${settings.inputs === 'dense' ? ' (dense)' : ''}, ${ownName}`,
        peer: otherName,
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

const peak = ours('peak.mjs')[0].gflops;
const report = {
  size,
  rounds,
  node: process.version,
  cpu: cpus()[0].model,
  loadBefore: loadavg()[0],
  peakGflops: peak,
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

function rowOf({ task, peer: against, ours: own, theirs, ratio, target, gflops, note }) {
  const what = `${task} | ${against}`.padEnd(66);
  if (!ratio) return `${what} ${time(own.median ?? own.best).padStart(10)}   skipped: ${theirs?.skipped ?? 'no peer'}`;
  const verdict = target === undefined ? '' : ` (wanted ≥ ${target}: ${ratio.median >= target ? 'yes' : 'NO'})`;
  const spread = `${ratio.lowest.toFixed(2)}–${ratio.highest.toFixed(2)}`;
  const rate = gflops ? `${gflops.toFixed(1)} GFLOP/s` : '';
  return `${what} ${time(own.median).padStart(10)} ${time(theirs.median).padStart(10)}  ×${ratio.median.toFixed(2)} [${spread}], best ×${ratio.best.toFixed(2)}${verdict}  ${rate}${note ? `  ${note}` : ''}`;
}
