/** The notebook of the how-to pages: every cell runs, from a recording to the numbers of a report. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { torchPython } from './support/python.js';

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const NOTEBOOK = at('docs/how-to/notebook.ipynb');

it('is committed without outputs', () => {
  const { cells } = JSON.parse(readFileSync(NOTEBOOK, 'utf8'));
  const outputs = cells.flatMap((c: { outputs?: unknown[] }) => c.outputs ?? []);
  expect(outputs).toEqual([]);
});

// half a minute: with the pages of the docs, in CI
const why = !torchPython ? 'needs python3 with torch' : process.env.CI ? '' : 'runs in CI';
it.skipIf(why !== '')(`${why && `skipped: ${why}: `}runs cell by cell`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'thermograd-notebook-'));
  try {
    const path = [at('python/src'), process.env.PYTHONPATH].filter((p) => p).join(delimiter);
    const { status, stdout, stderr } = spawnSync(torchPython!, [at('python/tests/run_notebook.py'), NOTEBOOK], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, PYTHONPATH: path, OMP_NUM_THREADS: '1' },
    });
    expect(stderr).not.toMatch(/Traceback/);
    expect(stdout).toMatch(/shows Report/);
    expect(stdout).toMatch(/rec\.psi .* ± /);
    expect(stdout).toMatch(/6 cells executed/);
    expect(status).toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
