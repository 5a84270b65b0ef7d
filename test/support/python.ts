/** A Python with PyTorch, where there is one. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A Python that has torch and NumPy; undefined where none is found. */
export const torchPython = [process.env.THERMOGRAD_PYTHON, 'python3', '/usr/bin/python3'].find(
  (python) => python && spawnSync(python, ['-c', 'import torch, numpy']).status === 0,
);

/** Writes a file of Python, and what it reads, into a folder of its own; returns its path. */
export function pythonFile(code: string, data?: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'thermograd-bridge-'));
  if (data !== undefined) writeFileSync(join(folder, 'data.json'), JSON.stringify(data));
  writeFileSync(join(folder, 'train.py'), code);
  return join(folder, 'train.py');
}

/** True where that PyTorch maps functions over samples (version 2); without it gradients of samples are taken one by one. */
export const torchMaps =
  torchPython !== undefined && spawnSync(torchPython, ['-c', 'import torch; torch.func.vmap']).status === 0;

/** Any Python 3.9 or later; undefined where none is found. */
export const plainPython = ['/usr/bin/python3', 'python3'].find(
  (python) => spawnSync(python, ['-c', 'import sys; assert sys.version_info >= (3, 9)']).status === 0,
);
