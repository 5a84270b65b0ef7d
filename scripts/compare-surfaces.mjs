// node scripts/compare-surfaces.mjs RECORDING [--python PATH] [--make FILE.py:make] [--data mnist] [--limit N] [--directions N]
// [--out FILE]
// Measures one recording of a network in PyTorch twice, through the bridge to PyTorch and through the float64 kernels of this package,
// and prints how far apart the results are: the loss, F along every direction, H, C1, the traces, and the verdicts. The two sides share
// the weights and the raw images, and no code. A third measurement is made as runs of this program make theirs: at the centre rounded
// to float32, with losses along lines in float32. Only its widths and verdicts are judged, since the point is another one.
// --directions thins the principal directions, half of them from ranks up to 50. The exit code is 1 when a number is farther apart than
// it may be, or a verdict differs.
// The model has layers without biases, rectifiers between them, and cross-entropy, as examples/pytorch/mlp.py has.
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { recordingFindings } from '../dist/experiments/recording/findings.js';
import { RECORDING_WORK } from '../dist/experiments/recording/job.js';
import { align } from '../dist/experiments/recording/surface/align.js';
import { measureRecorded } from '../dist/experiments/recording/surface/stage.js';
import { openSurface } from '../dist/jobs/bridge/open.js';
import { trainedState } from '../dist/jobs/bridge/trained.js';
import { kernelBuild } from '../dist/kernels/load.js';
import { chooseProvider, loadDataset, networkSurface, randomKey } from '../dist/parts.js';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string' },
    make: { type: 'string', default: `${fileURLToPath(new URL('../examples/pytorch/mlp.py', import.meta.url))}:make` },
    data: { type: 'string', default: 'mnist' },
    limit: { type: 'string' },
    directions: { type: 'string' },
    out: { type: 'string' },
  },
});
const [recording] = positionals;
if (recording === undefined) {
  console.error('compare-surfaces: needs the folder of a recording; see the head of the script.');
  process.exit(2);
}
if (flags.limit) process.env.THERMOGRAD_LIMIT = flags.limit;
Object.assign(process.env, { OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' });

/** How far apart two results may be, relative to their size. */
const ALLOWED = { loss: 1e-8, flatness: 1e-4, matrices: 1e-6 };

const bridge = await openSurface(`python:${flags.make}`, flags.python ? { python: flags.python } : {});
const { weights, notes } = await trainedState(bridge, recording);
const { train: samples } = await loadDataset(flags.data, flags.limit ? { limit: Number(flags.limit) } : {});
const widths = [bridge.parameters[0].shape[1], ...bridge.parameters.map((p) => p.shape[0])];
const spec = { widths, activation: 'relu', bias: false, loss: 'cross-entropy' };
/** The kernels under the names that the parameters have in PyTorch. */
const kernels = (lines) => ({ ...networkSurface({ spec, samples, lines }), parameters: bridge.parameters });
/** A surface at the point rounded to float32, whatever point is asked. */
const rounded = (surface) =>
  Object.fromEntries(
    Object.entries(surface).map(([name, own]) => [
      name,
      typeof own === 'function' && name !== 'close'
        ? (w, ...rest) => own(Float64Array.from(w, Math.fround), ...rest)
        : own,
    ]),
  );

const la = await chooseProvider({ prefer: 'auto' });
const job = { path: recording, options: {}, seed: 0, budget: 1e9, provider: 'auto', kernelBuild: kernelBuild() };
const whole = await RECORDING_WORK.run(job, undefined, () => {});
const answer = { ...whole, directions: thinned(whole.directions, Number(flags.directions ?? 1e9)) };
const { measured, directions } = answer;
const variances = measured.pca.variances;
const { centre, block, ...own } = align(bridge, weights, {
  ...directions,
  parameters: measured.recording.parameters,
  variances,
});

/** Keeps about n directions, half of them from ranks 1 to 50, evenly in their list. */
function thinned({ ranks, components, mean }, n) {
  const groups = [(r) => r <= 50, (r) => r > 50].map((in_) => Array.from(ranks.keys()).filter((k) => in_(ranks[k])));
  const some = (list) => {
    const count = Math.min(list.length, Math.ceil(n / 2));
    return Array.from({ length: count }, (_, i) => list[Math.round((i * (list.length - 1)) / Math.max(1, count - 1))]);
  };
  const kept = groups.flatMap(some);
  const P = mean.length;
  const rows = new Float64Array(kept.length * P);
  for (const [i, k] of kept.entries()) rows.set(components.subarray(k * P, (k + 1) * P), i * P);
  return { ranks: kept.map((k) => ranks[k]), components: rows, mean };
}

/** Measures all of it over all samples. */
async function measure(name, surface) {
  const start = performance.now();
  const found = await measureRecorded(answer, {
    model: { surface, weights, notes },
    state: undefined,
    blocks: [],
    budgetSeconds: undefined,
    now: () => performance.now() / 1000,
    key: randomKey(0).child('recording'),
    la,
    signal: undefined,
    onPlan: () => {},
    onProgress: (_, what, share) => process.stderr.write(`${name}: ${what} ${Math.round(100 * share)} %\n`),
  });
  const seconds = (performance.now() - start) / 1000;
  const moment = await surface.secondMoment(centre, block);
  const { gradient } = await surface.gradient(centre);
  const products = await surface.hessianVectors(centre, block, own.directions.vectors);
  const findings = recordingFindings({ ...measured, surface: found });
  return { name, seconds, found: found.measured, covariance: centred(moment, gradient), products, findings };
}

/** Returns C1 = the second moment − g gᵀ. */
function centred({ rows, data }, gradient) {
  const g = block.ranges.flatMap(({ offset, size }) => Array.from(gradient.subarray(offset, offset + size)));
  return data.map((x, i) => x - g[Math.floor(i / rows)] * g[i % rows]);
}

const relative = (a, b) => (a === b ? 0 : Math.abs(a - b) / Math.abs(b));
/** The largest difference over the largest entry. */
function apart(a, b) {
  let [worst, top] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    worst = Math.max(worst, Math.abs(a[i] - b[i]));
    top = Math.max(top, Math.abs(b[i]));
  }
  return worst / top;
}
/** The largest relative difference of two lists of numbers. */
const each = (a, b) => a.reduce((most, x, i) => Math.max(most, relative(x, b[i])), 0);

/** Compares a measurement with that of the kernels, quantity by quantity. */
function compare(own, other) {
  const [a, b] = [own.found.blocks[0], other.found.blocks[0]];
  const [da, db] = [a.flatness.directions, b.flatness.directions];
  const closed = da.flatMap((d, i) => (d.open === null && db[i].open === null ? [i] : []));
  const sides = da.filter((d, i) => d.open !== db[i].open).length;
  const of = (list, value) => closed.map((i) => value(list[i]));
  const verdicts = own.findings.filter((f, i) => f.verdict !== other.findings[i].verdict);
  const value = (e) => e.value;
  return [
    row('loss at the centre (nat)', own.found.loss.value, other.found.loss.value, ALLOWED.loss),
    row('norm of the gradient', own.found.gradientNorm, other.found.gradientNorm, ALLOWED.matrices),
    list(
      `F along ${closed.length} closed directions`,
      of(da, (d) => d.flatness.value),
      of(db, (d) => d.flatness.value),
      ALLOWED.flatness,
    ),
    { what: 'directions that are open on another side', own: sides, other: 0, apart: sides, allowed: 0 },
    list(
      `h along ${da.length} directions`,
      da.map((d) => d.curvature.value),
      db.map((d) => d.curvature.value),
      ALLOWED.matrices,
    ),
    entries(`H p for ${da.length} directions`, own.products.data, other.products.data),
    entries('H in the span of the directions', a.plane.hessian, b.plane.hessian),
    entries('C₁ in the span of the directions', a.plane.covariance, b.plane.covariance),
    entries(`C₁, ${block.size} × ${block.size}`, own.covariance, other.covariance),
    list(
      `${a.spectrum.top.length} largest eigenvalues of H`,
      a.spectrum.top.map((m) => m.curvature.value),
      b.spectrum.top.map((m) => m.curvature.value),
      ALLOWED.matrices,
    ),
    row('Tr H (Hutchinson, the same probes)', a.spectrum.trace.value, b.spectrum.trace.value, ALLOWED.matrices),
    row('Tr C₁', a.noise.trace.value, b.noise.trace.value, ALLOWED.matrices),
    row('Tr C₁/|g|²', a.noise.simple.value, b.noise.simple.value, ALLOWED.matrices),
    row('critical batch', value(a.noise.critical), value(b.noise.critical), ALLOWED.matrices),
    ...own.findings.map((f, i) => ({
      what: f.id,
      own: f.measured.value,
      other: other.findings[i].measured.value,
      apart: relative(f.measured.value, other.findings[i].measured.value),
      verdicts: [f.verdict, other.findings[i].verdict],
    })),
    { what: 'verdicts that differ', own: verdicts.length, other: 0, apart: verdicts.length, allowed: 0 },
  ];
}

const row = (what, own, other, allowed) => ({ what, own, other, apart: relative(own, other), allowed });
const list = (what, own, other, allowed) => ({
  what,
  own: Math.max(...own),
  other: Math.max(...other),
  apart: each(own, other),
  allowed,
});
const entries = (what, own, other) => ({
  what,
  own: top(own),
  other: top(other),
  apart: apart(own, other),
  allowed: ALLOWED.matrices,
});
const top = (values) => values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

const results = [];
try {
  results.push(await measure('bridge', bridge));
} finally {
  await bridge.close();
}
for (const [name, surface] of [
  ['kernels', kernels('float64')],
  ['kernels as in runs', rounded(kernels('float32'))],
]) {
  results.push(await measure(name, surface));
  await surface.close();
}
const [throughBridge, exact, single] = results;
const rows = compare(throughBridge, exact);
const judged = (row) => row.allowed === ALLOWED.flatness || row.allowed === 0;
const others = compare(throughBridge, single).map((r) => (judged(r) ? r : { ...r, allowed: undefined }));

const number = (x) => (Number.isInteger(x) ? String(x) : Number.isFinite(x) ? x.toPrecision(8) : '–');
const short = (x) =>
  Number.isFinite(x) ? (x === 0 ? '0' : Number.isInteger(x) ? String(x) : x.toExponential(1)) : '–';
console.log(`| quantity | bridge | kernels | apart | may be | apart from kernels as in runs |`);
console.log('|---|---|---|---|---|---|');
rows.forEach(({ what, own, other, apart, allowed, verdicts }, i) => {
  const may = verdicts ? [...new Set(verdicts)].join(' / ') : short(allowed);
  console.log(`| ${what} | ${number(own)} | ${number(other)} | ${short(apart)} | ${may} | ${short(others[i].apart)} |`);
});
console.log(
  `\n${samples.count} samples, ${block.size} of ${weights.length} weights, ${throughBridge.found.blocks[0].flatness.directions.length} directions; ${cpus()[0].model}, one thread each. ` +
    results.map((r) => `${r.name}: ${r.seconds.toFixed(0)} s`).join('; '),
);
const failed = [...rows, ...others].filter((r) => r.allowed !== undefined && !(r.apart <= r.allowed));
for (const { what, apart, allowed } of failed)
  console.error(`${what}: ${short(apart)} apart, and ${short(allowed)} is allowed.`);
if (flags.out) {
  const seconds = Object.fromEntries(results.map((r) => [r.name, r.seconds]));
  writeFileSync(
    flags.out,
    `${JSON.stringify({ facts: bridge.facts, samples: samples.count, seconds, rows, singleLines: others }, null, 1)}\n`,
  );
}
process.exitCode = failed.length > 0 ? 1 : 0;
