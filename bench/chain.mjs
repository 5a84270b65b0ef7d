// The whole experiment once, through the library: seconds of each stage, peak resident memory, results. Usage: node
// bench/chain.mjs '{"preset":"standard","directions":"all","provider":"embedded"}'
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readResults, reproduceIvf2021 } from '../dist/parts.js';

const { preset = 'standard', directions = 'all', provider = 'auto', seed = 0 } = JSON.parse(process.argv[2] ?? '{}');
const scratch = mkdtempSync(join(tmpdir(), 'thermograd-bench-'));
try {
  const start = performance.now();
  const config = { preset, seed, provider, workers: 1, analysis: { directions, memoryBudget: 1_500_000_000 } };
  // processor seconds between the first words of one stage and of the next
  const cpu = {};
  let [stage, at] = ['start', 0];
  const turn = (next) => {
    const { user, system } = process.cpuUsage();
    cpu[stage] = (cpu[stage] ?? 0) + (user + system - at) / 1e6;
    [stage, at] = [next, user + system];
  };
  const onProgress = (progress) => progress.stage !== stage && turn(progress.stage);
  const { folder, record } = await reproduceIvf2021(config, { out: join(scratch, 'run'), onProgress });
  turn('end');
  const seconds = (performance.now() - start) / 1000;
  const { analysis, findings } = readResults(folder);
  const { user, system } = process.cpuUsage();
  const line = {
    command: 'chain',
    seconds,
    cpuSeconds: (user + system) / 1e6,
    peakBytes: 1024 * process.resourceUsage().maxRSS,
    linearAlgebra: record.linearAlgebra,
    kernel: record.kernelBuild,
    stagesCpu: cpu,
    stages: Object.fromEntries(Object.entries(record.stages).map(([name, s]) => [name, s.seconds])),
    epochsBeforeWindow: analysis.curves.window[0] - 1,
    steps: analysis.pca.T,
    directions: analysis.flatness.directions.length,
    evaluations: analysis.flatness.directions.reduce((sum, d) => sum + d.evaluations, 0),
    centreLoss: analysis.flatness.centreLoss,
    psi: findings.find((f) => f.id === 'ivf.psi')?.measured.value,
  };
  console.log(JSON.stringify(line));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
