// node bench/growth.mjs [--quick] [--rounds N] [--only NAME,…] [--out FILE.json] [--figure FILE.svg] [--draw FILE.json]
// How processor time and peak memory grow with the width of the hidden layers, the number of samples, and the length of the window,
// against the operations and bytes that the algorithms count (bench/growth-stages.mjs). Each point is a process of its own on one thread,
// with the embedded kernels; rounds are interleaved, and the least processor time of a point counts, since other work on the machine only adds.
//
// The exponent is that of a straight line through the logarithms of time (memory) against the logarithms of the count, by least squares,
// its error from the residuals. RULE: a stage grows faster than its count where the exponent exceeds 1 by more than 0.05 and by more than
// two standard errors, or where time per operation at the largest size exceeds the least of its axis by more than 1.5 times. For memory the
// same holds of the exponent, and the largest size must need more than 1.5 times its bytes as well: small sizes need fewer than theirs, because
// pages that were freed before are used again. Points that need less than 16 MB do not count, since the engine's heap moves by some megabytes. Where the count hardly changes along an
// axis (by less than 1.5 times) there is no exponent, and only the second half of the rule holds.
// --quick: small sizes, one round. --draw: draws the figure of a document that --out wrote.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fitLine, judge } from './growth-fit.mjs';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string' },
    out: { type: 'string' },
    figure: { type: 'string' },
    draw: { type: 'string' },
    point: { type: 'string' },
  },
});

if (flags.point) {
  // one point in a process of its own
  const { measurePoint } = await import('./growth-stages.mjs');
  console.log(JSON.stringify(await measurePoint(JSON.parse(flags.point))));
} else {
  const report = flags.draw ? JSON.parse(readFileSync(flags.draw, 'utf8')) : await run();
  if (flags.figure) {
    const { growthFigure } = await import('./growth-figure.mjs');
    writeFileSync(flags.figure, `${growthFigure(report)}\n`);
  }
}

async function run() {
  const { stages } = await import('./growth-stages.mjs');
  const rounds = Number(flags.rounds ?? (flags.quick ? 1 : 2));
  if (!Number.isInteger(rounds) || rounds < 1)
    return refuse(`--rounds must be a whole number from 1; got ${flags.rounds}.`);
  const all = stages(flags.quick);
  const wanted = flags.only?.split(',') ?? all.map((s) => s.name);
  for (const name of wanted)
    if (!all.some((s) => s.name === name))
      return refuse(`there is no stage '${name}'; there are ${[...new Set(all.map((s) => s.name))].join(', ')}.`);
  const chosen = all.filter((s) => wanted.includes(s.name));
  const report = {
    cpu: cpus()[0].model,
    node: process.version,
    quick: flags.quick,
    rounds,
    load: [loadavg()[0]],
    series: [],
  };
  const seen = chosen.map((s) => s.sizes.map(() => []));
  for (let r = 0; r < rounds; r++)
    for (const [k, s] of chosen.entries())
      for (const [i, size] of s.sizes.entries())
        seen[k][i].push(child({ quick: flags.quick, name: s.name, axis: s.axis, size }));
  report.load.push(loadavg()[0]);
  for (const [k, { name, axis, sizes }] of chosen.entries()) {
    const points = sizes.map((size, i) => {
      const { count, bytes } = seen[k][i][0];
      const of = (key) => Math.min(...seen[k][i].map((p) => p[key]));
      return { size, count, bytes, cpu: of('cpu'), cpus: seen[k][i].map((p) => p.cpu), memory: of('memory') };
    });
    const varies = (list, key) => Math.max(...list.map((p) => p[key])) > 1.5 * Math.min(...list.map((p) => p[key]));
    const time = varies(points, 'count') ? fitLine(points.map((p) => [p.count, p.cpu])) : undefined;
    const large = points.filter((p) => p.memory > 16e6);
    const memory =
      large.length >= 3 && varies(large, 'bytes') ? fitLine(large.map((p) => [p.bytes, p.memory])) : undefined;
    report.series.push({ name, axis, points, time, memory, verdict: judge(points, time, memory) });
  }
  print(report);
  if (flags.out) writeFileSync(flags.out, `${JSON.stringify(report, null, 1)}\n`);
  return report;
}

function refuse(text) {
  console.error(`growth: ${text}`);
  process.exit(2);
}

function child(point) {
  const args = ['--expose-gc', fileURLToPath(import.meta.url), '--point', JSON.stringify(point)];
  const done = spawnSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  if (done.status !== 0) throw new Error(`growth: ${JSON.stringify(point)} failed: ${done.stderr}`);
  return JSON.parse(done.stdout.trim().split('\n').at(-1));
}

function print({ cpu, node, rounds, load, series }) {
  const number = (x, digits = 3) => Number(x.toPrecision(digits)).toString();
  const fit = (f) => (f ? `${f.exponent.toFixed(2)} ± ${f.error.toFixed(2)}` : '–');
  console.log(
    `${cpu}, Node ${node}, one thread, ${rounds} rounds, load ${load.map((l) => l.toFixed(1)).join(' to ')}\n`,
  );
  console.log(
    '| stage | grows with | sizes | Gflop | processor seconds | exponent of time | MB | exponent of memory | faster than its count |',
  );
  console.log('|---|---|---|---|---|---|---|---|---|');
  for (const { name, axis, points, time, memory, verdict } of series) {
    const ends = (of, digits) => [points[0], points.at(-1)].map((p) => number(of(p), digits)).join(' → ');
    console.log(
      `| ${name} | ${axis} | ${points.map((p) => p.size).join(', ')} | ${ends((p) => p.count / 1e9)} | ${ends((p) => p.cpu)} | ${fit(time)} | ` +
        `${ends((p) => p.memory / 1e6, 2)} | ${fit(memory)} | ${verdict ?? 'no'} |`,
    );
  }
}
