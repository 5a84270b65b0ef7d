/** Versions, the machine and its memory, on which a run's last bits and timings depend. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, hostname, release, totalmem, type } from 'node:os';
import { arch, constrainedMemory, version, versions } from 'node:process';

interface Package {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
const own = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Package;

/** The version of thermograd. */
export const VERSION = own.version;

/** Lists the versions of thermograd, Node, V8 and the dependencies. */
export interface Versions {
  readonly thermograd: string;
  readonly node: string;
  readonly v8: string;
  /** Dependencies, pinned exactly. */
  readonly dependencies: Readonly<Record<string, string>>;
}

/** Returns the versions in use. */
export function allVersions(): Versions {
  return {
    thermograd: VERSION,
    node: version,
    v8: versions.v8,
    dependencies: { ...own.dependencies, ...own.optionalDependencies },
  };
}

/** Describes a machine. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** Bytes this process may use: the smaller of the machine's memory and a container's limit. */
  readonly memory: number;
  readonly system: string;
  readonly host: string;
}

/** Describes the machine that runs this process. */
export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memory: usableMemory(),
    system: `${type()} ${release()} ${arch}`,
    host: hostname(),
  };
}

/** Returns the bytes of memory that this process may use. */
export function usableMemory(): number {
  const limit = constrainedMemory?.() ?? 0;
  return limit > 0 && limit < totalmem() ? limit : totalmem();
}
