/** Figures as functions of results: `plot.varianceFlatness(result).svg`. */
import { FolderStore } from '#folder-store';
import { potentialPlane } from '../analyse/decomposition/plane.js';
import { vortices } from '../analyse/decomposition/vortices.js';
import type { Analysis } from '../analyse/trajectory/results.js';
import { potentialFigure } from '../experiments/decompose/figures/potential.js';
import { drawFigures } from '../experiments/ivf2021/figures/all.js';
import { lossPlane } from '../experiments/ivf2021/figures/plane.js';
import { lossProfiles } from '../experiments/ivf2021/figures/profiles.js';
import { exponentByRange } from '../experiments/ivf2021/figures/ranges.js';
import { curvatureByFlatness } from '../experiments/ivf2021/figures/secondary.js';
import { trainingErrors, trainingLoss } from '../experiments/ivf2021/figures/training.js';
import { rankedVariances } from '../experiments/ivf2021/figures/variances.js';
import { check, InputError, kindOf } from '../numeric/errors.js';
import { embeddedLinearAlgebra } from '../numeric/linalg/index.js';
import * as is from '../numeric/wants.js';
import type { Drawn } from '../report/figures/frame.js';
import { correlationTimes } from '../report/figures/window/correlation.js';
import { cumulatedVariance } from '../report/figures/window/cumulated.js';
import { displacementCurves } from '../report/figures/window/displacement.js';
import { flatnessByRank } from '../report/figures/window/flatness.js';
import { trajectories } from '../report/figures/window/trajectory.js';
import { varianceFlatness } from '../report/figures/window/variance-flatness.js';
import { renderPdf } from '../report/pdf.js';
import { renderPng } from '../report/png.js';
import { DecompositionResult } from './decompose.js';
import { Density } from './density.js';
import { densityFigure } from './figures/density.js';
import { type AxisNames, powerLawFigure } from './figures/power-law.js';
import { variancesFigure } from './figures/variances.js';
import { PowerLawResult } from './fit.js';
import { PcaResult } from './pca.js';
import { INSPECT, Shown } from './shown.js';

/** A figure. As text it is its SVG document, which stands alone. */
export class FigureResult extends Shown {
  readonly name: string;
  readonly title: string;
  readonly caption: string;
  readonly svg: string;

  constructor(figure: {
    readonly name: string;
    readonly title: string;
    readonly caption: string;
    readonly svg: string;
  }) {
    super();
    this.name = figure.name;
    this.title = figure.title;
    this.caption = figure.caption;
    this.svg = figure.svg;
  }

  /** Renders the figure on white, `width` pixels wide; 1520 by default, which prints at 300 dpi over 13 cm. In Node alone. */
  png(width = 1520): Promise<Uint8Array> {
    return renderPng(this.svg, width);
  }

  /** Renders the figure as a PDF document with its letters embedded: vectors on a transparent page, for papers and slides. */
  pdf(): Promise<Uint8Array> {
    return renderPdf(this.svg);
  }

  toString(): string {
    return this.svg;
  }

  override [INSPECT](): string {
    return `figure ${this.name}: ${this.title}. Write .svg to a file, or await .png() or .pdf().\n${this.caption}`;
  }
}

/** What holds an analysis: one by itself, what `readResults` reads, or what `train` returns. */
export type HasAnalysis = Analysis | { readonly analysis?: Analysis };

const ANALYSIS_WANTS = is.shape<Analysis>({
  pca: is.object,
  flatness: is.object,
  scaling: is.object,
  curves: is.object,
});

function analysisIn(call: string, result: HasAnalysis): Analysis {
  const found = (result as { readonly analysis?: Analysis } | null | undefined)?.analysis ?? result;
  check(
    ANALYSIS_WANTS(found, '') === undefined,
    'wrong-argument',
    () =>
      `${call}: result must be what train or readResults returns, or an analysis.json; got ${kindOf(result)}${(result as { runs?: unknown } | null | undefined)?.runs ? ', which was trained without measuring' : ''}.`,
  );
  return found as Analysis;
}

/** Returns a figure, or throws with the reason why there is none. */
function drawn(call: string, figure: Drawn): FigureResult {
  if ('svg' in figure) return new FigureResult(figure);
  throw new InputError('no-figure', `${call}: the figure is not drawn: ${figure.missing.replace(/\.$/, '')}.`);
}

/** Makes the function of one figure of an analysis. */
const ofAnalysis =
  (name: string, draw: (analysis: Analysis) => Drawn) =>
  (result: HasAnalysis): FigureResult => {
    const of = `plot.${name}`;
    const analysis = analysisIn(of, result);
    return drawn(
      of,
      is.reading(of, 'the analysis', () => draw(analysis)),
    );
  };

/** Draws every figure of an analysis that can be drawn, by name. */
function all(result: HasAnalysis): Record<string, FigureResult> {
  const analysis = analysisIn('plot.all', result);
  const figures = is.reading('plot.all', 'the analysis', () => Object.values(drawFigures(analysis)).flat());
  return Object.fromEntries(figures.flatMap((f) => ('svg' in f ? [[f.name, new FigureResult(f)]] : [])));
}

/**
 * Returns a figure of any report by its name: from a report in memory, or from the folder of results that holds it as figures/NAME.svg.
 * @throws InputError when there is none of that name
 */
function report(from: string | { readonly figures: Readonly<Record<string, string>> }, name: string): FigureResult {
  is.given(
    'plot.report',
    { from, name },
    { from: is.either(is.text, is.shape({ figures: is.object })), name: is.text },
  );
  const plain = /^[\w.-]+$/.test(name) ? name.replace(/\.svg$/, '') : undefined;
  const bytes =
    typeof from === 'string' && plain !== undefined
      ? new FolderStore(from).get(`figures/${plain}.svg` as `/${string}`)
      : undefined;
  const svg = typeof from === 'string' ? bytes && new TextDecoder().decode(bytes) : from.figures[plain ?? ''];
  if (typeof svg !== 'string') {
    const known = typeof from === 'string' ? '' : `; there are ${Object.keys(from.figures).join(', ') || 'none'}`;
    throw new InputError(
      'no-figure',
      `plot.report: there is no figure '${name}'${typeof from === 'string' ? ` in ${from}/figures` : ''}${known}.`,
    );
  }
  const title = /<title>([^<]*)<\/title>/.exec(svg)?.[1] ?? name;
  return new FigureResult({ name: plain!, title, caption: title, svg });
}

/** Draws the density of the eigenvalues of a Hessian. */
function density(result: Density): FigureResult {
  is.given('plot.density', { result }, { result: made(Density, 'what at.hessian().density() gives') });
  return drawn('plot.density', densityFigure(result));
}

/** Draws the variances along principal directions against their rank. */
function variances(result: PcaResult): FigureResult {
  is.given('plot.variances', { result }, { result: made(PcaResult, 'what pca gives') });
  return drawn('plot.variances', variancesFigure(result));
}

/** Draws points with the power law that was fitted to them. */
function powerLaw(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  law: PowerLawResult,
  names: AxisNames = {},
): FigureResult {
  is.given(
    'plot.powerLaw',
    { x, y, law, names },
    {
      x: is.numbers,
      y: is.numbers,
      law: made(PowerLawResult, 'what fit.powerLaw gives'),
      names: is.shape<AxisNames>({ x: is.maybe(is.text), y: is.maybe(is.text) }),
    },
  );
  check(x.length === y.length, 'shape', () => `plot.powerLaw: as many x as y; got ${x.length} and ${y.length}.`);
  return drawn('plot.powerLaw', powerLawFigure(Float64Array.from(x), Float64Array.from(y), law, names));
}

/** Draws the potential of a decomposition in the plane where most turns, with the current along its contours. */
function potential(result: DecompositionResult): FigureResult {
  is.given('plot.potential', { result }, { result: made(DecompositionResult, 'what decompose gives') });
  const la = embeddedLinearAlgebra();
  const plane = result.stationary ? potentialPlane(la, result.parts, vortices(la, result.parts)) : null;
  return drawn(
    'plot.potential',
    plane ? potentialFigure(plane) : { name: 'potential', missing: 'there is no stationary state.' },
  );
}

const made = (kind: abstract new (...args: never[]) => object, words: string) =>
  is.wanted(words, (v) => v instanceof kind);

/** Figures as functions of results. */
export const plot = {
  /** Variance of the weights against width of the loss valley, with the fit: the figure of ivf2021. */
  varianceFlatness: ofAnalysis('varianceFlatness', varianceFlatness),
  trainingLoss: ofAnalysis('trainingLoss', trainingLoss),
  trainingErrors: ofAnalysis('trainingErrors', trainingErrors),
  rankedVariances: ofAnalysis('rankedVariances', rankedVariances),
  displacement: ofAnalysis('displacement', displacementCurves),
  /** The path in the plane of the two largest principal directions. */
  trajectory: ofAnalysis('trajectory', (a) => trajectories(a)[0]),
  lossProfiles: ofAnalysis('lossProfiles', lossProfiles),
  flatnessByRank: ofAnalysis('flatnessByRank', flatnessByRank),
  curvatureByFlatness: ofAnalysis('curvatureByFlatness', curvatureByFlatness),
  /** The exponent of the relation over each range of its fit. */
  exponentByRange: ofAnalysis('exponentByRange', exponentByRange),
  /** The share of the total variance in the first k principal directions. */
  cumulatedVariance: ofAnalysis('cumulatedVariance', cumulatedVariance),
  /** The loss in the plane of the two largest principal directions, with the path in it. */
  lossPlane: ofAnalysis('lossPlane', lossPlane),
  correlationTimes: ofAnalysis('correlationTimes', correlationTimes),
  all,
  report,
  density,
  variances,
  powerLaw,
  potential,
} as const;
