/** A study for the launcher of Slurm: cells that a shell script does, a Slurm made of a folder, a clock that does not wait. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SlurmClient } from '../../src/jobs/slurm/client.js';
import type { Clock } from '../../src/jobs/slurm/clock.js';
import type { Launch } from '../../src/jobs/slurm/launch.js';
import { launcher } from '../../src/jobs/slurm/launcher.js';
import { parseSlurmOptions } from '../../src/jobs/slurm/options.js';
import { parsePrologue } from '../../src/jobs/slurm/prologue.js';
import { fakeSlurm, type Plan } from './fake-slurm.mjs';

/**
 * The program that tasks run. A cell whose name begins with `bad` fails, `kill` ends its process, `once` fails at the first attempt,
 * the document of `late` lies elsewhere first; every other one leaves a document, and writes its name into done.txt.
 */
const PROGRAM = `
folder=$2; list=$4; code=0
while IFS= read -r file; do
  [ -e "$folder/$file" ] && continue
  case "$file" in
    cells/bad*) echo "thermograd: cell $file: made to fail"; code=1; continue;;
    cells/late*) echo '{}' > "$folder/late.json"; continue;;
    cells/kill*) kill -9 $$;;
    cells/once*) if [ ! -e "$folder/tried" ]; then touch "$folder/tried"; echo "not yet: $file"; code=1; continue; fi;;
  esac
  echo "$file" >> "$folder/done.txt"
  printf '{"threads":"%s"}' "$OPENBLAS_NUM_THREADS" > "$folder/$file"
done < "$list"
exit $code
`;

/** Makes a clock that jumps ahead when somebody waits. */
export function jumpingClock(): Clock & { time: number } {
  const clock = {
    time: 0,
    now: () => clock.time,
    async sleep(milliseconds: number) {
      clock.time += milliseconds;
    },
  };
  return clock;
}

type Io = Parameters<ReturnType<typeof launcher>['run']>[1];

/** Says what a study is run with. */
export interface Given {
  readonly plan?: Plan;
  readonly options?: string;
  readonly prologue?: string;
  /** Seconds of each cell; unknown by default. */
  readonly seconds?: number;
  readonly signal?: AbortSignal;
  /** What calls Slurm; by default the functions of the folder. */
  readonly client?: SlurmClient;
  /** Called before every call of a program of Slurm. */
  readonly before?: (program: string, count: number) => void;
}

/** Makes a folder with a study of cells of these names, and a Slurm for it. */
export function slurmStudy(names: readonly string[], folderName = 'study') {
  const home = mkdtempSync(join(tmpdir(), 'thermograd-slurm-'));
  const [folder, slurm, program] = [join(home, folderName), join(home, 'slurm'), join(home, 'program.sh')];
  mkdirSync(join(folder, 'cells'), { recursive: true });
  mkdirSync(slurm);
  writeFileSync(program, PROGRAM);
  const cells = names.map((name) => ({ file: `cells/${name}.json`, name: `cell ${name}`, weight: 1 }));
  const notes: string[] = [];
  const done: string[] = [];
  const clock = jumpingClock();
  const text = (path: string) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return '';
    }
  };
  const setting = ({ plan, options = '', prologue, before, client }: Given): Launch['setting'] => {
    if (plan) writeFileSync(join(slurm, 'plan.json'), JSON.stringify(plan));
    let calls = 0;
    return {
      client:
        client ??
        new SlurmClient(async (name, args) => {
          before?.(name, calls++);
          return fakeSlurm(slurm, name, args);
        }),
      clock,
      options: parseSlurmOptions(options),
      prologue: parsePrologue(prologue ?? ''),
      node: '/bin/sh',
      program,
    };
  };
  return {
    folder,
    /** The folder of its Slurm. */
    slurm,
    clock,
    /** The notes beside the progress, and the documents that were reported. */
    notes,
    done,
    setting,
    /** Runs the launcher. */
    run(given: Given = {}): Promise<boolean> {
      const io: Io = {
        ...(given.signal && { signal: given.signal }),
        onProgress: (_, note) => note !== undefined && notes.at(-1) !== note && notes.push(note),
        onDone: (file) => done.push(file),
      };
      const timed = cells.map((cell) => ({ ...cell, ...(given.seconds !== undefined && { seconds: given.seconds }) }));
      const work = { folder, root: folder, stage: 'cells', what: 'a test', cells: timed, memory: 100e6 };
      return launcher(setting(given)).run(work, io);
    },
    /** The calls of a program of Slurm. */
    calls: (name: string) =>
      text(join(slurm, 'calls.txt'))
        .split('\n')
        .filter((line) => line.startsWith(`${name} `)),
    /** The cells that were computed, in their order. */
    computed: () => text(join(folder, 'done.txt')).split('\n').filter(Boolean),
    submissions: () => JSON.parse(text(join(folder, 'slurm', 'submissions.json')) || 'null'),
    read: (name: string) => text(join(folder, name)),
    jobs: () => JSON.parse(text(join(slurm, 'state.json'))).jobs as { id: string; tasks: { state: string }[] }[],
  };
}
