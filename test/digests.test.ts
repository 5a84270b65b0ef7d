/** What digests and labels of results hold: advice, penalties, stages that were killed, folders of analyses. */
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adviseRun } from '../src/experiments/advise/experiment.js';
import { reproduceIvf2021 } from '../src/experiments/ivf2021/experiment.js';
import { analyseRun, reportRun } from '../src/experiments/ivf2021/reanalyse.js';
import { protectRun } from '../src/experiments/protect/experiment.js';
import { analyseRecording } from '../src/experiments/recording/experiment.js';
import { JobFolder } from '../src/jobs/folder.js';
import { measure, type Outputs } from '../src/jobs/outputs.js';
import type { FolderKind } from '../src/jobs/record.js';
import { penalty } from '../src/model/penalty.js';
import { writeJson } from '../src/record/json.js';
import { readPenalty, writePenalty } from '../src/record/penalty.js';
import { readSafetensors, writeSafetensors } from '../src/record/safetensors.js';
import { SMALL_RUN } from './support/small-studies.js';

const home = mkdtempSync(join(tmpdir(), 'digests-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const at = (...names: string[]) => join(home, ...names);
const flip = (path: string, place: number) => {
  const bytes = readFileSync(path);
  bytes[place < 0 ? bytes.length + place : place] ^= 1;
  writeFileSync(path, bytes);
};
const config = { ...SMALL_RUN, analysis: { directions: 8, profiles: [1] } };
beforeAll(() => reproduceIvf2021(config, { out: at('run') }));

describe('advice', () => {
  it('lists its weights with bytes and SHA-256, and they are held to that when they are read', async () => {
    await adviseRun({ run: at('run'), out: at('advice'), verify: false });
    const weights = at('advice', 'weights.safetensors');
    const { outputs } = JSON.parse(readFileSync(at('advice', 'advice.json'), 'utf8'));
    expect(outputs).toEqual({ 'weights.safetensors': { stage: 'advise', ...measure(weights) } });
    const again = () => protectRun({ weights, layers: [config], out: at('again.npz'), force: true });
    expect((await again()).sha256).toBe(measure(at('again.npz')).sha256);
    flip(weights, -1);
    await expect(again()).rejects.toThrow(
      /weights\.safetensors is not as the run wrote it \(as many bytes, but others/,
    );
  });
});

it('a window that lies in the folder of its run is held to the record there, and elsewhere to nothing', async () => {
  cpSync(at('run'), at('cut'), { recursive: true });
  const metadata = at('cut', 'trajectory.zarr', 'weights', 'zarr.json');
  const analysis = (name: string) => analyseRecording(at(name), { out: at(`${name}-analysis`) });
  const array = JSON.parse(readFileSync(metadata, 'utf8'));
  array.shape[0] -= 40;
  writeFileSync(metadata, JSON.stringify(array));
  await expect(analysis('cut/trajectory.zarr')).rejects.toThrow(/trajectory\.zarr\/weights is not as the run wrote it/);
  expect(existsSync(at('cut', 'trajectory.zarr-analysis'))).toBe(false);
  for (const name of ['step', 'loss', 'correct']) {
    const place = at('cut', 'trajectory.zarr', name, 'zarr.json');
    const other = JSON.parse(readFileSync(place, 'utf8'));
    other.shape[0] -= 40;
    writeFileSync(place, JSON.stringify(other));
  }
  cpSync(at('cut', 'trajectory.zarr'), at('alone.zarr'), { recursive: true });
  expect((await analysis('alone.zarr')).measured.recording.T).toBe(array.shape[0]);
});

describe('penalties', () => {
  const some = penalty(Float64Array.of(1, 2, 3), [{ kind: 'diagonal', offset: 0, values: Float64Array.of(4, 5, 6) }]);
  it.each(['npz', 'safetensors'])('.%s: one bit of a number that changed is refused', async (end) => {
    const path = at(`p.${end}`);
    writePenalty(path, some, 0.5);
    expect(await readPenalty(path)).toEqual({ penalty: some, strength: 0.5, parameters: [] });
    const bytes = readFileSync(path);
    flip(path, bytes.indexOf(Buffer.from(Float64Array.of(5).buffer)) + 6);
    await expect(readPenalty(path)).rejects.toThrow(/checksum/);
  });
  it('.safetensors: names and shapes count too; without a checksum, as of other programs, it is read', async () => {
    const path = at('q.safetensors');
    writePenalty(path, some, 0.5, { method: 'made up' }, [{ name: 'w', shape: [3, 1] }]);
    const { tensors, metadata } = readSafetensors(readFileSync(path), path);
    const other = [...tensors].map(([n, t]) => [n === 'parameters.0.w' ? 'parameters.0.v' : n, t] as const);
    writeFileSync(path, writeSafetensors(other, metadata));
    await expect(readPenalty(path)).rejects.toThrow(/is not as it was written/);
    writeFileSync(path, writeSafetensors(other));
    expect((await readPenalty(path)).parameters).toEqual([{ name: 'v', shape: [3, 1] }]);
  });
});

describe('a stage that was killed', () => {
  type Name = 'first' | 'second';
  const KIND: FolderKind<Name> = {
    file: 'toy.json',
    format: 'thermograd toy',
    stages: ['first', 'second'],
    what: 'a toy',
  };
  const open = (name: string) => JobFolder.open<Name, object>(KIND, at(name), {}, { resume: true });
  const listed = (name: string) => {
    const { outputs } = JSON.parse(readFileSync(at(name, 'toy.json'), 'utf8')) as { outputs: Outputs };
    return Object.entries(outputs).map(([file, { stage }]) => `${file} ${stage}`);
  };
  /** Copies a folder as it is now, which is what a kill would leave. */
  const killed = (from: string, to: string) => {
    cpSync(at(from), at(to), { recursive: true });
    rmSync(at(to, 'lock'));
  };
  const body = (folder: JobFolder<Name, object>, stage: Name, then = () => {}) =>
    folder.stage(stage, {}, async () => {
      for (const part of ['a', 'b']) {
        writeJson(folder.file('parts-of', `${stage}-${part}.json`), { stage, part });
        if (part === 'a') then();
      }
    });
  const all = ['first-a first', 'first-b first', 'second-a second', 'second-b second'].map((line) =>
    line.replace(/^(\S+)/, 'parts-of/$1.json'),
  );

  it('keeps what it wrote under its name, also where all stages look again for what is missing', async () => {
    const whole = open('whole');
    await body(whole, 'first', () => killed('whole', 'in-first'));
    await body(whole, 'second', () => killed('whole', 'in-second'));
    whole.close();
    expect(listed('whole')).toEqual(all);
    for (const name of ['in-first', 'in-second']) {
      const folder = open(name);
      for (const stage of KIND.stages) folder.record.stages[stage].status = 'waiting'; // as studies do
      folder.save();
      await folder.stage('first', {}, async () => {
        if (name === 'in-second') killed(name, 'again'); // killed once more, before it came to the second
        writeJson(folder.file('parts-of', 'first-b.json'), { stage: 'first', part: 'b' });
      });
      await body(folder, 'second');
      folder.close();
      expect(listed(name)).toEqual(all);
    }
    const folder = open('again');
    for (const stage of KIND.stages) folder.record.stages[stage].status = 'waiting';
    await folder.stage('first', {}, async () => {});
    expect(listed('again')).toEqual(all.slice(0, 3));
    await body(folder, 'second');
    folder.close();
    expect(listed('again')).toEqual(all);
  });
});

describe('the folder of an analysis', () => {
  const centre = (which: 'last' | 'mean', out: string) => analyseRun(at('run'), { analysis: { centre: which }, out });
  it('is made again or continued with the same settings, and refused with others', async () => {
    const out = at('own');
    await centre('last', out);
    const wrote = readFileSync(join(out, 'flatness.json'), 'utf8');
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    rmSync(join(out, 'report.html'));
    expect(readFileSync(await reportRun(out), 'utf8')).toBe(page);
    rmSync(join(out, 'flatness.json'));
    await centre('last', out);
    expect(readFileSync(join(out, 'flatness.json'), 'utf8')).toBe(wrote);
    await expect(centre('mean', out)).rejects.toThrow(
      /holds an analysis of another run or with other settings; choose another with --out/,
    );
    appendFileSync(join(out, 'notes.txt'), 'mine');
    await expect(centre('last', out)).rejects.toThrow(/holds notes\.txt and is no analysis/);
  });
  it('is no folder that holds something else, nor a file', async () => {
    await expect(centre('last', at('run'))).rejects.toThrow(/and is no analysis; choose another with --out/);
    mkdirSync(at('mine'));
    writeFileSync(at('mine', 'findings.json'), '[]');
    await expect(centre('last', at('mine'))).rejects.toThrow(/holds findings\.json and is no analysis/);
    expect(readFileSync(at('mine', 'findings.json'), 'utf8')).toBe('[]');
    writeFileSync(at('a-file'), '');
    await expect(centre('last', at('a-file'))).rejects.toThrow(/is not a folder/);
    mkdirSync(at('empty'));
    expect(await centre('last', at('empty'))).toBe(at('empty'));
  });
});
