/** A module that imports thermograd as an installed package: bundled for a browser, or run by Node. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

/** The package, with a separator at the end. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A folder in which thermograd is installed, holding the module `entry.js`. */
function project(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'thermograd-bundle-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(ROOT, join(folder, 'node_modules/thermograd'), 'dir');
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}');
  writeFileSync(join(folder, 'entry.js'), text);
  return folder;
}

export interface Bundle {
  /** All chunks, one after another. */
  readonly code: string;
  /** Modules that the bundle leaves to be found elsewhere. */
  readonly outside: string[];
  /** Files of which the bundle holds code; those of this package without ROOT. */
  readonly inside: string[];
}

/** Nothing is declared external. With `whole`, lazily loaded modules go into the one chunk. */
export async function bundleForBrowser(text: string, whole = false): Promise<Bundle> {
  const folder = project(text);
  try {
    const build = await rolldown({ input: join(folder, 'entry.js'), platform: 'browser', logLevel: 'silent' });
    const { output } = await build.generate({ format: 'esm', codeSplitting: !whole });
    const chunks = output.filter((o) => o.type === 'chunk');
    const names = new Set(chunks.map((c) => c.fileName));
    const modules = chunks.flatMap((c) => Object.entries(c.modules));
    return {
      code: chunks.map((c) => c.code).join('\n'),
      outside: chunks.flatMap((c) => [...c.imports, ...c.dynamicImports]).filter((name) => !names.has(name)),
      inside: modules.filter(([, m]) => m.renderedLength > 0).map(([name]) => name.replace(ROOT, '')),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What Node writes to stdout when it runs the module. */
export function runInNode(text: string): string {
  const folder = project(text);
  try {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['entry.js'], { cwd: folder, encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
