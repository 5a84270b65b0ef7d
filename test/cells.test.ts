/** Cells of studies: each is done by a function of folder, stage and index, without the lock, to the bytes that the coordinator gets. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { controlsConfig } from '../src/experiments/controls/config.js';
import { reproduceControls } from '../src/experiments/controls/experiment.js';
import { CONTROLS_STUDY } from '../src/experiments/controls/study.js';
import { forget } from '../src/experiments/forget/experiment.js';
import type { PartialForget } from '../src/experiments/forget/schema.js';
import { FORGET_STUDY } from '../src/experiments/forget/study.js';
import { doCell, runCells, type StudyKind } from '../src/jobs/cells.js';
import { InterruptedError } from '../src/jobs/context.js';
import { lockFolder } from '../src/jobs/lock.js';
import { openCells } from '../src/jobs/open-study.js';
import { pinnedProvider } from '../src/jobs/provider.js';
import { chooseProvider, embeddedLinearAlgebra } from '../src/numeric/linalg/index.js';
import { temporaryBeside } from '../src/record/files.js';
import { readJson } from '../src/record/json.js';
import { completeConfig } from '../src/runs/config.js';
import { beginToy, type Toy, toy } from './support/toy-study.js';

const home = mkdtempSync(join(tmpdir(), 'cells-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Does one cell by its document, as `thermograd cell` does. */
const doOne = async (kind: unknown, path: string, file: string) => {
  const study = openCells(kind as StudyKind<Toy, unknown, unknown, unknown>, path, 'a study');
  const line = study.list().find((l) => l.file === file)!;
  return (await study.prepare([line])).do(line, 0, () => {});
};
const begin = (name: string, count: number) => beginToy(join(home, name), count);

describe('the engine of cells', () => {
  it('does what has no document, then what those documents make known, and nothing twice', async () => {
    const folder = begin('engine', 3);
    const done: number[] = [];
    const shares: string[] = [];
    const study = { path: folder.path, record: folder.record, data: 2 };
    const options = {
      workers: 1,
      unit: 'cells',
      onProgress: ({ done: d, total, note }: { done: number; total?: number; note?: string }) =>
        void shares.push(`${d}/${total} ${note ?? ''}`.trim()),
    };
    await doOne(toy(), folder.path, 'cells/1.json');
    const all = await runCells(toy(done), study, 'cells', options);
    expect(all.map(({ job }) => job)).toEqual([0, 1, 2, 100]);
    expect(done).toEqual([0, 2, 100]);
    expect(readJson(folder.file('cells', '2.json'))).toMatchObject({ value: 4 });
    // weights 1, 2, 3: the cell that was there counts as done, half a cell as half
    expect(shares.slice(0, 5)).toEqual([
      '2/6',
      '2.5/6 cell 0: half of it',
      '3/6 cell 0',
      '4.5/6 cell 2: half of it',
      '6/6 cell 2',
    ]);
    await runCells(toy(done), study, 'cells', options);
    expect(done).toHaveLength(3);
    folder.close();
  });

  it('keeps finished cells when it is stopped', async () => {
    const folder = begin('stopped', 4);
    const stop = new AbortController();
    const study = { path: folder.path, record: folder.record, data: 2 };
    const cells = runCells(toy(), study, 'cells', {
      workers: 1,
      unit: 'cells',
      signal: stop.signal,
      onCell: () => stop.abort(),
    });
    await expect(cells).rejects.toThrow(InterruptedError);
    expect(readdirSync(folder.file('cells'))).toEqual(['0.json']);
    folder.close();
  });

  it('runs a job with data that it is given', async () => {
    const study = { path: '', record: {} as Toy, data: 3 };
    expect(await doCell(toy())({ file: '', job: 5, name: '' }, study, () => {})).toMatchObject({ value: 243 });
  });
});

const controls = controlsConfig('quick');
const CONTROLS = {
  ...controls,
  base: completeConfig({
    data: { set: 'teacher', teacher: { network: { widths: [8, 6, 3] }, train: 200, test: 0 } },
    network: { widths: [8, 6, 5, 3], activation: 'relu' },
    training: { batchSize: 20, stop: { rule: 'epochs', epochs: 8 }, maxEpochs: 40 },
    provider: 'embedded',
  }),
  epochs: 4,
  mainWindow: 2,
  relaxEpochs: 2,
  surrogateEpochs: 2,
  groups: [[1, 4]] as (readonly [number, number])[],
  modesPerGroup: 4,
  // one of each kind
  cells: controls.cells
    .filter((c, k, all) => all.findIndex((d) => d.kind === c.kind) === k)
    .map((c) => (c.kind === 'branch' ? { ...c, windows: [2, 4] } : c)),
};
const FORGET: PartialForget = {
  preset: 'quick',
  seeds: 2,
  methods: ['none', 'l2', 'hessian', 'joint'],
  data: { set: 'teacher', teacher: { network: { widths: [8, 6, 4] }, train: 300, test: 100 } },
  network: { hidden: [8, 6] },
  strengths: [1, 100],
  extend: 1,
  constraints: [2, 4],
  training: { batchSize: 10, firstEpochs: 4, windowEpochs: 2, windowEvery: 1, epochs: 1 },
  statistics: { profiles: [1], modes: 20 },
  provider: 'embedded',
};

/** Documents of a folder's cells, without their seconds. */
const documents = (folder: string) =>
  Object.fromEntries(
    readdirSync(join(folder, 'seeds'), { recursive: true, encoding: 'utf8' })
      .filter((f) => f.endsWith('.json'))
      .sort()
      .map((f) => [f, { ...readJson<object>(join(folder, 'seeds', f)), seconds: 0 }]),
  );

describe.each([
  {
    name: 'controls',
    kind: CONTROLS_STUDY,
    go: (out: string, more: object) => reproduceControls({ out, config: CONTROLS, seeds: 2, ...more }),
  },
  {
    name: 'forget',
    kind: FORGET_STUDY,
    go: (out: string, more: object) => forget([FORGET], { out, ...more }),
  },
])('$name', ({ name, kind, go }) => {
  it('gives the same documents cell by cell, last ones first, while another process holds the lock', async () => {
    const [whole, pieces] = [join(home, `${name}-whole`), join(home, `${name}-pieces`)];
    const { findings } = await go(whole, {});
    await expect(go(pieces, { signal: AbortSignal.abort() })).rejects.toThrow(InterruptedError);
    expect(existsSync(join(pieces, 'seeds'))).toBe(false);
    const release = lockFolder(pieces);
    const record = readFileSync(join(pieces, `${name}.json`), 'utf8');
    const study = openCells(kind as unknown as StudyKind<Toy, unknown, unknown, unknown>, pieces, 'a study');
    const ready = () => study.list().filter(({ status }) => status === 'ready');
    for (let some = ready(); some.length > 0; some = ready()) {
      const { do: doIt } = await study.prepare(some);
      for (const line of some.reverse()) expect(await doIt(line, 0, () => {})).toBe(true);
    }
    release();
    expect(readFileSync(join(pieces, `${name}.json`), 'utf8')).toBe(record);
    expect(documents(pieces)).toEqual(documents(whole));
    expect((await go(pieces, { resume: true })).findings).toEqual(findings);
  });
});

describe('what processes on several machines need', () => {
  it('temporary names carry the machine and the process, and none comes twice', () => {
    const names = [temporaryBeside('a/b.json'), temporaryBeside('a/b.json')];
    expect(new Set(names).size).toBe(2);
    for (const n of names) expect(n).toContain(`a/b.json.${hostname()}-${process.pid}-`);
  });

  it('only temporary files of dead processes of this machine are swept', () => {
    const folder = begin('swept', 1);
    folder.close();
    const put = (file: string) => writeFileSync(folder.file(file), '');
    const others = [`x.json.elsewhere-1-0.tmp`, `x.json.${hostname()}-${process.ppid}-0.tmp`];
    // no process has the largest number that a pid can take
    for (const f of [...others, `x.json.${hostname()}-4194304-0.tmp`]) put(f);
    begin('swept', 1).close();
    expect(
      readdirSync(folder.path)
        .filter((f) => f.endsWith('.tmp'))
        .sort(),
    ).toEqual(others.sort());
  });

  it('the linear algebra is pinned at the first attempt, and another is refused', async () => {
    const record = { linearAlgebra: null as string | null };
    const la = await pinnedProvider(record, 'embedded', 'here');
    expect(record.linearAlgebra).toBe(la.name);
    expect(la.name).toBe(embeddedLinearAlgebra().name);
    await expect(pinnedProvider({ linearAlgebra: 'another' }, 'embedded', 'here')).rejects.toThrow(
      /the work in here was begun with the linear algebra 'another', and this machine now gives '/,
    );
    const found = await chooseProvider({ prefer: 'system' }).catch(() => undefined);
    const { core } = found?.library ?? {};
    if (found && core) {
      const begun = (linearAlgebra: string) => pinnedProvider({ linearAlgebra }, 'system', 'here');
      const inside = `(${core}, ${found.library?.integers}-bit integers) `;
      expect(found.name).toContain(inside);
      // earlier builds did not say for which processor
      expect((await begun(found.name.replace(inside, ''))).name).toBe(found.name);
      const other = core === 'Zen' ? 'Haswell' : 'Zen';
      await expect(begun(found.name.replace(core, other))).rejects.toThrow(`OPENBLAS_CORETYPE=${other} in the`);
      await expect(begun(found.name.replace('OpenBLAS', 'GotoBLAS').replace(inside, ''))).rejects.toThrow(/again, or/);
    }
    // begun where there was no system library: with 'auto' the embedded one is taken again
    expect((await pinnedProvider({ linearAlgebra: la.name }, 'auto', 'here')).name).toBe(la.name);
  });
});
