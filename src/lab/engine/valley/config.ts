/** A state of the view Valley as a config of `thermograd simulate`, which runs the same landscape and noise with all its methods. */
import { check } from '../../../numeric/errors.js';
import { readFormulas } from './model.js';
import type { ValleyState } from './state.js';

/**
 * Writes the config. The command starts its walkers at the same place and counts them in the stationary state.
 * @throws InputError for a loss that grows, which the command has not, and for formulas that cannot be read
 */
export function valleyConfig(s: ValleyState): string {
  check(
    s.growth === 0,
    'no-config',
    'a landscape that grows has no config: thermograd simulate keeps it as it is; set the growth to 0.',
  );
  const { size, names } = readFormulas(s);
  const [x0, x1, y0, y1] = s.box;
  return [
    '# Written by the live page; run it with: thermograd simulate thermograd-valley.yaml',
    'title: A landscape of the live page',
    `seed: ${s.seed}`,
    `variables: [${names.join(', ')}]`,
    `parameters: { r: ${s.ratio} }`,
    ...landscapeOf(s),
    'noise:',
    ...noiseOf(s, size),
    `learningRate: ${s.eta}`,
    `start: { point: [${s.start.slice(0, size).join(', ')}] }`,
    'grid:',
    `  x: { from: ${x0}, to: ${x1} }`,
    ...(size === 2 ? [`  y: { from: ${y0}, to: ${y1} }`] : []),
    'methods:',
    `  sgd: { walkers: ${s.particles} }`,
    '  fokker-planck: {}',
    ...(s.shape === 'valley' ? ['  adiabatic: {}'] : []),
    '',
  ].join('\n');
}

/** The mean of a minibatch's loss is a landscape already, beside which a loss is refused and a valley is not. */
function landscapeOf(s: ValleyState): string[] {
  const text = JSON.stringify;
  if (s.shape === 'valley')
    return ['landscape:', '  valley:', `    floor: ${text(s.floor)}`, `    curvature: ${text(s.curvature)}`];
  return s.spread > 0 ? [] : ['landscape:', `  loss: ${text(s.loss)}`];
}

function noiseOf(s: ValleyState, size: 1 | 2): string[] {
  const across = s.kappa * s.noise;
  if (s.spread === 0) return [`  covariance: { xx: ${s.noise}${size === 2 ? `, yy: ${across}` : ''} }`];
  const normal = `(1 + ${s.spread}*n${size + 1})`;
  const loss = s.shape === 'valley' ? `(${s.floor}) + 0.5*(${s.curvature})*y^2*${normal}` : `(${s.loss})*${normal}`;
  const pulls = `${Math.sqrt(s.noise)}*n1*x${size === 2 ? ` + ${Math.sqrt(across)}*n2*y` : ''}`;
  return ['  batch:', `    loss: ${JSON.stringify(`${loss} + ${pulls}`)}`, `    normals: ${size + 1}`];
}
