/** The models in PyTorch: each trains on a few samples, is recorded, and its recording is analysed. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { thermograd } from './support/cli.js';
import { torchPython } from './support/python.js';

const EXAMPLES = fileURLToPath(new URL('../examples/pytorch', import.meta.url));
const SOURCE = fileURLToPath(new URL('../python/src', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'thermograd-pytorch-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Recorded weights of each model. */
const MODELS = { 'mlp.py': 2500, 'lenet.py': 2400 + 840, 'resnet.py': 2304, 'transformer.py': 1024 };

it('are all known', () => {
  const files = readdirSync(EXAMPLES).filter((f) => f.endsWith('.py') && !['images.py', 'training.py'].includes(f));
  expect(files.sort()).toEqual(Object.keys(MODELS).sort());
});

// PyTorch starts once for each: in CI
const why = !torchPython ? 'needs python3 with torch' : process.env.CI ? '' : 'runs in CI';
describe.skipIf(why !== '')(why && `skipped: ${why}`, () => {
  it.each(Object.entries(MODELS))('%s is recorded and analysed', async (file, weights) => {
    const out = join(folder, file.replace('.py', ''));
    const args = [join(EXAMPLES, file), '--out', out, '--epochs', '1', '--window', '3'];
    const env = { ...process.env, PYTHONPATH: SOURCE, THERMOGRAD_LIMIT: '1000', OMP_NUM_THREADS: '1' };
    const trained = spawnSync(torchPython!, args, { encoding: 'utf8', env });
    expect(trained.stderr).toBe('');
    expect(trained.stdout.match(/^epoch \d: loss \d+\.\d+$/gm)).toHaveLength(4);
    const { code, stdout } = await thermograd('analyse', out, '--json', '--out', `${out}-analysis`);
    expect(code).toBe(0);
    const { recording } = JSON.parse(stdout);
    expect([recording.T, recording.P]).toEqual([60, weights]);
    expect(readFileSync(join(`${out}-analysis`, 'report.html'), 'utf8')).toMatch(/<\/html>\s*$/);
  });

  it('the first one has the same numbers and verdicts through the bridge and through the kernels', () => {
    const { status, stdout, stderr } = compared();
    expect(stderr.split('\n').filter((l) => l.includes(' apart, and '))).toEqual([]);
    expect(status).toBe(0);
    const rows = stdout.split('\n').map((l) => l.split(' | '));
    const apart = (what: string) => Number(rows.find(([first]) => first.startsWith(`| ${what}`))![3]);
    expect(apart('loss at the centre')).toBeLessThan(1e-8);
    expect(apart('F along')).toBeLessThan(1e-4);
    expect(apart('H in the span')).toBeLessThan(1e-6);
    expect(apart('C₁, 2500 × 2500')).toBeLessThan(1e-6);
    expect(apart('verdicts that differ')).toBe(0);
    expect(rows.filter(([first]) => first.startsWith('| rec.'))).toHaveLength(11);
  });

  it('and other numbers where its images are others', () => {
    const make = join(folder, 'brighter.py');
    writeFileSync(
      make,
      `import sys\nsys.path.insert(0, ${JSON.stringify(EXAMPLES)})\nimport mlp\n\n\ndef make():\n    problem = mlp.make()\n    problem.data = (problem.data[0] * 1.00001, problem.data[1])\n    return problem\n`,
    );
    const { status, stderr } = compared('--make', `${make}:make`);
    expect(stderr).toMatch(/^loss at the centre \(nat\): .* apart, and 1\.0e-8 is allowed\.$/m);
    expect(status).toBe(1);
  });

  /** Compares the surfaces of the recording of mlp.py, along a few directions. */
  function compared(...more: string[]) {
    const script = fileURLToPath(new URL('../scripts/compare-surfaces.mjs', import.meta.url));
    const args = [
      script,
      join(folder, 'mlp'),
      '--limit',
      '1000',
      '--directions',
      '6',
      '--python',
      torchPython!,
      ...more,
    ];
    return spawnSync(process.execPath, args, { encoding: 'utf8' });
  }
});
