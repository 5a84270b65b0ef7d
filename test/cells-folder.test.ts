/** A folder of cells that several processes fill: what is sealed, what is refused, and what is left behind. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type CellRunner, runCells } from '../src/jobs/cells.js';
import { InterruptedError } from '../src/jobs/context.js';
import { openCells } from '../src/jobs/open-study.js';
import { presentIn, waitFor } from '../src/jobs/present.js';
import { cellStage, type Where, whereFor } from '../src/jobs/where.js';
import { readWhole, writeOnce } from '../src/record/files.js';
import { readJson } from '../src/record/json.js';
import { beginToy, type Toy, toy } from './support/toy-study.js';

const home = mkdtempSync(join(tmpdir(), 'cells-folder-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const THREADS: Where = { workers: 1, said: () => '' };
/** Does the cells of an open folder and writes what the record then knows. */
const fill = (folder: ReturnType<typeof beginToy>, request: { signal?: AbortSignal } = {}, where = THREADS) =>
  cellStage(toy(), folder, { path: folder.path, record: folder.record, data: 2 }, 'cells', {
    request,
    where,
    unit: 'cells',
  });
/** Does cells from outside, by their documents. */
const outside = async (path: string, files: readonly string[], wait = 0) => {
  const study = openCells(toy(), path, 'a toy');
  const lines = study.list().filter(({ file }) => files.includes(file));
  const ready = await study.prepare(lines);
  const computed: boolean[] = [];
  for (const line of lines) computed.push(await ready.do(line, wait, () => {}));
  return computed;
};
const sealed = (path: string) => Object.keys(readJson<Toy>(join(path, 'toy.json'))!.outputs ?? {});
const STOPPED = { signal: AbortSignal.abort() };

describe('documents that come while no coordinator runs', () => {
  it('are sealed by the next one, and changed ones are refused from then on', async () => {
    const path = join(home, 'meanwhile');
    const first = beginToy(path, 3);
    await expect(fill(first, STOPPED)).rejects.toThrow(InterruptedError);
    first.close();
    expect(await outside(path, ['cells/0.json', 'cells/2.json'])).toEqual([true, true]);
    expect(await outside(path, ['cells/2.json'])).toEqual([false]);
    expect(sealed(path)).toEqual([]);
    const second = beginToy(path, 3);
    await fill(second);
    second.close();
    expect(sealed(path)).toEqual(['cells/0.json', 'cells/1.json', 'cells/100.json', 'cells/2.json']);
    beginToy(path, 3).close();
    writeFileSync(join(path, 'cells/2.json'), '{"value": 5}');
    expect(() => beginToy(path, 3)).toThrow(/2\.json is not as the run wrote it/);
  });

  it('stay sealed while a later stage attempt runs, so that a kill in its middle hides no change', async () => {
    const path = join(home, 'killed');
    const folder = beginToy(path, 2);
    await fill(folder);
    folder.record.stages.cells.status = 'waiting';
    rmSync(folder.file('cells/1.json'));
    let within: string[] = [];
    const looking: CellRunner = {
      how: 'looking',
      async run(work) {
        within = sealed(path);
        await outside(
          path,
          work.cells.map(({ file }) => file),
        );
        return true;
      },
    };
    folder.close();
    const again = beginToy(path, 2);
    again.record.stages.cells.status = 'waiting';
    await fill(again, {}, { ...THREADS, on: looking });
    again.close();
    expect(within).toEqual(['cells/0.json', 'cells/100.json']);
    expect(sealed(path)).toEqual(['cells/0.json', 'cells/1.json', 'cells/100.json']);
    beginToy(path, 2).close();
  });

  it('are not made again from outside where the record knows other bytes, until a coordinator has seen that they are gone', async () => {
    const path = join(home, 'gone');
    const folder = beginToy(path, 2);
    await fill(folder);
    folder.record.stages.cells.status = 'waiting';
    folder.save();
    folder.close();
    rmSync(join(path, 'cells/1.json'));
    await expect(outside(path, ['cells/1.json'])).rejects.toThrow(
      /the record of .* knows the content of cells\/1\.json/,
    );
    beginToy(path, 2).close();
    expect(await outside(path, ['cells/1.json'])).toEqual([true]);
    beginToy(path, 2).close();
  });
});

describe('two processes with one cell', () => {
  it('leave the document of the first, whole, and no temporary file', () => {
    const file = join(home, 'once', 'a.json');
    expect(writeOnce(file, 'first')).toBe(true);
    expect(writeOnce(file, 'second')).toBe(false);
    expect(new TextDecoder().decode(readWhole(file))).toBe('first');
    expect(readdirSync(join(home, 'once'))).toEqual(['a.json']);
  });

  it('may both be done: the coordinator keeps a document that came while it computed the same', async () => {
    const path = join(home, 'both');
    const folder = beginToy(path, 1);
    const kind = toy();
    const slow = {
      ...kind,
      run: async (...args: Parameters<typeof kind.run>) => {
        if (args[0] === 0) {
          mkdirSync(join(path, 'cells'), { recursive: true });
          writeOnce(join(path, 'cells/0.json'), '{"value": 1, "seconds": 77}');
        }
        return kind.run(...args);
      },
    };
    await runCells(slow, { path, record: folder.record, data: 2 }, 'cells', { workers: 1, unit: 'cells' });
    folder.close();
    expect(readJson(join(path, 'cells/0.json'))).toEqual({ value: 1, seconds: 77 });
  });

  it('leave nothing beside their documents once the stage is done, whatever host was killed', async () => {
    const path = join(home, 'left');
    const folder = beginToy(path, 2);
    mkdirSync(folder.file('cells'));
    const left = [
      `0.json.elsewhere-7-0.tmp`,
      `0.json.${hostname()}-${process.ppid}-3.tmp`,
      'other.json.elsewhere-7-1.tmp',
    ];
    for (const name of left) writeFileSync(folder.file('cells', name), '{');
    await fill(folder);
    expect(readdirSync(folder.file('cells')).filter((name) => name.endsWith('.tmp'))).toEqual([left[2]]);
    folder.close();
  });
});

describe('a document that is seen late', () => {
  it('is waited for', async () => {
    const path = join(home, 'late');
    mkdirSync(path);
    setTimeout(() => writeFileSync(join(path, 'a.json'), '{}'), 50);
    expect(await waitFor(path, ['a.json'], 600)).toEqual([]);
    expect(await waitFor(path, ['a.json', 'b/c.json'], 0)).toEqual(['b/c.json']);
    expect(await waitFor(path, ['b/c.json'], 600, AbortSignal.abort())).toEqual(['b/c.json']);
    const present = presentIn(path);
    expect([present('a.json'), present('c.json'), present('none/a.json')]).toEqual([true, false, false]);
  });

  it('lets a cell be done that needs it, and is missed in the end with its name', async () => {
    const path = join(home, 'needs');
    beginToy(path, 1).close();
    await outside(path, ['cells/0.json']);
    const document = readFileSync(join(path, 'cells/0.json'));
    const study = openCells(toy(), path, 'a toy');
    const line = study.list()[1];
    expect(line).toMatchObject({ index: 1, file: 'cells/100.json', status: 'ready', weight: 101 });
    const ready = await study.prepare([line]);
    rmSync(join(path, 'cells/0.json'));
    await expect(ready.do(line, 0, () => {})).rejects.toThrow(/cells\/100\.json needs cells\/0\.json, which is not in/);
    setTimeout(() => writeFileSync(join(path, 'cells/0.json'), document), 50);
    expect(await ready.do(line, 600, () => {})).toBe(true);
  });
});

describe('a runner', () => {
  const runner = (run: CellRunner['run']): Where => ({
    ...THREADS,
    memory: 5e8,
    on: { how: 'elsewhere', late: 0, run },
  });

  it('is given what is missing, and its documents are those of threads', async () => {
    const path = join(home, 'runner');
    const folder = beginToy(path, 2);
    await outside(path, ['cells/1.json']);
    const works: unknown[] = [];
    const seen: string[] = [];
    const where = runner(async (work, { onDone, onProgress }) => {
      works.push(work);
      onProgress?.(0, 'in the queue');
      for (const { file } of work.cells) {
        await outside(path, [file]);
        onDone(file);
        onDone('no/such.json');
      }
      return true;
    });
    await cellStage(toy(), folder, { path, record: folder.record, data: 2 }, 'cells', {
      // that a stage begins is told without numbers
      request: {
        onProgress: ({ done, total, note }) => total && void seen.push(`${done}/${total} ${note ?? ''}`.trim()),
      },
      where,
      unit: 'cells',
    });
    folder.close();
    expect(works).toEqual([
      {
        folder: path,
        root: path,
        stage: 'cells',
        what: 'cells',
        memory: 5e8,
        cells: [{ file: 'cells/0.json', name: 'cell 0', weight: 1 }],
      },
      {
        folder: path,
        root: path,
        stage: 'cells',
        what: 'cells',
        memory: 5e8,
        cells: [{ file: 'cells/100.json', name: 'cell 100', weight: 101 }],
      },
    ]);
    expect(seen).toEqual(['2/3', '2/3 in the queue', '3/3 cell 0', '3/104', '3/104 in the queue', '104/104 cell 100']);
    expect(readJson(join(path, 'cells/100.json'))).toMatchObject({ value: 2 ** 100 });
  });

  it('that was stopped ends the stage as interrupted; one that leaves documents out fails it with the first of them', async () => {
    const path = join(home, 'stopped');
    const folder = beginToy(path, 2);
    await expect(
      fill(
        folder,
        {},
        runner(async () => false),
      ),
    ).rejects.toThrow(InterruptedError);
    expect(folder.record.stages.cells.status).toBe('interrupted');
    const half = runner(async () => {
      await outside(path, ['cells/1.json']);
      return true;
    });
    await expect(fill(folder, {}, half)).rejects.toThrow(
      /1 of 2 cells of .* have no document \(the first is cells\/0\.json\)/,
    );
    expect(folder.record.stages.cells.status).toBe('failed');
    folder.close();
    expect(sealed(path)).toEqual(['cells/1.json']);
  });
});

describe('where cells are computed', () => {
  const words = { who: 'the study', advice: 'use fewer --workers.' };

  it('concerns all threads here, and one process elsewhere', async () => {
    const [base, worker] = [1e9, 1e15];
    await expect(whereFor({ workers: 2 }, { base, worker }, words)).rejects.toThrow(
      /about 2000\.1 TB .* with 2 workers/s,
    );
    const prepared = await whereFor({ prepare: true, workers: 2 }, { base, worker }, words);
    expect(prepared).toMatchObject({ memory: base + worker, on: undefined });
    expect(prepared.said(2e6)).toBe(
      'prepared only; a process takes about 1000.1 TB of memory, the folder 2 MB of disk',
    );
    const here = await whereFor({ workers: 2 }, { base: 1e6, worker: 1e6 }, words);
    expect(here.said(2e6)).toBe('2 at a time; needs about 3 MB of memory and 2 MB of disk');
  });

  it('is a known place', async () => {
    await expect(whereFor({ on: 'cloud' }, { base: 1, worker: 1 }, words)).rejects.toThrow(
      /on threads or on slurm, .*; got 'cloud'\.$/,
    );
  });
});

describe('the lock of another machine', () => {
  const locked = (name: string, holder: string) => {
    const path = join(home, name);
    beginToy(path, 1).close();
    writeFileSync(join(path, 'lock'), holder);
    return path;
  };
  const elsewhere = JSON.stringify({ pid: 7, host: 'elsewhere', started: '1' });

  it('is taken over where that is asked for, and the error names the flag', () => {
    const path = locked('taken', elsewhere);
    expect(() => beginToy(path, 1, false)).toThrow(
      /in use by process 7 on elsewhere; .* add --take-over or delete .*lock/,
    );
    expect(() => beginToy(path, 1)).toThrow(/no longer runs, delete .*lock/);
    const folder = beginToy(path, 1, true);
    folder.close();
    expect(existsSync(join(path, 'lock'))).toBe(false);
  });

  it('is taken over when nobody can read it, and never from a process that runs here', () => {
    beginToy(locked('unreadable', 'nonsense'), 1, true).close();
    const alive = locked('alive', JSON.stringify({ pid: process.ppid, host: hostname(), started: null }));
    expect(() => beginToy(alive, 1, true)).toThrow(new RegExp(`in use by process ${process.ppid} on ${hostname()}`));
  });

  it('ends the process that held it, at the next writing of the record, and leaves the lock of the new one', () => {
    const path = join(home, 'lost');
    const folder = beginToy(path, 1);
    writeFileSync(join(path, 'lock'), elsewhere);
    expect(() => folder.save()).toThrow(/another process has taken .* over; this one stops/);
    folder.close();
    expect(readFileSync(join(path, 'lock'), 'utf8')).toBe(elsewhere);
  });
});
