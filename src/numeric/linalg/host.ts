/** What the search for a library of linear algebra asks of the machine, in Node. package.json leads `#host` here. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { platform } from 'node:os';
import { execPath } from 'node:process';
import type { Host } from './libraries.js';

/** The built program: the trial runs from there when this file is used from its source. */
const TRIAL = new URL(
  import.meta.url.endsWith('.ts') ? '../../../dist/numeric/linalg/trial.js' : './trial.js',
  import.meta.url,
);

/** Answers from the file system and from a process of its own. */
export const host: Host = {
  platform: platform(),
  list(folder) {
    try {
      return readdirSync(folder);
    } catch {
      return [];
    }
  },
  processor() {
    try {
      return (
        readFileSync('/proc/cpuinfo', 'utf8')
          .match(/^flags\s*:(.*)$/m)?.[1]
          .trim()
          .split(/\s+/) ?? []
      );
    } catch {
      return [];
    }
  },
  trial(path, core) {
    const code = `await (await import(${JSON.stringify(TRIAL.href)})).tryCore(${JSON.stringify(path)}, ${JSON.stringify(core)})`;
    return spawnSync(execPath, ['--input-type=module', '--eval', code], { stdio: 'ignore' }).status === 0;
  },
};
