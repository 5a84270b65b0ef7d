/** The runs in the given folders: found anew at each request, with summaries that are kept while their files stay as they are. */
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { idOf } from '../../results/folder.js';
import { findResults, type Kind } from '../../results/kinds.js';
import { type RunSummary, summarise } from '../../results/summary.js';
import { diskFolder, type Given, listFiles } from './given.js';

/** A run, or a recording, and where it lies. */
export interface Run {
  readonly id: string;
  readonly name: string;
  /** The folder whose files may be read. */
  readonly path: string;
  /** The one file of it that is the recording, where it is a single one: then no other may be read. */
  readonly only?: string;
  /** Which of the given folders it is in. */
  readonly given: Given;
  readonly kind: Kind | undefined;
}

/** Finds runs and summarises them. */
export class RunIndex {
  private readonly given: readonly Given[];
  private readonly kept = new Map<string, { readonly stamp: string; readonly summary: RunSummary }>();
  private runs = new Map<string, Run>();

  constructor(given: readonly Given[]) {
    this.given = given;
  }

  /** Searches the given folders. Costs one reading of each folder in them. */
  async find(): Promise<readonly Run[]> {
    const found: Run[] = [];
    for (const given of this.given) {
      const { name, path, folder } = given;
      const files = folder ? await listFiles(path) : [basename(path)];
      const base = folder ? path : dirname(path);
      for (const { path: inner, kind } of findResults(files)) {
        const called = !folder || inner === '' ? name : `${name}/${inner}`;
        const single = files.includes(inner);
        const place = single ? dirname(join(base, inner)) : join(base, inner);
        found.push({
          id: idOf(called),
          name: called,
          path: place,
          given,
          kind,
          ...(single && { only: basename(inner) }),
        });
      }
    }
    this.runs = new Map(found.map((run) => [run.id, run]));
    return [...this.runs.values()];
  }

  /** Returns a run by its name in addresses; searches once more where it is new. */
  async run(id: string): Promise<Run | undefined> {
    if (!this.runs.has(id)) await this.find();
    return this.runs.get(id);
  }

  /** Returns the summary of a run, the kept one while record and findings are as they were. */
  async summary(run: Run): Promise<RunSummary> {
    const stamp = await this.stamp(run);
    const kept = this.kept.get(run.id);
    if (kept?.stamp === stamp) return kept.summary;
    const summary = await summarise(diskFolder(run.name, run.path), run.kind);
    this.kept.set(run.id, { stamp, summary });
    return summary;
  }

  private async stamp({ path, kind }: Run): Promise<string> {
    const files = kind ? [kind.file, 'findings.json', ...(kind.numbers ? [kind.numbers] : [])] : [];
    const facts = await Promise.all(files.map((file) => stat(join(path, file)).catch(() => undefined)));
    return facts.map((f) => (f ? `${f.mtimeMs}/${f.size}` : '')).join();
  }
}
