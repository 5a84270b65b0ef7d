/**
 * What the view Valley says beside its pictures, as findings with their rules. Each is a pure function of a frame.
 *
 * Density: the total variation between histogram and density is compared with what as many independent particles would show by chance.
 * Within 3 errors of chance the density is reproduced. Beyond it is not, unless steps are so long (eta·h > 0.1 at the sharpest visited
 * place) that the map's own variance, 1/(1 − eta h/2) times that of small steps, differs by more than 5 %: then it is not decidable
 * whether anything else is wrong. Fewer than 500 moving particles, and less than one relaxation time 1/h at that place, decide nothing.
 *
 * Bound: with eta below the mean-square bound at the sharpest visited place fewer than 1 % diverge; above the almost-sure bound more than
 * 1 % do, once 20 relaxation times 1/(eta h) have passed. Between both, and before, nothing is decided.
 *
 * Freezing: the measured share is reproduced where it lies within 3 errors or 0.03 of the predicted one (the elimination of y is of
 * leading order). Beyond, it is not, unless steps are long (eta·h > 0.5 at the sharpest visited place): the rates are those of small
 * steps along x. Shares of fewer than 500 particles decide nothing.
 */
import { formatEstimate, formatNumber, formatShare } from '../../../../report/format.js';
import type { ValleyFrame } from '../../../engine/valley/frame.js';
import type { LiveFinding } from '../../finding-note.js';

const FEW = 500;
/** Fewer passages of a particle than this are none. */
const FROZEN = 0.05;

/** Compares the histogram of the particles with the Fokker-Planck density. */
export function densityFinding(f: ValleyFrame): LiveFinding {
  const { value, byChance } = f.distance;
  const step = f.state.eta * f.bound.curvature;
  const apart = value.value - byChance > 3 * value.standardError;
  const long = step > 0.1;
  const young = f.time * f.bound.curvature < 1;
  const undecided = f.moving < FEW || young || (apart && long);
  const verdict = undecided ? 'not decidable with this run' : apart ? 'not reproduced' : 'reproduced';
  return {
    claim: 'Particles of the SGD map are distributed as the Fokker-Planck equation says.',
    measured: `Total variation ${formatEstimate(value)} over ${f.bars.counts.length} bars, ${f.moving} particles.`,
    nullModel: `${formatNumber(byChance, 2)} by chance, if the particles were drawn from that density.`,
    verdict,
    reason:
      f.moving < FEW
        ? `Fewer than ${FEW} particles move.`
        : young
          ? 'Less than one relaxation time across the valley has passed, and particles and density began at the same place.'
          : !apart
            ? 'The distance is within 3 errors of chance.'
            : long
              ? `The distance exceeds chance by more than 3 errors, and steps are long: eta·h reaches ${formatNumber(step, 2)} where particles are, which alone widens their distribution there by a factor ${step < 2 ? formatNumber(1 / (1 - step / 2), 3) : 'without limit'}.`
              : 'The distance exceeds chance by more than 3 errors although steps are short.',
  };
}

/** Compares the share of diverged particles with the bounds on the learning rate. */
export function boundFinding(f: ValleyFrame): LiveFinding {
  const { eta } = f.state;
  const { meanSquare, almostSure, curvature } = f.bound;
  const share = f.diverged / f.particles;
  const passed = f.time * curvature;
  const below = eta < meanSquare;
  const above = eta > almostSure;
  const decided = (below || above) && f.particles >= FEW && passed > 20;
  const verdict = !decided ? 'not decidable with this run' : below === share < 0.01 ? 'reproduced' : 'not reproduced';
  return {
    claim: 'Steps across the valley grow where eta exceeds 2/(h (1 + s²)), and shrink below.',
    measured: `${formatShare(share)} of ${f.particles} particles diverged; eta is ${formatNumber(eta / meanSquare, 3)} times the bound in mean square.`,
    nullModel: `Bound ${formatNumber(meanSquare, 3)} in mean square and ${formatNumber(almostSure, 3)} almost surely, at the sharpest place that particles visit (h = ${formatNumber(curvature, 3)} nat/weight² at ${f.bound.at.map((v, k) => `${'xy'[k]} = ${formatNumber(v, 2)}`).join(', ')}).`,
    verdict,
    reason: !decided
      ? passed <= 20
        ? 'Fewer than 20 relaxation times have passed.'
        : below || above
          ? `Fewer than ${FEW} particles.`
          : 'Eta lies between the two bounds, where some paths grow and others return.'
      : below
        ? share < 0.01
          ? 'Eta is below the bound, and fewer than 1 % diverged.'
          : 'Eta is below the bound of the visited places, and yet more than 1 % diverged: some were thrown to sharper places.'
        : share < 0.01
          ? 'Eta is above the bound, and yet fewer than 1 % diverged: particles may have come to rest in flatter places.'
          : 'Eta is above the bound, and particles diverge.',
  };
}

/** Compares the share in the right well with the prediction from escape rates. */
export function freezingFinding(f: ValleyFrame): LiveFinding | undefined {
  const z = f.freezing;
  if (!z) return undefined;
  const apart = Math.abs(z.share.value - z.predicted);
  const near = apart < 3 * z.share.standardError || apart < 0.03;
  const few = z.share.n < FEW;
  const step = f.state.eta * f.bound.curvature;
  const long = step > 0.5;
  return {
    claim:
      'The wells are passed at the rates of escape over the barrier, and the occupation freezes where these vanish.',
    measured: `${formatEstimate(z.share)} of the particles are in the right well.`,
    nullModel: `${formatNumber(z.predicted, 3)} predicted; ${formatNumber(z.equilibrium, 3)} if there were time enough. A passage from the left takes ${formatNumber(z.times[0], 3)}, from the right ${formatNumber(z.times[1], 3)} eta·steps (barriers of ${formatNumber(z.barriers[0], 2)} and ${formatNumber(z.barriers[1], 2)} times the noise when this was predicted).`,
    verdict: few || (!near && long) ? 'not decidable with this run' : near ? 'reproduced' : 'not reproduced',
    reason: few
      ? `Fewer than ${FEW} particles move.`
      : near
        ? 'Measured and predicted shares agree within 3 errors or 0.03.'
        : long
          ? `Measured and predicted shares differ by more than 3 errors and 0.03, but steps are long: eta·h reaches ${formatNumber(step, 2)} where particles are.`
          : 'Measured and predicted shares differ by more than 3 errors and 0.03.',
  };
}

/** Says in a sentence whether the occupation of the wells is frozen. */
export function freezingWords(f: ValleyFrame): string {
  const z = f.freezing;
  if (!z) return f.withoutFreezing ?? '';
  const passages = formatNumber(z.passages, 2);
  if (z.further !== undefined)
    return `${z.further < FROZEN ? 'Frozen' : 'Freezing'}: the barrier grows, and ${formatNumber(z.further, 2)} further passages of a particle are expected in all the time to come; from the time ${formatNumber(z.freezesAt, 3)} on it is less than one.`;
  return z.passages < FROZEN
    ? `Frozen for as long as was simulated: ${passages} passages of a particle were expected so far.`
    : `Not frozen: ${passages} passages of a particle were expected so far.`;
}
