/** The memory and the disk that a decomposition needs, before it starts. */
import { type DiskPart, documents, FILE_BYTES } from '../../jobs/disk.js';
import { type MemoryNeed, PROGRAM_BYTES, THREAD_BYTES } from '../../jobs/memory.js';
import { ALL_BASES } from './summary.js';

/** Square matrices of float64 that are held at the peak: solution, parts, planes and the files before they are written. */
const MATRICES = 40;
/** Square matrices in the files: sigma, u, q, s, a, sigma_discrete; bases twice and directions that do not turn. */
const FILES = 9;
/** Numbers of a plane and of the summary. */
const [OF_PLANE, OF_SUMMARY] = [6, 200];

/** States what the decomposition of n coordinates needs. */
export function decomposeNeed(n: number): { readonly memory: MemoryNeed; readonly disk: readonly DiskPart[] } {
  const matrices = 8 * n * n;
  const key = 'fewer coordinates';
  const parts = [
    { what: 'Node and the program', bytes: PROGRAM_BYTES + THREAD_BYTES, key: '' },
    { what: `matrices of ${n}×${n}`, bytes: MATRICES * matrices, key },
  ];
  // a document lists the bases of a small system
  const bases = n <= ALL_BASES ? 3 * n * n : 10 * n;
  return {
    memory: { peak: parts[0].bytes + parts[1].bytes, parts },
    disk: [
      { what: `matrices of ${n}×${n}`, bytes: FILES * (matrices + FILE_BYTES), key },
      documents(bases + (OF_PLANE / 2 + 4) * n + OF_SUMMARY, 1),
    ],
  };
}
