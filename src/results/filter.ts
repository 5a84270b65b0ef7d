/** The filter and the order of the index of runs. */
import type { RunNumber } from './numbers.js';
import type { RunSummary } from './summary.js';

/** Returns the value of a run under a name: a setting, a number, or a part of the summary. */
export function settingOf(run: RunSummary, key: string): string | number | undefined {
  if (key === 'name' || key === 'experiment' || key === 'state' || key === 'digest') return run[key];
  if (key === 'verdicts') return run.verdicts.reproduced ?? 0;
  if (key === 'eta') return run.settings.learningRate;
  if (key === 'B') return run.settings.batchSize;
  return run.settings[key] ?? numberOf(run, key)?.value;
}

/** Returns a number of a run by its name, or by the last part of it where that is the only one: `psi` for `ivf.psi`. */
export function numberOf(run: RunSummary, key: string): RunNumber | undefined {
  const exact = run.numbers.find((n) => n.id === key);
  if (exact) return exact;
  const ends = run.numbers.filter((n) => n.id.endsWith(`.${key}`));
  return ends.length === 1 ? ends[0] : undefined;
}

const CONDITION = /^([\p{L}\d._-]+)(<=|>=|!=|<|>|=)(.+)$/u;

/**
 * Returns the runs that every word of the filter holds for. A word with a comparison (`eta>0.05`, `psi<=4`, `data=mnist`, `seed!=3`) speaks
 * of a setting or a number; another one must occur in the name, the experiment, the state or a setting.
 */
export function filterRuns(runs: readonly RunSummary[], text: string): RunSummary[] {
  const tests = text.trim().split(/\s+/).filter(Boolean).map(testOf);
  return runs.filter((run) => tests.every((test) => test(run)));
}

function testOf(word: string): (run: RunSummary) => boolean {
  const [, key, sign, asked] = CONDITION.exec(word) ?? [];
  if (key === undefined) {
    const wanted = word.toLowerCase();
    return (run) =>
      [run.name, run.experiment, run.state, run.digest, ...Object.values(run.settings).map(String)].some((s) =>
        s.toLowerCase().includes(wanted),
      );
  }
  const limit = Number(asked);
  return (run) => {
    const value = settingOf(run, key);
    if (value === undefined) return sign === '!=';
    if (typeof value !== 'number' || Number.isNaN(limit)) {
      const same = String(value).toLowerCase() === asked.toLowerCase();
      return sign === '=' ? same : sign === '!=' ? !same : false;
    }
    if (sign === '=') return value === limit;
    if (sign === '!=') return value !== limit;
    return sign === '<'
      ? value < limit
      : sign === '>'
        ? value > limit
        : sign === '<='
          ? value <= limit
          : value >= limit;
  };
}

/** Returns the runs in the order of a value, those without one last; equal ones stay in their order. */
export function sortRuns(runs: readonly RunSummary[], key: string, descending: boolean): RunSummary[] {
  const order = new Intl.Collator('en', { numeric: true });
  const sign = descending ? -1 : 1;
  const keyed = runs.map((run) => ({ run, value: settingOf(run, key) }));
  keyed.sort(({ value: a }, { value: b }) => {
    if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? 1 : -1;
    if (typeof a === 'number' && typeof b === 'number') return sign * (a - b);
    return sign * order.compare(String(a), String(b));
  });
  return keyed.map(({ run }) => run);
}
