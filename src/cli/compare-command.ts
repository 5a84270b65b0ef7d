/** What `thermograd compare` does. */
import { join } from 'node:path';
import { InterruptedError } from '../jobs/context.js';
import { type Comparison, countWords, differenceWords, testWords } from '../results/comparison.js';
import { checkComparisonFolder, compareRuns, writeComparison } from '../results/disk/compare.js';
import type { SettingDifference } from '../results/settings.js';
import { type FindingDifference, significant } from '../results/significance.js';
import { session } from '../terminal/session.js';
import { brokenAt } from '../terminal/wrap.js';

interface CompareFlags {
  readonly out?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Compares runs, writes the page and prints what differs. */
export async function compare(
  runs: readonly string[],
  { out = 'comparison', force = false, json = false }: CompareFlags,
): Promise<void> {
  await session(json, async (s) => {
    const comparison = await compareRuns(runs);
    checkComparisonFolder(out, force);
    if (s.signal.aborted) throw new InterruptedError(out, false);
    writeComparison(out, comparison, force);
    const report = join(out, 'report.html');
    const { against, settings } = comparison;
    const compared = comparison.runs.map(({ label, folder, what }) => ({ label, folder, what }));
    s.result(
      { folder: out, report, runs: compared, against, settings },
      `${describeComparison(comparison)}\nreport: ${report}`,
    );
  });
}

/** Columns of a line. */
const WIDTH = 80;

/** Writes a comparison as text: for each pair what differs, then the settings. */
export function describeComparison({ runs: [first, ...others], against, settings }: Comparison): string {
  const pairs = against.flatMap((pair) => [
    `${pair.label} against ${first.label}`,
    ...wrapped(countWords(pair), '  '),
    ...(pair.dependence === undefined ? [] : wrapped(pair.dependence, '  ')),
    ...linesOf(pair.differences),
    '',
  ]);
  const names = [first, ...others].map(({ label }) => label);
  return [...pairs, ...settingLines(names, settings)].join('\n');
}

/** One finding a line, the most significant first; a line that would be too long goes on below. */
function linesOf(differences: readonly FindingDifference[]): string[] {
  const sorted = [...differences].sort((a, b) => (Number.isNaN(a.p) ? 2 : a.p) - (Number.isNaN(b.p) ? 2 : b.p));
  const rows = sorted.map((d) => [
    `${significant(d) ? '*' : ' '} ${d.id}`,
    d.untested ? '' : differenceWords(d),
    testWords(d),
  ]);
  const wide = [0, 1].map((k) => Math.max(0, ...rows.map((row) => row[k].length)));
  return rows.flatMap(([id, difference, test]) => {
    const line = `${id.padEnd(wide[0])}  ${difference.padEnd(wide[1])}  ${test}`;
    return line.length <= WIDTH ? [line] : [id, ...wrapped(`${difference}  ${test}`.trim(), '      ')];
  });
}

function settingLines(names: readonly string[], settings: readonly SettingDifference[]): string[] {
  if (settings.length === 0) return ['their settings are the same'];
  return [
    `settings that differ (${names.join(' | ')}):`,
    ...settings.flatMap(({ key, values }) => wrapped(`${key}: ${values.map((v) => v ?? '–').join(' | ')}`, '  ')),
  ];
}

/** Breaks a text between words into lines that all begin with the indent. */
const wrapped = (text: string, indent: string): string[] =>
  brokenAt(text, WIDTH - indent.length).map((line) => indent + line);
