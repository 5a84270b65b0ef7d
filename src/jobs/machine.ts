/** What a run's numbers and timings depend on: versions, the machine, its memory. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, hostname, release, totalmem, type } from 'node:os';
import { arch, constrainedMemory, version, versions } from 'node:process';

interface Package {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
const own = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Package;

/** thermograd's version. */
export const VERSION = own.version;

export interface Versions {
  readonly thermograd: string;
  readonly node: string;
  readonly v8: string;
  /** Dependencies, pinned exactly. */
  readonly dependencies: Readonly<Record<string, string>>;
}

export function allVersions(): Versions {
  return {
    thermograd: VERSION,
    node: version,
    v8: versions.v8,
    dependencies: { ...own.dependencies, ...own.optionalDependencies },
  };
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** Bytes this process may use: the smaller of the machine's memory and a container's limit. */
  readonly memory: number;
  readonly system: string;
  readonly host: string;
}

export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memory: usableMemory(),
    system: `${type()} ${release()} ${arch}`,
    host: hostname(),
  };
}

/** Bytes of memory that this process may use. */
export function usableMemory(): number {
  const limit = constrainedMemory?.() ?? 0;
  return limit > 0 && limit < totalmem() ? limit : totalmem();
}
