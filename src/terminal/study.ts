/** A reproduction with presets of its own, as a command: its request from flags, and the printing of its findings. */
import { join } from 'node:path';
import type { Instead } from '../jobs/where.js';
import { shellWord } from '../numeric/shell-word.js';
import type { Finding } from '../report/finding.js';
import { findingLines } from './findings.js';
import { presetRequest, type RunFlags } from './flags.js';
import { type Session, session } from './session.js';
import { whereAgain } from './where.js';

/** Describes the command of one experiment. */
interface StudyCommand<Run> {
  readonly experiment: string;
  /** The flags that the experiment has; everything else is fixed by its preset. */
  readonly known: readonly string[];
  readonly run: (request: ReturnType<typeof presetRequest>) => Promise<Run>;
  /** What --json prints beside folder, report and findings, and the lines between the findings and the path of the report. */
  readonly more: (run: Run) => { readonly document: object; readonly lines: readonly string[] };
  /** Options that the command which continues the work needs too, each with a space before it. */
  readonly options?: string;
}

/** What every study returns. */
interface Done {
  readonly folder: string;
  readonly findings: readonly Finding[];
  readonly instead?: Instead;
}

/** Prints what a study did instead of computing its cells and writing its report, and how to go on. */
export function sayInstead(
  s: Session,
  folder: string,
  { did, sentence, cells = folder }: Instead,
  again: string,
): void {
  const place = shellWord(cells);
  const next =
    did === 'prepared' ? [`thermograd cells ${place} --missing`, `thermograd cell ${place} INDEX…`, again] : [again];
  const why = ['lists what is to do', 'does some of it, on any machine', 'does what is missing and writes the report'];
  const lines = next.map((command, k) => `  ${command}    ${why[k + why.length - next.length]}`);
  s.result({ folder, did, sentence, next }, [sentence, 'go on with:', ...lines].join('\n'));
}

/** Runs the command and prints its result, as text or as one JSON document. */
export async function studyCommand<Run extends Done>(
  flags: RunFlags & { readonly seeds?: number },
  { experiment, known, run, more, options = '' }: StudyCommand<Run>,
): Promise<void> {
  const again = (folder: string) =>
    `thermograd reproduce ${experiment}${options} --out ${shellWord(folder)} --resume${whereAgain(flags)}`;
  await session(
    flags.json ?? false,
    async (s) => {
      const done = await run(presetRequest(experiment, flags, known, s));
      const { folder, findings, instead } = done;
      if (instead) {
        sayInstead(s, folder, instead, again(folder));
        return;
      }
      const report = join(folder, 'report.html');
      const { document, lines } = more(done);
      s.result(
        { folder, report, ...document, findings },
        [...findingLines(findings), '', ...lines, `report: ${report}`].join('\n'),
      );
    },
    again,
  );
}
