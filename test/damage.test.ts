/** Folders of results that are not as their stages left them: one sentence with exit code 2, before anything is read or written. */
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adviseRun } from '../src/experiments/advise/experiment.js';
import { measureAo2022 } from '../src/experiments/ao2022/experiment.js';
import { reproduceIvf2021 } from '../src/experiments/ivf2021/experiment.js';
import { analyseRun, reportRun } from '../src/experiments/ivf2021/reanalyse.js';
import { protectRun } from '../src/experiments/protect/experiment.js';
import { measure, refuseLinks, verifyOutputs } from '../src/jobs/outputs.js';
import { InputError } from '../src/numeric/errors.js';
import { readCheckpoint } from '../src/record/checkpoint.js';
import { readSafetensors, writeSafetensors } from '../src/record/safetensors.js';
import { trainRun } from '../src/runs/run.js';
import type { PartialConfig } from '../src/runs/schema.js';

const CONFIG: PartialConfig = {
  data: { set: 'teacher', teacher: { network: { widths: [8, 6, 3] }, train: 300, test: 50 } },
  training: { batchSize: 15, stop: { rule: 'epochs', epochs: 3 }, maxEpochs: 20 },
  record: { layer: 'layer1', windowEpochs: 10 },
  workers: 1,
};
const home = mkdtempSync(join(tmpdir(), 'damage-'));
const whole = join(home, 'whole');
afterAll(() => rmSync(home, { recursive: true, force: true }));
beforeAll(async () => {
  await reproduceIvf2021(CONFIG, { out: whole });
});

let copies = 0;
/** A copy of the run with a change. */
function changed(change: (run: string) => void, from = whole): string {
  const run = join(home, `copy${copies++}`);
  cpSync(from, run, { recursive: true });
  change(run);
  return run;
}
const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
const edit = (path: string, change: (value: never) => unknown) => {
  const value = json(path) as never;
  const other = change(value);
  writeFileSync(path, JSON.stringify(other === undefined ? value : other));
};
/** Takes the digests away, as in a folder of an earlier build: what is left are the checks of every reader. */
const unsealed = (run: string) =>
  edit(join(run, 'run.json'), (record: Record<string, unknown>) => {
    delete record.outputs;
  });
const noRun = async () => {
  throw new Error('no run is made here');
};
const COMMANDS = {
  report: (run: string) => reportRun(run),
  analyse: (run: string) => analyseRun(run),
  ao2022: (run: string) => measureAo2022([], noRun, { run }),
  advise: (run: string) => adviseRun({ run, verify: false }),
  protect: (run: string) => protectRun({ run, method: 'variance', axes: 2, out: join(run, 'p.npz') }),
  resume: (run: string) => reproduceIvf2021([], { out: run, resume: true }),
};
type Command = keyof typeof COMMANDS;

async function refused(run: string, command: Command, sentence: RegExp): Promise<void> {
  const error = await COMMANDS[command](run).then(
    () => 'accepted',
    (e: unknown) => e,
  );
  expect(error, command).toBeInstanceOf(InputError);
  expect((error as Error).message).toMatch(sentence);
  expect((error as Error).message).not.toMatch(/undefined|TypeError/);
  expect([existsSync(join(run, 'lock')), existsSync(join(run, 'ao2022')), existsSync(join(run, 'advice'))]).toEqual([
    false,
    false,
    false,
  ]);
}

describe('the record holds what was written', () => {
  it('of every array and document', () => {
    const { outputs } = json(join(whole, 'run.json'));
    expect(Object.keys(outputs).sort()).toEqual(
      [
        ...['analysis', 'dynamics', 'findings', 'flatness', 'history', 'pca', 'walk'].map((n) => `${n}.json`),
        ...['checkpoint', 'model'].map((n) => `${n}.safetensors`),
        ...['directions', 'first', 'last', 'mean', 'variances', 'zarr.json'].map((n) => `pca.zarr/${n}`),
        ...['correct', 'loss', 'step', 'weights', 'zarr.json'].map((n) => `trajectory.zarr/${n}`),
      ].sort(),
    );
    // 200 rows of 48 float32 in one chunk of 1000 rows, and its metadata
    const metadata = readFileSync(join(whole, 'trajectory.zarr/weights/zarr.json')).length;
    expect(outputs['trajectory.zarr/weights']).toMatchObject({
      stage: 'train',
      files: 2,
      bytes: 4 * 48 * 1000 + metadata,
    });
    expect(outputs['walk.json']).toMatchObject({ stage: 'walk', files: 1 });
  });

  it('the digest of a file is the SHA-256 that other programs give', () => {
    const path = join(home, 'abc');
    writeFileSync(path, 'abc');
    expect(measure(path)).toEqual({
      files: 1,
      bytes: 3,
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    });
  });

  it('the digest of a folder changes with names, lengths and contents', () => {
    const folder = join(home, 'f');
    const digest = (files: Record<string, string>) => {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
      return measure(folder).sha256;
    };
    const all = [{ a: 'xy', b: 'z' }, { a: 'x', b: 'yz' }, { a: 'xyz', b: '' }, { a: 'xy', c: 'z' }, { a: 'xy' }].map(
      (f) => digest(f as unknown as Record<string, string>),
    );
    expect(new Set(all).size).toBe(all.length);
    expect(digest({ b: 'z', a: 'xy' })).toBe(all[0]);
  });
});

describe('arrays that changed are refused by every command that reads them', () => {
  const chunk = 'trajectory.zarr/weights/c/0/0';
  it.each<[string, (run: string) => void, RegExp, readonly Command[]]>([
    ['a truncated chunk', (run) => truncateSync(join(run, chunk), 40_000), /trajectory\.zarr\/weights is not as the run wrote it \(\d+ bytes instead of \d+\)/, ['analyse', 'ao2022', 'protect', 'resume']],
    ['a chunk with another number', (run) => { const bytes = readFileSync(join(run, chunk)); bytes[7] ^= 64; writeFileSync(join(run, chunk), bytes); }, /as many bytes, but others: its SHA-256 differs/, ['analyse', 'ao2022', 'protect', 'resume']],
    ['a lowered shape', (run) => edit(join(run, 'trajectory.zarr/weights/zarr.json'), (m: { shape: number[] }) => { m.shape[0] = 100; }), /trajectory\.zarr\/weights is not as/, ['analyse', 'ao2022', 'protect', 'resume']],
    ['a missing chunk', (run) => rmSync(join(run, chunk)), /1 files instead of 2/, ['analyse', 'ao2022', 'protect', 'resume']],
    ['a missing array', (run) => rmSync(join(run, 'pca.zarr/mean'), { recursive: true }), /pca\.zarr\/mean is not as the run wrote it \(it is missing\)/, ['analyse', 'ao2022', 'resume']],
    ['a further file in an array', (run) => writeFileSync(join(run, 'trajectory.zarr/weights/c/0/1'), 'x'), /3 files instead of 2/, ['analyse', 'ao2022', 'protect', 'resume']],
    ['other weights', (run) => { const bytes = readFileSync(join(run, 'model.safetensors')); bytes[bytes.length - 1] ^= 1; writeFileSync(join(run, 'model.safetensors'), bytes); }, /model\.safetensors is not as/, ['analyse', 'ao2022', 'advise', 'protect', 'resume']],
    ['other findings', (run) => appendFileSync(join(run, 'findings.json'), ' '), /findings\.json is not as/, ['report', 'analyse', 'resume']],
  ])('%s', async (_, change, sentence, commands) => {
    for (const command of commands) await refused(changed(change), command, sentence);
  }); // biome-ignore format: a table

  it('a folder without digests is held to the lengths of its chunks', async () => {
    const run = changed((r) => {
      unsealed(r);
      truncateSync(join(r, chunk), 40_000);
    });
    await expect(protectRun({ run, method: 'variance', axes: 2, out: join(run, 'p.npz') })).rejects.toThrow(
      /chunk 0\/0 of 10000 numbers instead of 48000; the file is cut short or damaged/,
    );
  });

  it('a run that was stopped, when it is continued', async () => {
    const run = join(home, 'stopped');
    const stop = new AbortController();
    const at = (p: { done: number }) => p.done > 200 && stop.abort();
    await expect(
      trainRun(
        { ...CONFIG, record: { layer: 'layer1', windowEpochs: 200 }, training: { ...CONFIG.training, maxEpochs: 400 } },
        { out: run, signal: stop.signal, onProgress: at },
      ),
    ).rejects.toThrow(/stopped as asked/);
    const damaged = changed((r) => truncateSync(join(r, 'checkpoint.safetensors'), 100), run);
    await refused(damaged, 'resume', /checkpoint\.safetensors is not as the run wrote it/);
  });

  it('a whole folder that was removed to make room is asked for by those alone who read it', async () => {
    const run = changed((r) => rmSync(join(r, 'trajectory.zarr'), { recursive: true }));
    await reportRun(run);
    expect((await reproduceIvf2021([], { out: run, resume: true })).record.stages.report.status).toBe('done');
    await refused(run, 'protect', /no trajectory\.zarr any more/);
  });
});

describe('documents that are missing, empty or something else', () => {
  const cases: [string, readonly Command[], RegExp][] = [
    ['pca.json', ['analyse', 'ao2022'], /pca\.json/],
    ['dynamics.json', ['analyse', 'ao2022'], /dynamics\.json/],
    ['flatness.json', ['ao2022'], /flatness\.json/],
    ['history.json', ['analyse', 'ao2022'], /history\.json/],
    ['analysis.json', ['report'], /analysis\.json|no finished analysis/],
    ['findings.json', ['report'], /findings\.json|no finished analysis/],
    ['model.safetensors', ['analyse', 'ao2022'], /model\.safetensors/],
  ];
  it.each(cases)('%s', async (name, commands, sentence) => {
    for (const sealed of [true, false])
      for (const text of [undefined, '{}', 'null', '', '[1'])
        for (const command of commands)
          await refused(
            changed((run) => {
              if (!sealed) unsealed(run);
              if (text === undefined) rmSync(join(run, name));
              else writeFileSync(join(run, name), text);
            }),
            command,
            name.endsWith('.safetensors') && text !== undefined ? /./ : sentence,
          );
  });

  it.each<[string, (record: never) => unknown, RegExp]>([
    ['null', () => null, /was not written by thermograd/],
    ['a list', () => [1], /was not written by thermograd/],
    ['without stages', (r: Record<string, unknown>) => { delete r.stages; }, /run\.json is damaged: it has no stages/],
    ['with a stage without status', (r: Record<string, unknown>) => { r.stages = { train: {} }; }, /its stage train has no status/],
    ['without config', (r: Record<string, unknown>) => { delete r.config; }, /run\.json is damaged: its config is not one of a run/],
    ['with a config of another kind', (r: Record<string, unknown>) => { r.config = { network: { widths: 3 } }; }, /config is not one of a run \(network\.widths\)/],
    ['without kernel build', (r: Record<string, unknown>) => { delete r.kernelBuild; }, /names no kernel build/],
    ['with outputs of another kind', (r: Record<string, unknown>) => { r.outputs = { a: 3 }; }, /list of outputs is not readable/],
  ])('run.json %s', async (_, change, sentence) => {
    for (const command of Object.keys(COMMANDS) as Command[]) {
      const run = changed((r) => edit(join(r, 'run.json'), change));
      await refused(run, command, sentence);
    }
  }); // biome-ignore format: a table

  it('an analysis of its own is held to its digests too', async () => {
    const run = changed(() => {});
    const out = await analyseRun(run);
    const page = readFileSync(await reportRun(out), 'utf8');
    expect(page).toContain('<html');
    appendFileSync(join(out, 'analysis.json'), '\n');
    await expect(reportRun(out)).rejects.toThrow(/analysis\.json is not as the run wrote it/);
  });
});

describe('checkpoints', () => {
  const spec = { widths: [8, 6, 3], activation: 'tanh', bias: false, loss: 'cross-entropy' } as const;
  const example = { epoch: 0, reason: '' };
  const written = (metadata: (m: Record<string, string>) => Record<string, string>) => {
    const path = join(home, 'c.safetensors');
    const { tensors, metadata: m } = readSafetensors(readFileSync(join(whole, 'checkpoint.safetensors')), 'c');
    writeFileSync(path, writeSafetensors([...tensors], metadata(m)));
    return path;
  };
  it.each<[string, (m: Record<string, string>) => Record<string, string>, RegExp]>([
    ['no state', ({ state: _, ...m }) => m, /its metadata hold no state of training/],
    ['half a state', (m) => ({ ...m, state: m.state.slice(0, 9) }), /a state of training that is not JSON/],
    ['a state that is a number', (m) => ({ ...m, state: '3' }), /hold no state of training/],
    ['a state without an epoch', (m) => ({ ...m, state: '{"reason":""}' }), /a state of training without 'epoch'/],
    ['an epoch in words', (m) => ({ ...m, state: '{"reason":"","epoch":"two"}' }), /without 'epoch'/],
    ['another format', (m) => ({ ...m, thermograd: 'checkpoint 7' }), /is not a thermograd checkpoint/],
  ])('%s', (_, metadata, sentence) => {
    expect(() => readCheckpoint(written(metadata), spec, example)).toThrow(sentence);
  });
  it('as written', () => {
    expect(
      readCheckpoint(
        written((m) => m),
        spec,
        example,
      )?.state,
    ).toMatchObject({ epoch: 13 });
  });
});

describe('symbolic links', () => {
  it.each<[string, (run: string) => void, RegExp]>([
    ['of a file', (run) => { renameSync(join(run, 'pca.json'), join(home, 'outside.json')); symlinkSync(join(home, 'outside.json'), join(run, 'pca.json')); }, /pca\.json is a symbolic link that leads out of the folder/],
    ['of a folder', (run) => { rmSync(join(run, 'pca.zarr'), { recursive: true }); symlinkSync(join(whole, 'pca.zarr'), join(run, 'pca.zarr')); }, /pca\.zarr is a symbolic link that leads out/],
    ['to nothing', (run) => symlinkSync(join(home, 'none'), join(run, 'x')), /leads nowhere/],
    ['to a folder with a name that begins alike', (run) => { mkdirSync(`${run}-b`); symlinkSync(`${run}-b`, join(run, 'x')); }, /leads out of the folder/],
  ])('%s outside', async (_, change, sentence) => {
    for (const command of Object.keys(COMMANDS) as Command[]) await refused(changed(change), command, sentence);
  }); // biome-ignore format: a table

  it('inside the folder, and of the folder itself, are followed', () => {
    const run = changed((r) => symlinkSync(join(r, 'pca.json'), join(r, 'again.json')));
    symlinkSync(run, join(home, 'by-link'));
    refuseLinks(run);
    refuseLinks(join(home, 'by-link'));
    verifyOutputs(join(home, 'by-link'), json(join(run, 'run.json')).outputs);
  });
});
