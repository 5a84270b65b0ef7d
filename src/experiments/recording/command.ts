/** The part of `thermograd analyse` that takes recordings made elsewhere. */

import { openSurface } from '../../jobs/bridge/open.js';
import { trainedState } from '../../jobs/bridge/trained.js';
import { check } from '../../numeric/errors.js';
import type { TrainingFacts } from '../../record/recording/table.js';
import { findingLines } from '../../terminal/findings.js';
import { type Session, session } from '../../terminal/session.js';
import { analyseRecording } from './experiment.js';
import type { RecordingReportInput } from './page.js';
import { reportRecording } from './redraw.js';

/** The flags of a recording, as commander parsed them. */
export interface RecordingFlags {
  readonly params?: readonly string[];
  readonly steps?: { readonly from?: number; readonly to?: number };
  readonly every?: number;
  readonly arrays?: 'steps' | 'parameters';
  readonly learningRate?: number;
  readonly batchSize?: number;
  readonly momentum?: number;
  readonly memory?: number;
  readonly seed?: number;
  readonly surface?: string;
  readonly python?: string;
  readonly block?: readonly string[];
  readonly budget?: number;
  readonly provider?: 'auto' | 'embedded' | 'system';
  readonly out?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Runs `thermograd analyse` on a recording. */
export async function analyse(path: string, flags: RecordingFlags): Promise<void> {
  const { params, steps, every, arrays, learningRate, batchSize, momentum, memory, seed, provider, out, force } = flags;
  const { surface, python, block, budget } = flags;
  const facts: TrainingFacts = Object.fromEntries(
    Object.entries({ learningRate, batchSize, momentum }).filter(([, v]) => v !== undefined),
  );
  await session(flags.json ?? false, async (s) => {
    check(
      surface !== undefined || (python ?? block ?? budget) === undefined,
      'no-surface',
      '--python, --block and --budget are for the measurement of a model; name it with --surface.',
    );
    const options = {
      facts,
      ...(params && { params }),
      ...(steps && { steps }),
      ...(every !== undefined && { every }),
      ...(arrays && { arrays }),
      ...(memory !== undefined && { memory: memory * 1e9 }),
    };
    const { folder, measured, findings, leftOut } = await analyseRecording(path, {
      options,
      ...(out !== undefined && { out }),
      ...(force !== undefined && { force }),
      ...(memory !== undefined && { memory: memory * 1e9 }),
      ...(seed !== undefined && { seed }),
      ...(provider && { provider }),
      ...(surface !== undefined && {
        surface: {
          open: async () => {
            const opened = await openSurface(surface, python === undefined ? {} : { python });
            return { surface: opened, ...(await trainedState(opened, path)) };
          },
          ...(block && { blocks: block }),
          ...(budget !== undefined && { budgetSeconds: budget }),
        },
      }),
      signal: s.signal,
      ...(s.onProgress && { onProgress: s.onProgress }),
      onStart: (words) => s.line.say(words),
    });
    tell(s, folder, { measured, findings, leftOut });
  });
}

/** Runs `thermograd report` on the analysis of a recording. */
export async function report(folder: string, json: boolean): Promise<void> {
  await session(json, async (s) => tell(s, folder, await reportRecording(folder)));
}

/** Prints the verdicts and where the page lies. */
function tell(
  s: Session,
  folder: string,
  { measured, findings, leftOut }: Omit<RecordingReportInput, 'title' | 'run'>,
) {
  const report = `${folder}/report.html`;
  const { recording, survey } = measured;
  s.result(
    { folder, report, recording, survey, findings, leftOut },
    [
      ...findingLines(findings),
      ...(findings.length > 0 ? [''] : []),
      ...(measured.surfaceMissing === undefined ? [] : [`not measured: ${measured.surfaceMissing}`]),
      ...(measured.surface?.notes ?? []).map((note) => `note: ${note}`),
      ...recording.notes.map((note) => `note: ${note}`),
      `left out: ${leftOut.length} things, listed with what each needs`,
      `report: ${report}`,
    ].join('\n'),
  );
}
