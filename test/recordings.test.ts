/** `thermograd analyse` on recordings with known statistics and on bad input. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PcaSummary } from '../src/analyse/trajectory/results.js';
import {
  analyseRecording,
  type RecordingRequest,
  type RecordingResult,
} from '../src/experiments/recording/experiment.js';
import { measure } from '../src/jobs/outputs.js';
import { InputError } from '../src/numeric/errors.js';
import { normalHalfWidth } from '../src/numeric/interval.js';
import { parseJson } from '../src/numeric/json.js';
import { randomKey } from '../src/numeric/random.js';
import { readNpz } from '../src/record/npz.js';
import { asNpy, asTensorFolder, ornsteinUhlenbeck, walk } from './support/recordings.js';

const folder = mkdtempSync(join(tmpdir(), 'thermograd-analyse-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const embedded = { provider: 'embedded' } as const;

const verdicts = ({ findings }: RecordingResult) => Object.fromEntries(findings.map((f) => [f.id, f.verdict]));
const UNDECIDED = 'not decidable with this run';

describe('an Ornstein-Uhlenbeck process', () => {
  const eta = 0.1;
  const laws = Array.from({ length: 8 }, (_, i) => ({ h: 3 - 0.25 * i, s: 0.5 ** i }));
  const coordinates = laws.map(({ h, s }) => ({ a: 1 - eta * h, s }));
  let result: RecordingResult;
  beforeAll(async () => {
    const path = asNpy(at('ou.npy'), ornsteinUhlenbeck(12000, coordinates, 7));
    result = await analyseRecording(path, { ...embedded, options: { every: 1, facts: { learningRate: eta } } });
  });

  it('has its variances, correlation times and temperatures, within their errors', () => {
    const { pca, motion, temperatures } = result.measured;
    expect('missing' in temperatures).toBe(false);
    laws.forEach(({ h, s }, i) => {
      const a = 1 - eta * h;
      const variance = s ** 2 / (1 - a ** 2);
      const tau = (1 + a) / (2 * (1 - a));
      // the square of such a coordinate has the correlation time (1+a²)/(2(1−a²))
      const relative = Math.sqrt((2 * (1 + a ** 2)) / (1 - a ** 2) / 12000);
      expect(Math.abs(pca.variances[i] / variance - 1), `sigma² ${i + 1}`).toBeLessThan(4 * relative);
      const d = motion.dynamics[i];
      expect(Math.abs(d.correlationTime.value - tau), `tau ${i + 1}`).toBeLessThan(4 * d.correlationTime.standardError);
      if ('missing' in temperatures) return;
      const t = temperatures.directions[i].temperature;
      expect(Math.abs(t.value - h * variance), `T ${i + 1}`).toBeLessThan(4 * t.standardError + 0.01 * t.value);
    });
  });

  it('is stationary, settled, without drift, and has many temperatures', () => {
    const { motion } = result.measured;
    expect(motion.settled).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    // 2 tau/T of the first coordinate, which has three quarters of the variance
    expect(motion.between.value).toBeLessThan(0.002);
    expect(verdicts(result)).toMatchObject({
      'rec.stationary': 'reproduced',
      'rec.drift-ballistic': 'not reproduced',
      'rec.drift-share': UNDECIDED,
      'rec.circulation': UNDECIDED,
      'rec.temperature': 'not reproduced',
    });
  });

  it('leaves a folder that appears whole, with digests of what it wrote', async () => {
    const { folder: out } = result;
    expect(out).toBe(at('ou.npy-analysis'));
    expect(readdirSync(out).sort()).toEqual([
      'analysis.json',
      'directions.npz',
      'figures',
      'findings.json',
      'report.html',
      'settings.json',
      'tables',
      'theory.html',
    ]);
    const settings = parseJson(readFileSync(join(out, 'settings.json'), 'utf8')) as { outputs: Record<string, object> };
    for (const name of ['analysis.json', 'directions.npz', 'findings.json'])
      expect(settings.outputs[name]).toMatchObject(measure(join(out, name)));
    const document = parseJson(readFileSync(join(out, 'analysis.json'), 'utf8')) as { measured: { pca: PcaSummary } };
    expect(document.measured.pca.variances).toEqual(result.measured.pca.variances);
    const arrays = await readNpz(readFileSync(join(out, 'directions.npz')), 'directions');
    expect(arrays.get('directions')?.shape).toEqual([8, 8]);
    await expect(analyseRecording(at('ou.npy'), embedded)).rejects.toMatchObject({ code: 'out-exists' });
  });

  it('names what it left out, and what that needs', () => {
    const words = result.leftOut.map(({ what, needs }) => `${what}: ${needs}`).join('\n');
    expect(words).toMatch(/flatness along the directions.*the model with its loss and data/);
    expect(words).toMatch(/the rank law: The rank law begins at rank 20/);
  });
});

describe('rotation', () => {
  it('is found at its rate, and the share of the variance outside the plane is stated', async () => {
    // x' = (1 − F)x + noise, F = (k, −ω; ω, k) in one plane; a third coordinate that does not take part
    const [k, omega, T] = [0.2, 0.1, 20000];
    const stream = randomKey(4).stream();
    const data = new Float32Array(T * 3);
    let [x, y, z] = [0, 0, 0];
    for (let t = 0; t < T; t++) {
      data.set([5 + x, y, z], 3 * t);
      [x, y, z] = [
        (1 - k) * x + omega * y + stream.normal(),
        (1 - k) * y - omega * x + stream.normal(),
        0.5 * z + 0.3 * stream.normal(),
      ];
    }
    const result = await analyseRecording(asNpy(at('turn.npy'), { T, P: 3, data }), embedded);
    const { rotation, pca } = result.measured;
    if ('missing' in rotation) throw new Error(rotation.missing);
    const [first] = rotation.pairs;
    expect(first.ranks).toEqual([1, 2]);
    expect(Math.abs(Math.abs(first.rate) - omega)).toBeLessThan(4 * first.standardError);
    expect(first.standardError).toBeLessThan(0.01);
    expect(first.offPlane).toBeCloseTo(pca.variances[2] / pca.totalVariance, 12);
    expect(rotation.significant).toBe(1);
    expect(verdicts(result)['rec.circulation']).toBe('reproduced');
    // every tenth step: rates are per step of training all the same, as far as ten steps are short
    const sparse = await analyseRecording(at('turn.npy'), { ...embedded, options: { every: 10 }, out: at('turn-10') });
    if ('missing' in sparse.measured.rotation) throw new Error(sparse.measured.rotation.missing);
    expect(sparse.measured.rotation.pairs[0].rate / first.rate).toBeCloseTo(0.1, 9);
    expect(sparse.measured.motion.dynamics[0].correlationTime.value).toBeCloseTo(
      10 * result.measured.motion.dynamics[0].correlationTime.value,
      9,
    );
  });
});

describe('an isotropic walk', () => {
  it('is no steady state, and no more than a walk with its own steps', async () => {
    const r = walk(
      1500,
      Array.from({ length: 260 }, () => 0.01),
      12,
    );
    const result = await analyseRecording(asNpy(at('walk.npy'), r), embedded);
    const { pca, walk: own, motion } = result.measured;
    if ('missing' in own) throw new Error(own.missing);
    const share = pca.variances[0] / pca.totalVariance;
    expect(Math.abs(share - 6 / Math.PI ** 2)).toBeLessThan(0.1);
    expect(Math.abs(own.share.mean - 6 / Math.PI ** 2)).toBeLessThan(0.02);
    expect(Math.abs(motion.between.value - 0.5)).toBeLessThan(0.15);
    expect(verdicts(result)).toMatchObject({
      'rec.stationary': 'not reproduced',
      'rec.drift-share': UNDECIDED,
      'rec.rank-law': 'not reproduced',
      'rec.circulation': UNDECIDED,
      'rec.temperature': UNDECIDED,
    });
    // a share with an error as large as itself is refuted by the error that a share of 4 % would have, and the reason says so
    const { value: b, standardError: e } = motion.between;
    expect(b - 1.96 * e).toBeLessThan(0.04);
    const { reason } = result.findings.find((f) => f.id === 'rec.stationary')!;
    const [, error, errors] = /a share of 4 % counts, ([\d.]+) %: .* lies ([\d.]+) such errors above 4 %/.exec(reason)!;
    expect(Number(error) / (100 * e * (0.04 / b))).toBeCloseTo(1, 1);
    expect(Number(errors) / ((b - 0.04) / (e * (0.04 / b)))).toBeCloseTo(1, 1);
    const law = result.measured.rankLaw;
    if ('missing' in law) throw new Error(law.missing);
    expect(Math.abs(law.gamma.value - own.gamma.mean)).toBeLessThan(
      Math.hypot(normalHalfWidth(law.gamma), 3 * own.gamma.deviation),
    );
  });

  it('with a drift is told from one without', async () => {
    const r = walk(
      800,
      Array.from({ length: 60 }, () => 0.01),
      13,
    );
    for (let t = 0; t < r.T; t++) for (let j = 0; j < r.P; j++) r.data[t * r.P + j] *= 1 + 0.002 * t;
    const result = await analyseRecording(asNpy(at('drift.npy'), r), embedded);
    expect(verdicts(result)).toMatchObject({
      'rec.drift-aligned': 'reproduced',
      'rec.drift-ballistic': 'reproduced',
      'rec.drift-share': 'reproduced',
    });
  });
});

describe('what cannot be analysed is refused before anything is written', () => {
  const r = walk(60, [1, 1, 1, 1, 1, 1], 31);
  const changed = (name: string, change: (data: Float32Array) => void) => {
    const data = r.data.slice();
    change(data);
    return asTensorFolder(at(name), { ...r, data }, { 'a.weight': [2, 2], 'b.bias': [2] }, { every: 5 });
  };
  const cases: [string, () => string, string, RegExp, RecordingRequest?][] = [
    [
      'a number that is none',
      () => changed('nan', (d) => (d[10 * 6 + 2] = Number.NaN)),
      'not-finite',
      /not finite at step 55 \(row 10\): a\.weight\[1, 0\] is NaN; take the steps before with --steps :55/,
    ],
    [
      'an infinite one in the second parameter',
      () => changed('inf', (d) => (d[3 * 6 + 5] = Number.POSITIVE_INFINITY)),
      'not-finite',
      /at step 20 \(row 3\): b\.bias\[1\] is Infinity/,
    ],
    [
      'weights that never move',
      () => changed('still', (d) => d.fill(2)),
      'nothing-moved',
      /all 60 rows of the recording are equal/,
    ],
    [
      'too few rows',
      () => at('nan'),
      'too-few-rows',
      /at least 40 rows .* there are 9 of 6 weights/,
      { options: { steps: { to: 50 } } },
    ],
    [
      'one row',
      () => asNpy(at('one.npy'), { ...r, T: 1, data: r.data.slice(0, 6) }),
      'too-few-rows',
      /there is 1 of 6 weights/,
    ],
    [
      'too much memory',
      () => asNpy(at('large.npy'), r),
      'not-enough-memory',
      /take fewer rows with --steps A:B, or some of the parameters with --params/,
      { memory: 1e8 },
    ],
    [
      'rows that are zeros but for a few',
      () => changed('zeros', (d) => d.fill(0, 20 * 6)),
      'too-few-rows',
      /only the first 20 hold anything but zeros/,
    ],
  ];
  it.each(cases)('%s', async (_, path, code, words, request = {}) => {
    const given = path();
    const error = await analyseRecording(given, { ...embedded, ...request }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).toMatch(words);
    expect((error as InputError).code).toBe(code);
    expect(existsSync(`${given}-analysis`)).toBe(false);
  });

  it('a foreign folder in the place of the results', async () => {
    cpSync(at('still'), at('there'), { recursive: true });
    await expect(analyseRecording(asNpy(at('ok.npy'), r), { out: at('there'), force: true })).rejects.toThrow(
      /which no analysis leaves/,
    );
  });

  it('rows of zeros at the end are not written yet', async () => {
    const { measured } = await analyseRecording(
      changed('later', (d) => d.fill(0, 50 * 6)),
      embedded,
    );
    expect(measured.recording.T).toBe(50);
    expect(measured.recording.notes.join()).toContain('the last 10 of 60 rows hold nothing but zeros');
    expect(measured.recording.steps).toEqual([5, 250]);
  });
});
