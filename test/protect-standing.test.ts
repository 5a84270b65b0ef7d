/** A penalty whose page is missing, as a killed `thermograd protect` can leave it: the same call adds the page, and no other does. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type ProtectRequest, protectRun } from '../src/experiments/protect/experiment.js';
import { initialWeights } from '../src/model/network.js';
import { randomKey } from '../src/numeric/random.js';
import { writeModel } from '../src/record/checkpoint.js';
import type { PartialConfig } from '../src/runs/schema.js';
import { scratch } from './support/cli.js';

const spec = { widths: [8, 6, 3], activation: 'tanh', bias: false, loss: 'cross-entropy' } as const;
const config: PartialConfig = {
  data: { set: 'teacher', teacher: { train: 60, test: 0, network: { widths: [8, 6, 3] } } },
  network: { widths: [8, 6, 3] },
  training: { batchSize: 20 },
  provider: 'embedded',
};
const place = scratch();
const at = (name: string) => join(place.folder, name);
afterAll(() => rmSync(place.folder, { recursive: true, force: true }));
writeModel(at('model.safetensors'), spec, initialWeights(spec, randomKey(1)), {});
writeModel(at('other.safetensors'), spec, initialWeights(spec, randomKey(2)), {});

const out = at('penalty.safetensors');
const page = at('penalty-report');
const request: ProtectRequest = { layers: [config], weights: at('model.safetensors'), method: 'ewc', out };
const pageSays = () => JSON.parse(readFileSync(join(page, 'penalty.json'), 'utf8')).penalty;
const refused = async (other: Partial<ProtectRequest>) => {
  let started = false;
  const error = await protectRun({ ...request, ...other, onStart: () => (started = true) }).catch((e: unknown) => e);
  expect(error).toMatchObject({ code: 'out-exists', message: expect.stringMatching(/^[^\n]+--force\.$/) });
  return started;
};

beforeEach(async () => {
  for (const path of [out, page]) rmSync(path, { recursive: true, force: true });
  await protectRun(request);
});

describe('a penalty without its page', () => {
  it('gets the page by the same call, and stays as it is', async () => {
    const [bytes, said, { ino, mtimeMs }] = [readFileSync(out), pageSays(), statSync(out)];
    const files = readdirSync(page, { recursive: true }).sort();
    rmSync(page, { recursive: true });
    const words: string[] = [];
    const result = await protectRun({ ...request, onStart: (text) => words.push(text) });
    expect(words).toEqual([expect.stringContaining(`${out} stands already, and its page is added`)]);
    expect(result).toMatchObject({ file: out, report: join(page, 'report.html'), sha256: said.sha256 });
    expect(readFileSync(out)).toEqual(bytes);
    expect(statSync(out)).toMatchObject({ ino, mtimeMs });
    expect(readdirSync(page, { recursive: true }).sort()).toEqual(files);
    expect(pageSays().sha256).toBe(said.sha256);
    expect(await refused({})).toBe(false);
  });

  it('gets it in place of that of the file before it, where a replacement was killed', async () => {
    cpSync(page, at('kept'), { recursive: true });
    await protectRun({ ...request, method: 'random', axes: 2, force: true });
    const made = pageSays().sha256;
    rmSync(page, { recursive: true });
    cpSync(at('kept'), page, { recursive: true });
    expect(pageSays().sha256).not.toBe(made);
    expect(await refused({})).toBe(true);
    await protectRun({ ...request, method: 'random', axes: 2 });
    expect(pageSays()).toMatchObject({ sha256: made, method: 'random' });
  });

  it('is refused to a call that makes another one, with nothing changed', async () => {
    const bytes = readFileSync(out);
    rmSync(page, { recursive: true });
    // another network is seen at once, another method by the bytes
    expect(await refused({ weights: at('other.safetensors') })).toBe(false);
    expect(await refused({ method: 'l2' })).toBe(true);
    writeFileSync(out, 'x');
    expect(await refused({})).toBe(false);
    expect(readFileSync(out, 'utf8')).toBe('x');
    writeFileSync(out, bytes);
    expect(existsSync(page)).toBe(false);
  });

  it('is refused where its page is something else', async () => {
    writeFileSync(join(page, 'mine.txt'), 'x');
    expect(await refused({})).toBe(false);
    rmSync(page, { recursive: true });
    mkdirSync(page);
    writeFileSync(join(page, 'report.html'), 'x');
    expect(await refused({})).toBe(false);
    expect(readFileSync(join(page, 'report.html'), 'utf8')).toBe('x');
  });
});
