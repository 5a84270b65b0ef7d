/** `thermograd decompose`: its flags, its help, and the printing of its result. */
import { type Command, Option } from 'commander';
import { formatNumber, formatPlain } from '../../report/format.js';
import { session } from '../../terminal/session.js';
import { positiveNumber } from '../../terminal/values.js';
import type { DecomposeRequest, DecomposeResult } from './experiment.js';

type Flags = DecomposeRequest & { readonly json?: boolean };

/** Adds the command. */
export function addDecompose(root: Command): void {
  root
    .command('decompose')
    .description(
      'compute potential, circulation, covariance and vortices of a linear Langevin system, from its two matrices',
    )
    .requiredOption('--drift <file>', 'F, n×n: .npy, .npz (file.npz:name) or CSV')
    .requiredOption('--diffusion <file>', 'D, n×n, symmetric, ≥ 0')
    .addOption(new Option('--noise-strength <x>', 'epsilon, a temperature (1)').argParser(positiveNumber))
    .addOption(
      new Option('--step <dt>', 'also compute the covariance of x ← (1 − dt·F)x + noise, in steps of dt').argParser(
        positiveNumber,
      ),
    )
    .option('--unstable', 'accept an unstable F and return its algebraic U, which is not a covariance')
    .option('--out <dir>', 'folder of the results (decomposition); it must be new or empty')
    .option('--force', 'replace an earlier decomposition in that folder')
    .addOption(new Option('--provider <which>', 'linear algebra (auto)').choices(['auto', 'embedded', 'system']))
    .option('--json', 'print one JSON document on stdout, for errors too')
    .addHelpText(
      'after',
      `
The system:        x' = −F x + noise,    ⟨noise noiseᵀ⟩ = 2 epsilon D δ(t − t')
is decomposed as:  (S + A) x' = −U x + noise of covariance 2 epsilon S,
with:              F = (D + Q) U

  sigma.npy   stationary covariance, epsilon U⁻¹: F Σ + Σ Fᵀ = 2 epsilon D
  u.npy       potential: the stationary density is exp(−xᵀU x / 2 epsilon)
  q.npy       antisymmetric; epsilon Q_ij is the circulation ½⟨x_i x'_j − x_j x'_i⟩; zero in equilibrium
  s.npy       friction, symmetric ≥ 0
  a.npy       transverse matrix, antisymmetric (a magnetic field)
  sigma_discrete.npy   with --step: Σ = (1 − dt F) Σ (1 − dt F)ᵀ + 2 dt epsilon D
  vortices.json, .npz  the planes in which the current rotates, and their share of it
  summary.json         eigenvalues, condition numbers, residuals of every identity, entropy production, warnings
  potential.svg        the potential, and the current along its contours, in the plane of the strongest vortex
  report.html          all of this on one page, with figures/ (SVG) and tables/ (CSV)

F must be stable (real parts of its eigenvalues positive). D may be singular where F passes the noise on, as from a
velocity to its position. Where Σ is known but cannot be inverted (noise does not reach every direction, or hardly), sigma.npy and
q.npy are written, and U, S, A and vortices are reported as lost, with the reason. A system without an answer is refused with one sentence, and nothing is written.

Example, two coordinates that relax at rate 1 and rotate at rate 2:
  printf '1,-2\\n2,1\\n' > F.csv
  printf '1,0\\n0,1\\n' > D.csv
  thermograd decompose --drift F.csv --diffusion D.csv --out spiral
gives Σ = 1, U = 1, Q = (0 −2; 2 0), one vortex with q = 2, entropy production rate 8.`,
    )
    .action(async ({ json = false, ...request }: Flags) => {
      const { decomposeFiles } = await import('./experiment.js');
      await session(json, async ({ line, signal, result }) => {
        const made = await decomposeFiles({ ...request, signal, onStart: (text) => line.say(text) });
        result(made, describeResult(made));
      });
    });
}

/** Writes the result as text, one property a line. */
export function describeResult({ folder, report, summary: s }: DecomposeResult): string {
  const [re, im] = s.eigenvalues[0];
  const rows: [string, string][] = [
    ['system', `${s.n} coordinates, noise strength ${formatNumber(s.noiseStrength)}, D of rank ${s.noiseRank}`],
    [
      s.stationary ? 'slowest' : 'unstable',
      `eigenvalue ${formatPlain(re)}${im === 0 ? '' : ` ± ${formatPlain(Math.abs(im))}i`} of F`,
    ],
    [
      'residual',
      `${s.lost ? `F Σ + Σ Fᵀ = 2 epsilon D to ${formatNumber(s.lost.backwardError, 2)} of ‖F‖‖Σ‖, ` : ''}F W = D + Q to ${formatNumber(s.residuals.force, 2)} (${s.residuals.method}; ${s.linearAlgebra})`,
    ],
  ];
  if (s.lost) {
    const { rank, reached, condition, why } = s.lost;
    rows.push([
      'lost',
      `U, S, A and vortices: of ${s.n} directions the variance of ${rank} is known, and noise reaches ${reached} (condition ${Number.isFinite(condition) ? formatNumber(condition, 2) : 'infinite'})`,
    ]);
    rows.push(['', why]);
    rows.push(['accuracy', `Σ is known to about ${formatNumber(s.errorBound, 2)} of its size`]);
  } else if (s.stationary) {
    rows.push(['entropy', `production rate ${formatNumber(s.entropyProductionRate)} per unit of time`]);
    rows.push(['vortices', vortexLine(s)]);
  }
  rows.push(['written', `${s.files.join(', ')} in ${folder}`]);
  rows.push(['report', report]);
  return [...rows.map(([name, text]) => `${name.padEnd(9)} ${text}`), ...s.warnings.map((w) => `note      ${w}`)].join(
    '\n',
  );
}

function vortexLine({ vortices: v }: DecomposeResult['summary']): string {
  if (!v?.strongest) return 'none: detailed balance holds (Q = 0)';
  return `${v.count}, the strongest with ${v.whitening === 'diffusion' ? 'q' : 'frequency'} ${formatNumber(v.strongest.q)} and ${formatNumber(100 * v.strongest.share)} % of the flux`;
}
