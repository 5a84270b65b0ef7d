// The experiment on a synthetic set whose truth is known: train, record, principal directions, flatness, fit. Seconds.
// Usage: node examples/teacher.mjs [FOLDER]
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readResults, reproduceIvf2021 } from 'thermograd';

const out = process.argv[2] ?? join(mkdtempSync(join(tmpdir(), 'thermograd-')), 'run');
const config = {
  data: { set: 'teacher', teacher: { network: { widths: [20, 16, 4] }, train: 1000, labelNoise: 0.1 } },
  network: { widths: [20, 12, 12, 4] },
  training: { batchSize: 20, stop: { rule: 'epochs', epochs: 20 } },
  analysis: { directions: 'all', profiles: [1, 5, 20] },
};
const { folder } = await reproduceIvf2021(config, { out });
const { findings } = readResults(folder);
for (const { claim, measured, verdict } of findings) {
  console.log(`${claim}\n  ${measured.value.toPrecision(3)} ± ${measured.standardError.toPrecision(2)}: ${verdict}`);
}
console.log(`open ${join(folder, 'report.html')}`);
