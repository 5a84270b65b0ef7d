/** Folders of results against each other: what is read of them, and which are refused. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { checkFree, publish } from '../../jobs/publish.js';
import { reportFiles } from '../../jobs/report-folder.js';
import { check } from '../../numeric/errors.js';
import { type Against, type ComparedRun, type Comparison, renderComparison } from '../comparison.js';
import { findingsIn } from '../numbers.js';
import { dependence, differingSettings } from '../settings.js';
import { findingDifferences, withHolm } from '../significance.js';
import { figureNames } from './figures.js';
import { documentOf, type Opened, openResults, shortName } from './folder.js';

/** What a folder of a comparison holds at its top. */
const FILES = ['comparison.json', 'report.html', 'theory.html', 'tables', 'figures'];

/** The file of a comparison with its numbers. */
const DOCUMENT = 'comparison.json';

/**
 * Compares runs with the first of them.
 * @throws InputError for fewer than two, for one that comes twice, and for runs of different experiments that share no finding
 */
export async function compareRuns(paths: readonly string[]): Promise<Comparison> {
  check(paths.length >= 2, 'bad-argument', () => `a comparison takes two runs or more; got ${paths.length}.`);
  const places = paths.map((path) => resolve(path));
  const twice = paths.find((_, k) => places.indexOf(places[k]) !== k);
  check(twice === undefined, 'bad-argument', () => `${twice} is named twice; a run does not differ from itself.`);
  const folders: Opened[] = [];
  for (const path of paths) folders.push(await openResults(path));
  const labels = labelsOf(paths);
  const runs: ComparedRun[] = [];
  const records: unknown[] = [];
  for (const [k, folder] of folders.entries()) {
    runs.push(await readRun(folder, labels[k]));
    records.push(await statedBy(folder));
  }
  refuseUnlike(folders, runs);
  const [first, ...others] = runs;
  const adjusted = withHolm(others.map((run) => findingDifferences(first.findings, run.findings)));
  const sources = folders.map((folder, k) => sourceOf(folder, records[k]));
  const against = others.map((run, k): Against => {
    const why = dependence(records[0], records[k + 1], sources[0] !== undefined && sources[0] === sources[k + 1]);
    return {
      label: run.label,
      differences: adjusted[k],
      onlyFirst: missingIn(first, run),
      onlyOther: missingIn(run, first),
      ...(why !== undefined && { dependence: why }),
    };
  });
  return { runs, against, settings: differingSettings(records) };
}

/**
 * Writes a comparison as a page with its numbers; the folder appears whole or not at all.
 * @throws InputError for a folder that holds something else; RunError when the disk is full or not writable
 */
export function writeComparison(out: string, comparison: Comparison, force: boolean): void {
  checkComparisonFolder(out, force);
  publish(out, reportFiles(renderComparison(comparison), DOCUMENT));
}

/** Refuses a folder that holds anything, or with `force` anything but an earlier comparison. */
export const checkComparisonFolder = (out: string, force: boolean): void =>
  checkFree(out, { force, files: FILES, what: 'comparison' });

async function readRun(folder: Opened, label: string): Promise<ComparedRun> {
  const findings = findingsIn(await documentOf(folder, 'findings.json'));
  const figures = new Map<string, string>();
  for (const name of figureNames(folder.path)) {
    const bytes = await folder.read(`figures/${name}.svg`);
    if (bytes) figures.set(name, new TextDecoder().decode(bytes));
  }
  return { label, folder: folder.path, what: folder.kind.what, findings, figures };
}

/** The record of a folder; where it has no config, with the facts of the run that its report states. */
async function statedBy(folder: Opened): Promise<unknown> {
  const record = ((await documentOf(folder, folder.kind.file)) ?? {}) as Readonly<Record<string, unknown>>;
  if ('config' in record) return record;
  for (const file of ['report.json', 'analysis.json', 'advice.json']) {
    const { run } = ((await documentOf(folder, file)) ?? {}) as { readonly run?: unknown };
    if (typeof run === 'object' && run !== null) return { ...run, ...record };
  }
  return record;
}

/** The last words of the paths, or the paths themselves where these are the same. */
function labelsOf(paths: readonly string[]): string[] {
  const short = paths.map(shortName);
  return new Set(short).size === short.length ? short : [...paths];
}

function refuseUnlike(folders: readonly Opened[], runs: readonly ComparedRun[]): void {
  const [first, ...others] = runs;
  for (const [k, run] of others.entries()) {
    const [one, two] = [folders[0], folders[k + 1]];
    const share = run.findings.some(({ id }) => first.findings.some((f) => f.id === id));
    check(
      share || one.kind.experiment === two.kind.experiment,
      'unlike-runs',
      () =>
        `${one.path} is ${one.kind.what} and ${two.path} is ${two.kind.what}, and they share no finding; compare runs of one experiment.`,
    );
    const drawn = [...run.figures.keys()].some((name) => first.figures.has(name));
    check(
      share || drawn,
      'nothing-to-compare',
      () =>
        `${one.path} and ${two.path} share neither findings nor figures; finish them first, with --resume where they were stopped.`,
    );
  }
}

/** The recorded steps that a folder measures: of itself, or those of another folder, where that is found. */
function sourceOf({ path, kind }: Opened, record: unknown): string | undefined {
  const { run, recording } = (record ?? {}) as { readonly run?: unknown; readonly recording?: unknown };
  if (kind.experiment === 'ivf2021') return resolve(path);
  const named = recording ?? run;
  if (typeof named !== 'string') return undefined;
  // from the folder itself, from where it was made, from beside it, and the folder in which it lies
  const places = [resolve(path, named), resolve(named), resolve(path, '..', named), resolve(path, '..')];
  return places.find((place) => existsSync(join(place, 'run.json'))) ?? resolve(named);
}

const missingIn = (one: ComparedRun, other: ComparedRun): string[] =>
  one.findings.map(({ id }) => id).filter((id) => !other.findings.some((f) => f.id === id));
