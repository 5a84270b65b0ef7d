/** What a report states about the problem: its formulas, units and warnings. */
import type { RunFacts } from '../../report/input.js';
import type { Setup } from './config.js';
import type { SimulationFacts } from './measured.js';
import type { Plan } from './plan.js';

/** Collects the facts of a simulation for its report. */
export function simulationFacts(
  setup: Setup,
  plan: Plan,
  centres: readonly Float64Array[],
  loss: Float64Array | undefined,
  run: RunFacts,
): SimulationFacts {
  const { config, problem, scales, sides, time, axes } = setup;
  return {
    title: config.title ?? 'Simulation of a landscape',
    mode: time.mode,
    names: problem.names,
    centres,
    ...(loss && { loss }),
    hasValley: problem.valley !== undefined,
    absorbing: sides.some((s) => s.includes('absorbing')),
    timePerStep: problem.timePerStep,
    ...(axes[0].periodic && { period: axes[0].to - axes[0].from }),
    stepRate: plan.stiffness * problem.timePerStep,
    ...(problem.momentum > 0 && { momentum: problem.momentum }),
    ...(problem.interpreted && { interpreted: INTERPRETED[problem.interpretation] }),
    ...(plan.relaxation && { relaxation: { time: plan.relaxation.time, how: plan.relaxation.how } }),
    ...(scales && { scales }),
    statement: [...statementOf(setup), ...relaxationRow(setup, plan)],
    warnings: plan.warnings,
    run,
  };
}

const INTERPRETED = {
  ito: 'Itô',
  stratonovich: 'Stratonovich',
  'haenggi-klimontovich': 'Hänggi-Klimontovich',
} as const;

function relaxationRow({ scales }: Setup, { relaxation }: Plan): (readonly [string, string])[] {
  if (!relaxation) return [];
  const unit = scales?.time ?? 1;
  return [['slowest relaxation', `${Number((relaxation.time * unit).toPrecision(4))} eta·steps, ${relaxation.how}`]];
}

/** Returns the problem as it was written, line by line. */
export function statementOf({ config, problem, time, scales, axes }: Setup): (readonly [string, string])[] {
  const { landscape, noise, parameters } = config;
  const [unit, length] = [scales?.time ?? 1, scales?.length ?? 1];
  const text = (f: string | number) => String(f);
  const rows: (readonly [string, string])[] = [];
  if (landscape.loss !== undefined) rows.push(['L', text(landscape.loss)]);
  if (landscape.valley)
    rows.push(['L0(x)', text(landscape.valley.floor)], ['lambda(x)', text(landscape.valley.curvature)]);
  if (landscape.force) rows.push(['force', landscape.force.map(text).join(', ')]);
  const tensor = noise.diffusion ?? noise.covariance;
  if (tensor) {
    const entries = [
      ['xx', tensor.xx],
      ['xy', tensor.xy],
      ['yy', tensor.yy],
    ] as const;
    const name = noise.diffusion ? 'D, weight² per eta·step' : 'C, covariance of one minibatch gradient';
    rows.push([
      name,
      entries
        .slice(0, problem.size === 1 ? 1 : 3)
        .map(([k, v]) => `${k} = ${text(v!)}`)
        .join(', '),
    ]);
  }
  const rings = axes.filter((a) => a.periodic);
  if (rings.length > 0)
    rows.push([
      'periodic',
      `${rings.map((a) => `${a.name}, period ${Number(((a.to - a.from) * length).toPrecision(6))}`).join('; ')}: moments are of the coordinate between the sides of the grid`,
    ]);
  if (noise.interpretation !== undefined)
    rows.push([
      'noise as',
      `${INTERPRETED[noise.interpretation]}, by Langevin and Fokker-Planck; SGD draws it where a step begins (Itô)`,
    ]);
  if (noise.batch?.loss !== undefined) rows.push(['loss of one minibatch', text(noise.batch.loss)]);
  if (noise.batch?.gradient) rows.push(['gradient of one minibatch', noise.batch.gradient.map(text).join(', ')]);
  if (Object.keys(parameters).length > 0)
    rows.push([
      'with',
      Object.entries(parameters)
        .map(([k, v]) => `${k} = ${v}`)
        .join(', '),
    ]);
  rows.push([
    'learning rate',
    `${config.learningRate ?? '–'}${problem.momentum > 0 ? `, momentum ${problem.momentum}: eta/(1 − mu) = ${Number((problem.timePerStep * unit).toPrecision(4))}` : ''}`,
  ]);
  const t = (v: number) => Number((v * unit).toPrecision(6));
  rows.push([
    'time',
    time.mode === 'stationary'
      ? `stationary: ${t(time.burnIn)} before and ${t(time.length)} counted, in eta·steps`
      : `transient: up to ${t(time.until)} eta·steps`,
  ]);
  return rows;
}
