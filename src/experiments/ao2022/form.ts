/**
 * What an optimiser, and the span of a large layer, do to the findings. docs/rules/ao2022.md:
 *
 * form: where the linear form of the optimiser does not describe the window (`whereFormFails`, [O3]), every finding that rests on it is
 *   not decidable, with the reasons. Those that rest on it are all but the exponents of curvature, noise, variance and minima against
 *   the width, the leading term and the temperature.
 * preconditioner: T = (η/2)·C is the temperature of motion whose mobility is the same along all weights, and Σ·M/D closes only there.
 *   Under an adaptive optimiser both are not decidable.
 */
import { UNDECIDED } from '../../report/deciding.js';
import type { Finding } from '../../report/finding.js';
import { formatCount, formatPlain, sentence } from '../../report/format.js';
import type { Ao2022Results, Ao2022System } from './measured.js';

/** Findings about what was measured along directions, whatever moved the weights. */
const OF_THE_LANDSCAPE = new Set([
  'ao.chain-curvature',
  'ao.chain-noise',
  'ao.chain-variance',
  'ao.chain-minima',
  'ao.leading',
  'ao.temperature',
]);
/** Findings that have no meaning where a preconditioner makes the mobility another in every direction. */
const OF_ONE_MOBILITY = new Set(['ao.temperature', 'ao.chain-closure']);

/** Makes findings undecided that the optimiser leaves without meaning, and says in what system they were measured. */
export function asTheFormAllows(r: Ao2022Results, findings: readonly Finding[]): Finding[] {
  const { system } = r.setting;
  if (!system) return [...findings];
  const why = system.fails.map(sentence).join(' ');
  return findings.map((f) => {
    const said = f.id === 'ao.sigma' ? `${f.reason} ${systemWords(r)}` : f.reason;
    if (why !== '' && !OF_THE_LANDSCAPE.has(f.id))
      return {
        ...f,
        verdict: UNDECIDED,
        reason: `The linear form of ${system.optimiser} does not hold: ${why} ${said}`,
      };
    if (system.adaptive && OF_ONE_MOBILITY.has(f.id))
      return {
        ...f,
        verdict: UNDECIDED,
        reason: `Under ${system.optimiser} the mobility P differs from weight to weight, and this claim is of motion with one. ${said}`,
      };
    return { ...f, reason: said };
  });
}

/** Says which linear system an optimiser makes of the layer. */
export function systemWords({ setting, ownCirculation }: Ao2022Results): string {
  const s = setting.system!;
  const parts = [
    `${s.optimiser}${momentumWords(s)}${s.adaptive ? ' in the coordinates y = P^(−1/2) w, with P frozen at the end of the window: curvatures are those of A = P^(1/2) H P^(1/2), noise that of P^(1/2) C₁ P^(1/2)' : ''}; slow motion follows the gradient at η = ${formatPlain(setting.learningRate, 4)}.`,
  ];
  if (s.penalty > 0) parts.push(`The loss holds its penalty, so that ${formatPlain(s.penalty)} is added to H.`);
  if (s.decay > 0) parts.push(`Decoupled decay adds ${formatPlain(s.decay, 3)} to every curvature of the system.`);
  if (s.nesterov)
    parts.push(
      "Windows of Nesterov's momentum are predicted as those of its heavy ball times the ratio of both in an infinite window, which is exact for slow and for fast modes; simulated windows make its own steps.",
    );
  if (s.span !== undefined)
    parts.push(
      `The layer is measured in the span of its ${formatCount(s.span)} leading principal directions; what its motion there has from the other directions is left out.`,
    );
  if (ownCirculation)
    parts.push(
      `Of ‖Q‖² on the settled modes, the noise that would cause no circulation under SGD makes ${formatPlain(100 * ownCirculation.own, 3)} % (the optimiser’s own part), the rest of the noise ${formatPlain(100 * ownCirculation.misaligned, 3)} %; the two are not orthogonal.`,
    );
  return parts.join(' ');
}

const momentumWords = ({ momentum, nesterov, rate }: Ao2022System): string =>
  momentum > 0
    ? ` is ${nesterov ? "Nesterov's momentum" : 'a heavy ball'} of rate ${formatPlain(rate, 4)} and momentum ${formatPlain(momentum, 4)}`
    : ` takes steps of rate ${formatPlain(rate, 4)}`;

/** Returns how many modes are measured: the weights of the layer, or the directions of its span. */
export const modesOf = ({ setting: { P, system } }: Pick<Ao2022Results, 'setting'>): number => system?.span ?? P;
