/** From flags to requests, and from results to the terminal: `protect`, `advise` and `decompose` with the measuring left out. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { addAdvise } from '../src/experiments/advise/command.js';
import { adviseRun } from '../src/experiments/advise/experiment.js';
import { adviceWords } from '../src/experiments/advise/findings.js';
import { addDecompose, describeResult } from '../src/experiments/decompose/command.js';
import { decomposeFiles } from '../src/experiments/decompose/experiment.js';
import { decompositionSummary } from '../src/experiments/decompose/summary.js';
import { addProtect, describeProtection } from '../src/experiments/protect/command.js';
import { protectRun } from '../src/experiments/protect/experiment.js';
import { jsonLine } from '../src/numeric/json.js';
import { adviceStudy } from './support/advise-results.js';
import { summaryInput } from './support/decompose-results.js';
import { protection } from './support/protect-results.js';

const study = adviceStudy();
const advised = { folder: 'some/advice', advice: study.advice, facts: study.facts, verification: study.verification };
const decomposed = {
  folder: 'a folder',
  report: 'a folder/report.html',
  summary: decompositionSummary(summaryInput()),
};
vi.mock('../src/experiments/protect/experiment.js', () => ({ protectRun: vi.fn() }));
vi.mock('../src/experiments/advise/experiment.js', () => ({ adviseRun: vi.fn() }));
vi.mock('../src/experiments/decompose/experiment.js', () => ({ decomposeFiles: vi.fn() }));

const folder = mkdtempSync(join(tmpdir(), 'requests-'));
const config = join(folder, 'config.json');
writeFileSync(config, '{"seed": 3}');
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

/** Runs a command line; what it asked for, and what it wrote on stdout. */
async function run(
  add: (root: Command) => void,
  asked: ReturnType<typeof vi.fn>,
  result: unknown,
  line: readonly string[],
) {
  asked.mockReset().mockResolvedValue(result);
  let stdout = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += text;
    return true;
  });
  const root = new Command().exitOverride();
  add(root);
  await root.parseAsync(line, { from: 'user' });
  expect(asked).toHaveBeenCalledTimes(1);
  const { signal: _, onProgress: __, onStart: ___, onJudged: ____, ...request } = asked.mock.calls[0][0];
  return { request, stdout };
}
const protect = (...flags: string[]) => run(addProtect, vi.mocked(protectRun), protection(), ['protect', ...flags]);
const advise = (...flags: string[]) => run(addAdvise, vi.mocked(adviseRun), advised, ['advise', ...flags]);
const decompose = (...flags: string[]) =>
  run(addDecompose, vi.mocked(decomposeFiles), decomposed, ['decompose', '--drift', 'F', '--diffusion', 'D', ...flags]);

describe('protect', () => {
  it('asks for what its flags say and for nothing else', async () => {
    expect((await protect()).request).toEqual({ layers: [{}] });
    const flags = [
      ...['a-run', '--method', 'ldc', '--weights', 'w', '--axes', '7', '--layers', 'layer1,layer2', '--samples', '90'],
      ...['--window-epochs', '4', '--momentum', '0.5', '--out', 'o', '--force', '--config', config, '--seed', '8'],
      ...['--data', 'mnist', '--limit', '9', '--sampling', 'replaced', '--learning-rate', '0.25', '--batch-size', '6'],
    ];
    expect((await protect(...flags)).request).toEqual({
      run: 'a-run',
      method: 'ldc',
      weights: 'w',
      axes: 7,
      held: ['layer1', 'layer2'],
      samples: 90,
      windowEpochs: 4,
      out: 'o',
      force: true,
      layers: [
        { seed: 3 },
        {
          seed: 8,
          data: { set: 'mnist', limit: 9 },
          training: { sampling: 'replaced', learningRate: 0.25, batchSize: 6 },
        },
        { training: { momentum: 0.5 } },
      ],
    });
    expect((await protect('--layers', 'all', '--momentum', '0')).request).toEqual({
      held: 'all',
      layers: [{}, { training: { momentum: 0 } }],
    });
  });
  it('prints its rows, or one JSON document', async () => {
    expect((await protect()).stdout).toBe(`${describeProtection(protection())}\n`);
    expect(JSON.parse((await protect('--json')).stdout)).toEqual(protection());
  });
});

describe('advise', () => {
  it('asks for what its flags say and for nothing else', async () => {
    expect((await advise()).request).toEqual({ layers: [{}] });
    const flags = [
      ...[
        'a-run',
        '--weights',
        'w',
        '--at',
        'init',
        '--epochs',
        '3',
        '--verify',
        '--runs',
        '5',
        '--verify-epochs',
        '6',
      ],
      ...['--safety', '0.25', '--window', '7', '--directions', '9', '--workers', '2', '--out', 'o', '--force'],
      ...['--momentum', '0.5', '--learning-rate', '0.125', '--batch-size', '32', '--limit', '77'],
    ];
    expect((await advise('--no-verify')).request).toEqual({ layers: [{}], verify: false });
    expect((await advise(...flags)).request).toEqual({
      run: 'a-run',
      weights: 'w',
      at: 'init',
      epochs: 3,
      verify: true,
      runs: 5,
      verifyEpochs: 6,
      safety: 0.25,
      windowEpochs: 7,
      directions: 9,
      workers: 2,
      out: 'o',
      force: true,
      layers: [
        { data: { limit: 77 }, training: { learningRate: 0.125, batchSize: 32 }, workers: 2 },
        { training: { momentum: 0.5 } },
      ],
    });
  });

  it('prints a row for each judgement and note', async () => {
    const { stdout } = await advise('--verify');
    const words = adviceWords(study.advice, study.facts, study.verification);
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((l) => [l.slice(0, 11).trimEnd(), l.slice(12)]);
    expect(rows).toEqual([
      ['state', words.state],
      ['setting', words.setting],
      ['rate', words.rate],
      ['ceiling', words.ceiling],
      ['batch', words.batch],
      ['noise', words.noise],
      ['stationary', words.stationary],
      ['verified', words.verified],
      ...words.notes.map((n) => ['note', n]),
      ['report', join('some/advice', 'report.html')],
    ]);
    await expect(stdout).toMatchFileSnapshot(
      fileURLToPath(new URL('./snapshots/advise/terminal.txt', import.meta.url)),
    );
  });

  it('prints one JSON document with words and numbers', async () => {
    const document = JSON.parse((await advise('--json')).stdout);
    expect(Object.keys(document)).toEqual(['report', 'words', 'folder', 'advice', 'facts', 'verification']);
    expect(document.advice).toEqual(JSON.parse(JSON.stringify(study.advice)));
    expect(document.words.rate).toBe(adviceWords(study.advice, study.facts, study.verification).rate);
  });
});

describe('decompose', () => {
  it('asks for what its flags say and for nothing else', async () => {
    expect((await decompose()).request).toEqual({ drift: 'F', diffusion: 'D' });
    const flags = ['--noise-strength', '0.5', '--step', '0.125', '--unstable', '--out', 'o', '--force', '--provider', 'system']; // biome-ignore format: one line
    expect((await decompose(...flags)).request).toEqual({
      drift: 'F',
      diffusion: 'D',
      noiseStrength: 0.5,
      step: 0.125,
      unstable: true,
      out: 'o',
      force: true,
      provider: 'system',
    });
  });
  it('prints its rows, or one JSON document', async () => {
    expect((await decompose()).stdout).toBe(`${describeResult(decomposed)}\n`);
    const json = await decompose('--json');
    expect(JSON.parse(json.stdout)).toEqual(JSON.parse(jsonLine(decomposed)));
    expect(JSON.parse(json.stdout).summary.conditionNumbers.diffusion).toBe('Infinity');
    expect(json.request).not.toHaveProperty('json');
  });
});
