// node bench/bridge.mjs [--rounds N] [--python PATH] [--out FILE]
// What the bridge to PyTorch costs: a pass asked from here, against the seconds that it took inside Python in the same request
// (what crossing adds), and against the same pass written plainly in PyTorch in another process (what crossing and our way of placing weights
// add). In turns, one thread, float64; the least of the rounds, since other work on the machine only adds. Weights are new at every request, so they cross every time.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openSurface } from '../dist/jobs/bridge/open.js';
import { peers } from './environment.mjs';
import { ONE_THREAD } from './identity.mjs';

const { values: flags } = parseArgs({
  options: { rounds: { type: 'string', default: '7' }, python: { type: 'string' }, out: { type: 'string' } },
});
const { python, skipped } = peers(['torch', 'numpy']);
if (skipped) {
  console.error(`bridge: ${skipped}`);
  process.exit(1);
}
const file = fileURLToPath(new URL('./peers/bridge_peer.py', import.meta.url));

const SIZES = { '42 000 weights': '784-50-50-10:10000', '1 000 000 weights': '784-1000-210-10:4000' };
Object.assign(process.env, ONE_THREAD);

/** Asks the plain passes of a Python of its own for their seconds. */
function plainPeer() {
  const child = spawn(python, [file], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async seconds(pass) {
      child.stdin.write(`${pass}\n`);
      return Number((await lines.next()).value);
    },
    end: () => child.stdin.end(),
  };
}

const rows = [];
for (const [size, shape] of Object.entries(SIZES)) {
  process.env.THERMOGRAD_BENCH = shape;
  const surface = await openSurface(`python:${file}`, { python });
  const plain = plainPeer();
  const block = { name: 'all', ranges: [{ offset: 0, size: surface.size }], size: surface.size };
  const v = Float64Array.from({ length: surface.size }, (_, i) => Math.sin(i));
  const passes = {
    losses: (w) => surface.losses(w, [{ block, direction: v, displacements: [0] }]),
    gradient: (w) => surface.gradient(w),
    hessianVectors: (w) => surface.hessianVectors(w, block, { rows: 1, cols: surface.size, data: v }),
  };
  for (const [pass, ask] of Object.entries(passes)) {
    const asked = [];
    for (let round = -1; round < Number(flags.rounds); round++) {
      const w = surface.weights.map((x) => x * (1 + 1e-6 * round));
      const before = surface.secondsInside();
      const start = performance.now();
      await ask(w);
      const outside = (performance.now() - start) / 1000;
      const inside = surface.secondsInside() - before;
      const alone = await plain.seconds(pass);
      if (round >= 0) asked.push({ outside, inside, alone });
    }
    const of = (value) => Math.min(...asked.map(value));
    rows.push({
      size,
      pass,
      seconds: of((a) => a.outside),
      crossing: of((a) => a.outside / a.inside - 1),
      crossingSeconds: of((a) => a.outside - a.inside),
      againstPlain: of((a) => a.outside) / of((a) => a.alone) - 1,
    });
  }
  plain.end();
  await surface.close();
}
const percent = (x) => `${(100 * x).toFixed(1)} %`;
console.log('                                        a pass   crossing adds      against plain PyTorch');
for (const { size, pass, seconds, crossing, crossingSeconds, againstPlain } of rows)
  console.log(
    `${size.padEnd(20)}${pass.padEnd(16)}${(1000 * seconds).toFixed(0).padStart(7)} ms` +
      `${percent(crossing).padStart(9)} (${(1000 * crossingSeconds).toFixed(1)} ms)${percent(againstPlain).padStart(14)}`,
  );
if (flags.out) {
  const machine = { cpu: cpus()[0].model, load: loadavg(), rounds: Number(flags.rounds), python };
  writeFileSync(flags.out, `${JSON.stringify({ machine, rows }, null, 1)}\n`);
}
