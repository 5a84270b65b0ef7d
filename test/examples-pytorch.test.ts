/** The models in PyTorch: each trains on a few samples, is recorded, and its recording is analysed. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
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
});
