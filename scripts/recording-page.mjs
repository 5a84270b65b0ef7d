// node scripts/recording-page.mjs ANALYSIS --name NAME --title TITLE --words FILE [--figures a,b] [--out docs/results/recordings]
// Writes the page of a recording for docs/results/recordings: findings, blocks and some directions from the documents of an analysis,
// with two of its figures beside it. --words is a file of Markdown that comes first: what was trained, how, and what it shows.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { drawFigures } from '../dist/experiments/recording/figures/all.js';
import { recordingFindings } from '../dist/experiments/recording/findings.js';
import { parseJson } from '../dist/numeric/json.js';
import { formatCount, formatEstimate, formatMarked, formatNumber } from '../dist/report/format.js';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    name: { type: 'string' },
    title: { type: 'string' },
    words: { type: 'string' },
    figures: { type: 'string', default: 'variance-flatness,noise-1' },
    out: { type: 'string', default: 'docs/results/recordings' },
  },
});
const [folder] = positionals;
if (!folder || !flags.name || !flags.title || !flags.words) {
  console.error(
    'recording-page: needs a folder of an analysis, --name, --title and --words; see the head of the script.',
  );
  process.exit(2);
}
const { measured } = parseJson(readFileSync(join(folder, 'analysis.json'), 'utf8'));
const findings = recordingFindings(measured);
const { recording, motion, surface } = measured;

const cell = (text) => String(text).replaceAll('|', '\\|');
const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((r) => `| ${r.map(cell).join(' | ')} |`).join('\n');

const parts = [`# ${flags.title}`, readFileSync(flags.words, 'utf8').trim()];
parts.push(
  '## What was read',
  `${formatCount(recording.T)} rows of ${formatCount(recording.P)} weights (${recording.parameters.map((p) => `${p.name}, ${p.shape.join(' × ')}`).join('; ')}), one for every step; ` +
    `mean loss ${formatNumber(recording.loss[0])} in the first half of the window and ${formatNumber(recording.loss[1])} in the second. ` +
    `${formatCount(motion.settled.length)} of ${formatCount(motion.dynamics.length)} directions have settled.`,
  '## Findings',
  table(
    ['finding', 'measured', 'stated', 'verdict', 'why'],
    findings.map((f) => [
      `\`${f.id}\``,
      `${formatMarked(f.measured)}${f.unit ? ` ${f.unit}` : ''}`,
      f.stated,
      f.verdict,
      f.reason,
    ]),
  ),
);
if (surface) {
  const { blocks, loss, asked, surface: of } = surface.measured;
  const estimated = (e) => (e ? formatMarked(e) : '–');
  const all = asked === of.samples;
  parts.push(
    '## Landscape',
    `Loss at the mean weights ${formatEstimate(loss)} over ${formatCount(of.samples)} samples; ` +
      (all
        ? 'everything else over all of them as well.'
        : `everything else over ${formatCount(asked)} of them, and ± is the error that this leaves.`),
    table(
      ['block', 'weights', 'largest h', 'Tr H', 'Tr C₁', 'Tr C₁/|g|²', 'critical batch', 'ceiling 2R'],
      blocks.map((b) => [
        b.name,
        formatCount(b.size),
        estimated(b.spectrum?.top[0].curvature),
        estimated(b.spectrum?.trace),
        estimated(b.noise?.trace),
        estimated(b.noise?.simple),
        estimated(b.noise?.critical),
        b.noise?.sharpness ? estimated(doubled(b.noise.sharpness.ratio)) : '–',
      ]),
    ),
  );
  const along = blocks[0].flatness?.directions ?? [];
  const predicted = new Map((surface.predicted.directions ?? []).map((d) => [d.index, d.predicted]));
  const some = along.filter((_, i) => i % Math.ceil(along.length / 12) === 0);
  parts.push(
    table(
      ['direction', 'σ²', 'F', 'h', 'C₁', 'F/parabola', 'predicted σ²'],
      some.map((d) => [
        formatCount(d.index),
        formatNumber(d.variance),
        d.open ? `open (${d.open})` : formatEstimate(d.flatness),
        estimated(d.curvature),
        estimated(d.noise),
        d.open ? '–' : formatNumber(d.quadraticRatio),
        predicted.has(d.index) ? formatNumber(predicted.get(d.index)) : '–',
      ]),
    ),
  );
}
function doubled(e) {
  return { ...e, value: 2 * e.value, standardError: 2 * e.standardError };
}

mkdirSync(flags.out, { recursive: true });
const drawn = Object.values(drawFigures(measured)).flat();
for (const wanted of flags.figures.split(',')) {
  const figure = drawn.find((f) => f.name.startsWith(wanted) && 'svg' in f);
  if (!figure) continue;
  const own = `${flags.name}-${wanted.replace(/-\d+$/, '')}.svg`;
  writeFileSync(join(flags.out, own), figure.svg);
  parts.push(`![${figure.title} of this recording](${own})`, figure.caption);
}
writeFileSync(join(flags.out, `${flags.name}.md`), `${parts.join('\n\n')}\n`);
