/**
 * `forget` as a study in cells: the first task of every seed; every method at every strength, with further strengths
 * while the best lies at an end of those tried; every other number of axes at the chosen strength.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { constraintNamed } from '../../apply/constraints/table.js';
import type { Dataset } from '../../data/dataset.js';
import type { Cell, Study, StudyKind } from '../../jobs/cells.js';
import { otherThan } from '../../jobs/identity.js';
import { pinnedProvider } from '../../jobs/provider.js';
import { forceKernelBuild } from '../../kernels/load.js';
import { readJson } from '../../record/json.js';
import { type DatasetRequest, loadDataset } from '../../runs/datasets.js';
import { type ForgetRecord, firstFiles, groupFile, readForget, seedFolder } from './folder.js';
import { type ForgetJob, type ForgetResult, type GroupJob, runForgetJob } from './job.js';
import type { BranchGroup } from './measured.js';
import type { ForgetConfig } from './schema.js';
import { chosen, placeOf, settingsOf } from './strengths.js';

type Place = Omit<Study<ForgetRecord, Dataset>, 'data'>;

/** Loads the data set of a config. */
export function loadForget({ data }: ForgetConfig): Promise<Dataset> {
  const { set, teacher, limit, classes, normalize } = data;
  return loadDataset((set === 'teacher' ? { teacher: teacher! } : set) as DatasetRequest, {
    ...(limit !== undefined && { limit }),
    ...(classes !== undefined && { classes }),
    ...(normalize && { normalize }),
  });
}

/** The study of forgetting: how its record is read, and its cells are listed and computed. */
export const FORGET_STUDY: StudyKind<ForgetRecord, Dataset, ForgetJob, ForgetResult> = {
  worker: new URL('./worker.js', import.meta.url),
  stages: ['first', 'strengths', 'constraints'],
  read: readForget,
  load: ({ config }) => loadForget(config),
  provenance: ({ provenance }) => provenance,
  provider: ({ config }) => config.provider,
  cells(place, stage) {
    if (stage === 'first')
      return seedsOf(place.record.config).map((seed) => ({
        file: join(seedFolder(seed), 'first.json'),
        job: { kind: 'first', seed },
        name: `the first task of seed ${seed}`,
      }));
    const strengths = strengthCells(place);
    if (stage === 'strengths') return strengths;
    // the strength that is chosen is known when all have been tried
    return strengths.every(({ file }) => existsSync(join(place.path, file)))
      ? axesCells(place, readGroups(place, strengths))
      : [];
  },
  damage: (document, job) =>
    job.kind === 'first'
      ? otherThan(document, { format: 'thermograd forget first task', seed: job.seed })
      : otherThan(document, { format: 'thermograd forget branches', seed: job.seed, method: job.method }),
  async run(job, { path, record, data }, report) {
    forceKernelBuild(record.kernelBuild);
    const la = await pinnedProvider(record, record.config.provider, path);
    const files = firstFiles(path, job.seed);
    return runForgetJob(job, { config: record.config, dataset: data, la, files }, report);
  },
};

/** Reads the groups whose documents are in the folder. */
export const readGroups = ({ path }: Place, cells: readonly Cell<ForgetJob>[]): BranchGroup[] =>
  cells.flatMap(({ file }) => readJson<BranchGroup>(join(path, file)) ?? []);

/** Returns the seeds of a config. */
export const seedsOf = ({ seeds }: ForgetConfig): number[] => Array.from({ length: seeds }, (_, seed) => seed);

/** Returns the number of axes at which methods are compared. */
export const mainOf = ({ constraints }: ForgetConfig): number => Math.max(...constraints);

const penalises = (method: string): boolean => constraintNamed(method).kind === 'penalty';

function groupCell(job: Omit<GroupJob, 'kind'>, at?: number): Cell<GroupJob> {
  const { seed, method, constraints, strengths } = job;
  return {
    file: groupFile(seed, method, constraints, at),
    job: { kind: 'branches', ...job },
    name: `${method}${constraints === null ? '' : ` with ${constraints} axes`}, seed ${seed}`,
    weight: strengths.length,
    needs: ['first.json', 'task1.safetensors', 'axes.npz'].map((needed) => join(seedFolder(seed), needed)),
  };
}

/**
 * Lists the grid, then for every method whose best strength lies at an end of those tried one strength beyond it, at
 * most `config.extend` times. A round follows from the documents of those before it, once all of them exist; so an
 * experiment resumed with more seeds chooses like one begun with them.
 */
function strengthCells(place: Place): Cell<GroupJob>[] {
  const { config } = place.record;
  let round = gridCells(config);
  const all = [...round];
  const groups: BranchGroup[] = [];
  for (let k = 0; k < config.extend && round.length > 0; k++) {
    if (round.some(({ file }) => !existsSync(join(place.path, file)))) break;
    groups.push(...readGroups(place, round));
    round = beyondCells(config, groups);
    all.push(...round);
  }
  return all;
}

/** Lists every method at every strength, at the largest N_c. Those that need most time come first. */
function gridCells(config: ForgetConfig): Cell<GroupJob>[] {
  const order = [...config.methods].sort(
    (a, b) => Number(constraintNamed(b).takesAxes) - Number(constraintNamed(a).takesAxes),
  );
  return order.flatMap((method) => {
    const constraints = constraintNamed(method).takesAxes ? mainOf(config) : null;
    const strengths = penalises(method) ? config.strengths : [Number.NaN];
    return seedsOf(config).map((seed) => groupCell({ seed, method, constraints, strengths }));
  });
}

function beyondCells(config: ForgetConfig, groups: readonly BranchGroup[]): Cell<GroupJob>[] {
  const settings = settingsOf({ groups, seeds: [] });
  const { strengths } = config;
  return config.methods.filter(penalises).flatMap((method) => {
    const best = chosen(settings, method, mainOf(config));
    const place = best && placeOf(best, settings);
    if (!best || (place !== 'strongest' && place !== 'weakest')) return [];
    const [inner, outer] = place === 'strongest' ? strengths.slice(-2) : strengths.slice(0, 2).reverse();
    // rounded, because it is part of the names of documents
    const next = Number(((best.multiple * outer) / inner).toPrecision(6));
    const { constraints } = best;
    return seedsOf(config).map((seed) => groupCell({ seed, method, constraints, strengths: [next] }, next));
  });
}

/** Lists methods with axes at every other N_c, at the strength that validation chose over all seeds. */
function axesCells({ record: { config } }: Place, groups: readonly BranchGroup[]): Cell<GroupJob>[] {
  const main = mainOf(config);
  const settings = settingsOf({ groups, seeds: [] });
  return config.methods
    .filter((m) => constraintNamed(m).takesAxes)
    .flatMap((method) => {
      const best = chosen(settings, method, main);
      if (!best) return [];
      return config.constraints
        .filter((n) => n !== main)
        .flatMap((constraints) =>
          seedsOf(config).map((seed) =>
            groupCell({ seed, method, constraints, strengths: [best.multiple] }, best.multiple),
          ),
        );
    });
}
