/** The worker that opens a recording: facts, the spectrum of its principal directions, and how it moves along some of them. */
import { directionDynamics } from '../../../analyse/trajectory/dynamics.js';
import { pca, pcaMemory, project } from '../../../analyse/trajectory/pca.js';
import { InputError } from '../../../numeric/errors.js';
import { chooseProvider } from '../../../numeric/linalg/choose.js';
import { openRecording } from '../../../record/recording/open.js';
import { placeFiles } from './files.js';
import type { FromRecording, ToRecording } from './recording.js';

/** Bytes that a page may take for the eigenproblem, and ranks whose motion is shown. */
const [MEMORY, RANKS] = [1.5e9, [1, 2, 5, 10, 20, 50]];

const say = (message: FromRecording): void => postMessage(message);

addEventListener('message', ({ data }: MessageEvent<ToRecording>) => {
  void open(data).catch((error) =>
    say({ type: 'error', sentence: error instanceof Error ? error.message : String(error) }),
  );
});

async function open({ files, path, params }: ToRecording): Promise<void> {
  placeFiles(files);
  const recording = await openRecording(path, { memory: MEMORY, ...(params && { params: [params] }) });
  const { format, T, P, parameters, every, stepsFrom, facts, notes } = recording;
  say({
    type: 'facts',
    facts: {
      format,
      T,
      P,
      every,
      stepsFrom,
      notes,
      training: facts,
      parameters: parameters.map(({ name, shape, size }) => ({ name, shape, size })),
    },
  });
  if (T < 3) throw new InputError('too-short', `a spectrum needs at least 3 rows; the recording has ${T}.`);
  const indices = RANKS.filter((rank) => rank <= Math.min(P, T - 1));
  const needed = pcaMemory({ T, P, kept: indices.length });
  if (needed > MEMORY)
    throw new InputError(
      'not-enough-memory',
      `the spectrum of ${P} weights over ${T} rows needs ${(needed / 1e9).toFixed(1)} GB in this page; choose parameters by name above, or run thermograd analyse on it.`,
    );
  const la = await chooseProvider({ prefer: 'embedded' });
  say({ type: 'working', what: `directions of ${P} weights over ${T} rows` });
  const result = await pca(recording, la, { keep: indices, budget: MEMORY });
  const { variances, resolution, totalVariance } = result.summary;
  say({ type: 'spectrum', spectrum: { variances, resolution, totalVariance } });
  if (T < 60)
    throw new InputError('too-short', `displacements with errors need at least 60 rows; the recording has ${T}.`);
  say({ type: 'working', what: 'displacements' });
  const thetas = await project(recording, result, la);
  const { components, mean } = result;
  say({ type: 'dynamics', dynamics: directionDynamics({ indices, thetas, components, mean }), every });
}
