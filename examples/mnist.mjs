// MNIST, a first look with a tenth of the images and the shortest preset: the fit, and how it changes with its range.
// Usage: node examples/mnist.mjs [FOLDER]
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readResults, reproduceIvf2021 } from 'thermograd';

const out = process.argv[2] ?? join(mkdtempSync(join(tmpdir(), 'thermograd-')), 'run');
const config = { preset: 'quick', data: { set: 'mnist', limit: 6000 }, analysis: { directions: 40 } };
const { folder } = await reproduceIvf2021(config, { out });

const { pca, flatness, scaling } = readResults(folder).analysis;
console.log(`${pca.T} steps of ${pca.P} weights; loss at the centre ${flatness.centreLoss.toPrecision(3)}`);
console.log('rank  variance   flatness');
for (const d of flatness.directions.filter((_, k) => k % 8 === 0)) {
  console.log(String(d.index).padStart(4), d.variance.toExponential(2), d.flatness?.toFixed(3) ?? `open ${d.open}`);
}
for (const { label, fit } of scaling.varianceFlatnessRanges) {
  const { value, standardError } = fit.exponent;
  console.log(`psi = ${(-value).toFixed(2)} ± ${standardError.toFixed(2)}  (${label}, ${fit.points} directions)`);
}
