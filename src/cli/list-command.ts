/** What `thermograd list` does. */
import type { Verdict } from '../report/finding.js';
import { type ListedRun, listRuns, type RunList } from '../results/disk/listed.js';
import { VERDICTS } from '../results/numbers.js';
import { session } from '../terminal/session.js';
import { layoutOf } from '../terminal/wrap.js';

interface ListFlags {
  readonly all?: boolean;
  readonly newest?: boolean;
  readonly json?: boolean;
}

/** Prints the runs and recordings below a folder. */
export async function list(folder: string, { all = false, newest = false, json = false }: ListFlags): Promise<void> {
  await session(json, async (s) => {
    const { runs, unread } = await listRuns(folder, { all, signal: s.signal });
    if (s.signal.aborted) {
      process.exitCode = 130;
      return;
    }
    const sorted = newest ? runs.toSorted((a, b) => b.changed - a.changed) : runs;
    const document = {
      folder,
      runs: sorted.map((run) => ({ ...run, changed: new Date(run.changed).toISOString() })),
      unread,
    };
    s.result(document, describeList(folder, { runs: sorted, unread }, layoutOf(process.stdout).columns));
  });
}

/** The width of a line where nobody says another. */
const WIDTH = 80;
/** The signs of the verdicts, in the order of {@link VERDICTS}. */
const SIGNS = ['✓', '≈', '✗', '?'] as const;

/** Writes a list as text, one run a line; `width` is that of the terminal. */
export function describeList(folder: string, { runs, unread }: RunList, width = WIDTH): string {
  const lines = runs.length === 0 ? [`no runs or recordings of thermograd below ${folder}`] : tableOf(runs, width);
  if (runs.some(({ verdicts }) => Object.keys(verdicts).length > 0))
    lines.push('', '✓ reproduced  ≈ with another exponent  ✗ not reproduced  ? not decidable');
  if (unread.length > 0)
    lines.push('', 'not read:', ...unread.map(({ folder: where, message }) => `  ${where}: ${message}`));
  return lines.join('\n');
}

function tableOf(runs: readonly ListedRun[], width: number): string[] {
  const years = new Set(runs.map(({ changed }) => new Date(changed).getFullYear()));
  const [year] = years;
  const head = ['folder', 'what', 'state', years.size === 1 ? `in ${year}` : 'changed', 'verdicts', 'settings'];
  const rows = runs.map((run) => [
    run.folder,
    run.experiment,
    run.state,
    when(run.changed, years.size > 1),
    verdictsOf(run.verdicts),
    settingsOf(run).replace(/[\s\p{Cc}]+/gu, ' '),
  ]);
  const wide = head.map((title, k) => Math.max(title.length, ...rows.map((row) => row[k].length)));
  // names give way first, then settings, which come last and are cut at the end of the line
  const others = wide.slice(1, 5).reduce((sum, n) => sum + n + 2, 0);
  wide[0] = Math.min(wide[0], Math.max(16, width - others - 2 - Math.min(wide[5], 18)));
  return [head, ...rows].map((row) =>
    cutEnd(row.map((cell, k) => (k === 0 ? cutStart(cell, wide[0]) : cell).padEnd(wide[k])).join('  '), width),
  );
}

const two = (n: number): string => String(n).padStart(2, '0');

/** Day and time of this machine, or the whole date where the years differ. */
function when(milliseconds: number, withYear: boolean): string {
  const d = new Date(milliseconds);
  const day = `${two(d.getMonth() + 1)}-${two(d.getDate())}`;
  return withYear ? `${d.getFullYear()}-${day}` : `${day} ${two(d.getHours())}:${two(d.getMinutes())}`;
}

const verdictsOf = (verdicts: Readonly<Partial<Record<Verdict, number>>>): string =>
  VERDICTS.flatMap((verdict, k) => (verdicts[verdict] ? [`${verdicts[verdict]}${SIGNS[k]}`] : [])).join(' ') || '–';

/** Settings in the order in which one asks for them; the stage at which a run is stands first. */
function settingsOf({ settings, stage, holder, analyses }: ListedRun): string {
  const { version: _, preset, title, data, model, steps, weights, seed, seeds, ...others } = settings;
  const named = { seed, seeds, ...others };
  const words = {
    learningRate: 'lr',
    batchSize: 'B',
    momentum: 'mu',
    network: '',
    optimiser: '',
    sampling: '',
  } as const;
  const shown = (key: string, value: string | number) => {
    const word = key in words ? words[key as keyof typeof words] : key;
    return word === '' ? String(value) : `${word} ${value}`;
  };
  const usual = (key: string, value: unknown) =>
    value === undefined || (key === 'momentum' && value === 0) || (key === 'sampling' && value === 'shuffled');
  return [
    ...(holder ? [`by ${holder.pid} on ${holder.host}`] : []),
    ...(stage === undefined ? [] : [`at ${stage}`]),
    ...[preset, title, data, model].filter((v) => v !== undefined).map(String),
    ...Object.entries({ steps, weights }).flatMap(([key, v]) => (v === undefined ? [] : [shown(key, v)])),
    ...(analyses === undefined ? [] : [analyses.length === 0 ? 'not analysed' : `analysis ${analyses.join(' ')}`]),
    ...Object.entries(named).flatMap(([key, v]) => (v === undefined || usual(key, v) ? [] : [shown(key, v)])),
  ].join(' ');
}

const cutStart = (text: string, width: number): string =>
  text.length <= width ? text : `…${text.slice(text.length - width + 1)}`;
const cutEnd = (text: string, width: number): string => {
  const line = text.trimEnd();
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
};
