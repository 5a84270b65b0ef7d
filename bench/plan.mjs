// Networks of layers in the plan machine and in PyTorch (bench/peers/plan_peer.py), one thread each, in turns, so that neighbours on
// the machine slow both sides of a round alike. Prints for each task the median of the rounds' ratios (above 1 ours is faster), by
// wall and by processor time, and the share of the core's peak (bench/peak.mjs) that the kernel reaches; flops are those of dense
// layers, so that mlp-step, which skips zeros, may pass 1.
// Usage: node bench/plan.mjs [--rounds 5] [--only lenet-step,…] [--python PATH]   (after npm run build)
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { peers } from './environment.mjs';
import { ONE_THREAD, unfairTo } from './identity.mjs';
import { DATA, median } from './rounds.mjs';

const { values: flags } = parseArgs({
  options: { rounds: { type: 'string' }, only: { type: 'string' }, python: { type: 'string' } },
});
const rounds = Number(flags.rounds ?? 5);
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

function line(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    env: { ...process.env, ...ONE_THREAD },
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (status === 0) return JSON.parse(stdout.trim().split('\n').at(-1));
  return { skipped: stderr.trim().split('\n').at(-1) };
}

/** Task, its counterpart, units of one repeat, the type of its numbers, and the ratio to reach. */
const tasks = [
  { task: 'lenet-step', count: 20, type: 'f32', goal: 1.5 },
  { task: 'cnn-step', count: 10, type: 'f32', goal: 1 },
  { task: 'resnet8-step', count: 4, type: 'f32', goal: 1 },
  { task: 'mlp-step', count: 200, type: 'f32' },
  { task: 'mlp-step', other: 'mlp-step-today', count: 200, type: 'f32', goal: 0.95 },
  { task: 'lenet-gradient', count: 5000, type: 'f64', goal: 0.7 },
  { task: 'sample-gradients', count: 20, type: 'f32', goal: 3 },
  { task: 'sample-norms', count: 20, type: 'f64', goal: 3 },
].filter(({ task }) => !flags.only || flags.only.split(',').includes(task));

const { python, identity, skipped: withoutPeer } = peers(['torch', 'numpy']);
const unfair = identity && unfairTo(identity, ['torch']);
const peak = line(process.execPath, [here('peak.mjs')]).gflops;
for (const { task, other, count, type, goal } of tasks) {
  const [wall, cpu, rates] = [[], [], []];
  let skipped;
  let name = other ?? 'PyTorch';
  for (let r = 0; r < rounds && !skipped; r++) {
    const settings = JSON.stringify({ count, repeats: 5 });
    const own = line(process.execPath, [here('plan-ours.mjs'), task, settings]);
    const peer = other
      ? line(process.execPath, [here('plan-ours.mjs'), other, settings])
      : withoutPeer
        ? { skipped: withoutPeer }
        : line(python, [here('peers/plan_peer.py'), task, '--data', DATA, '--count', String(count)]);
    skipped = own.skipped ?? peer.skipped;
    if (skipped) break;
    if (peer.torch) name = identity.labels.torch;
    wall.push(peer.seconds / own.seconds);
    cpu.push(peer.cpu / own.cpu);
    rates.push([own.cpu, own.flops / own.cpu / 1e9]);
  }
  if (skipped) {
    console.log(JSON.stringify({ task, skipped }));
    continue;
  }
  const best = Math.max(...rates.map(([, rate]) => rate));
  console.log(
    JSON.stringify({
      task,
      against: name,
      ...(!other && unfair && { unfair }),
      ratio: +median(wall).toFixed(2),
      cpuRatio: +median(cpu).toFixed(2),
      goal,
      rounds: wall.length,
      bestMilliseconds: +(1e3 * Math.min(...rates.map(([s]) => s))).toPrecision(4),
      gflops: +best.toFixed(1),
      shareOfPeak: +(best / (peak[`${type} fma`] ?? peak[type])).toFixed(2),
    }),
  );
}
