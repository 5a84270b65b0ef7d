/** Small folders of results, written by hand, for the live page and its server. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeNpy } from '../../src/record/npy.js';

interface Numbers {
  readonly psi: number;
  readonly error: number;
  readonly seed: number;
}

const SVG = `<svg role="img" aria-label="Variance against flatness" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 560 380" width="560" height="380" class="tg-figure" onload="globalThis.hurt = 1"><title>Variance against flatness</title><style>.tg-figure{color:#1b1f24}</style><script>globalThis.hurt = 1;</script>
<g aria-label="y-axis tick label" transform="translate(-9,0)"><text transform="translate(70,340)" y="0.32em"><tspan>10</tspan><tspan font-size="9" dy="-4">−4</tspan></text><text transform="translate(70,40)" y="0.32em"><tspan>10</tspan><tspan font-size="9" dy="-4">−1</tspan></text></g>
<g aria-label="y-axis label"><text>variance σ</text></g>
<g aria-label="x-axis tick label"><text transform="translate(70,340)">1</text><text transform="translate(305,340)">10</text><text transform="translate(540,340)">100</text></g>
<g aria-label="x-axis label"><text>flatness F (weight)</text></g>
<rect aria-label="frame" x="70" y="40" width="470" height="300" fill="none" stroke="#69717c"/>
<g aria-label="line" stroke="#b84a0d" fill="none"><path d="M70,45L500,340"/></g>
<g aria-label="dot" fill="#0a63a8">DOTS</g></svg>`;

/** Rows of flatness.csv: F = 1 … 100, σ² = 0.1 / F^1.5. */
const rows = Array.from({ length: 12 }, (_, i) => {
  const flatness = 10 ** ((2 * i) / 11);
  return { index: i + 1, flatness, variance: 0.1 * flatness ** -1.5 };
});
const dots = rows.map(({ flatness, variance }) => {
  const [x, y] = [70 + 235 * Math.log10(flatness), 40 + 100 * (-1 - Math.log10(variance))];
  return `<circle cx="${x.toFixed(2)}" cy="${y.toFixed(2)}" r="3"/>`;
});

/** Returns the files of a run of ivf2021 with two findings, one figure and its table. */
export function runFiles({ psi, error, seed }: Numbers): Map<string, string> {
  const finding = (id: string, value: number, standardError: number, verdict: string, claim: string) => ({
    id,
    claim,
    source: 'ivf2021 [P4]',
    measured: { value, standardError, n: 60, method: 'orthogonal regression', converged: true },
    unit: '',
    stated: 'psi ≈ 4',
    verdict,
    reason: `It is ${value}, as measured by hand.`,
  });
  const findings = [
    finding('ivf.psi', psi, error, 'reproduced', 'The variance falls with the width of the valley.'),
    finding('ivf.gamma', 2.5, 0.25, 'not decidable with this run', 'The ranked variances fall as a power.'),
  ];
  const config = {
    preset: 'quick',
    seed,
    data: { set: 'teacher' },
    network: { widths: [16, 12, 10, 4] },
    training: { learningRate: 0.1, batchSize: 20, momentum: 0, sampling: 'shuffled' },
    record: { layer: 'layer2' },
    workers: 1,
  };
  const record = {
    format: 'thermograd run',
    folderVersion: 2,
    thermograd: '0.1.0',
    config,
    stages: { report: { status: 'done', seconds: 1 } },
  };
  const table = ['index,variance,flatness', ...rows.map((r) => `${r.index},${r.variance},${r.flatness}`)].join('\n');
  return new Map([
    ['run.json', JSON.stringify(record)],
    ['findings.json', JSON.stringify(findings)],
    ['report.json', JSON.stringify({ title: `A run with seed ${seed}` })],
    ['report.html', '<!doctype html><title>A report</title><script>globalThis.hurt = 1</script><p>It stands alone.'],
    ['figures/variance-flatness.svg', SVG.replace('DOTS', dots.join(''))],
    ['tables/flatness.csv', `${table}\n`],
  ]);
}

/** Writes a run into a folder. */
export function writeRun(folder: string, numbers: Numbers): void {
  for (const [name, text] of runFiles(numbers)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/** The bytes of a .npy file with rows of a walk whose variance along the first column is four times that of the second. */
export function recordedRows(steps = 400): Uint8Array {
  const data = new Float64Array(steps * 3);
  for (let t = 0; t < steps; t++) {
    data[3 * t] = 2 * Math.sqrt(2) * Math.cos((2 * Math.PI * 3 * t) / steps);
    data[3 * t + 1] = Math.sqrt(2) * Math.sin((2 * Math.PI * 3 * t) / steps);
  }
  return writeNpy({ shape: [steps, 3], data });
}
