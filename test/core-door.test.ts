/** thermograd/core and thermograd/parts/core: the names whose modules need nothing of Node, the same objects, and no others. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import own from '../package.json' with { type: 'json' };
import * as frontCore from '../src/core.js';
import * as front from '../src/index.js';
import * as door from '../src/parts.js';
import * as core from '../src/parts-core.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');
/** The names that a file lists, each with the module that it comes from. */
const exportsOf = (file: string) =>
  [...read(file).matchAll(/^export (type )?\{([^}]*)\} from '([^']+)'/gm)].flatMap(([, type, names, from]) =>
    names
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
      .map(
        (name) =>
          `${type && !name.startsWith('type ') ? 'type ' : ''}${name} from ${normalize(join(dirname(file), from))}`,
      ),
  );
/** The files of door/ that a file passes on whole. */
const passedOn = (file: string) =>
  [...read(file).matchAll(/^export \* from '([^']+)\.js';$/gm)].map(([, from]) => `${normalize(join('src', from))}.ts`);

describe('every name', () => {
  it('of core is one of the door, and the same thing', () => {
    for (const [name, value] of Object.entries(core)) expect(door, name).toHaveProperty(name, value);
  });

  it('is listed in a file of door/, which holds nothing else; the entry points pass on all of these files', () => {
    const files = readdirSync(join(root, 'src/door')).map((file) => `src/door/${file}`);
    const fronts = ['main', 'main-node', 'nouns', 'nouns-node'].map((name) => `src/door/${name}.ts`);
    expect([...passedOn('src/parts-core.ts'), 'src/door/node.ts', ...fronts].sort()).toEqual(files.sort());
    expect(passedOn('src/parts.ts')).toEqual(['src/door/node.ts', 'src/parts-core.ts']);
    expect(passedOn('src/core.ts')).toEqual(['src/door/main.ts', 'src/door/nouns.ts']);
    expect(passedOn('src/index.ts')).toEqual(['src/core.ts', 'src/door/main-node.ts', 'src/door/nouns-node.ts']);
    const rest = (file: string, lists: RegExp) =>
      read(file)
        .replace(/\/\*[\s\S]*?\*\//, '')
        .replace(lists, '')
        .trim();
    for (const file of files) expect(rest(file, /^export (type )?\{[^}]*\} from '[^']+';$/gm), file).toBe('');
    for (const file of ['src/core.ts', 'src/index.ts', 'src/parts-core.ts', 'src/parts.ts'])
      expect(rest(file, /^export \* from '[^']+';$/gm), file).toBe('');
  });

  it('of the front door that is no noun is a part, and the same thing', () => {
    const nouns = [...exportsOf('src/door/nouns.ts'), ...exportsOf('src/door/nouns-node.ts')]
      .filter((name) => !name.startsWith('type '))
      .map((name) => name.split(' from ')[0]);
    expect(nouns).toEqual(['decompose', 'fit', 'model', 'network', 'pca', 'plot', 'train']);
    for (const [name, value] of Object.entries(frontCore)) expect(front, name).toHaveProperty(name, value);
    for (const [name, value] of Object.entries(front))
      if (!nouns.includes(name)) expect(door, name).toHaveProperty(name, value);
    // few enough to be read at a glance; the parts are more than four times as many
    expect(Object.keys(front).length).toBeLessThan(80);
  });

  it('stands in the file of its room, once', () => {
    const files = passedOn('src/parts-core.ts');
    const names = [...files, 'src/door/node.ts'].flatMap((file) => exportsOf(file).map((name) => ({ name, file })));
    expect(names.length).toBeGreaterThan(530);
    expect(new Set(names.map(({ name }) => name.replace(/^type /, '').split(' from ')[0])).size).toBe(names.length);
    const elsewhere = names.filter(({ name, file }) => {
      const [, room] = / from src\/([^/]+)\//.exec(name)!;
      return file !== 'src/door/node.ts' && file !== `src/door/${room}.ts`;
    });
    expect(elsewhere).toEqual([]);
  });
});

describe('modules of Node', () => {
  /** Where the built modules import from, lazily or not, with what package.json puts in place of "#names" outside Node. */
  const replaced: Record<string, { readonly default: string }> = own.imports;
  const importsOf = (file: string): string[] =>
    [
      ...readFileSync(join(root, file), 'utf8').matchAll(
        /(?:^(?:import|export)\b[^'`;=]*?\bfrom |^import |\bimport\()'([^']+)'/gm,
      ),
    ].map(([, specifier]) => {
      if (specifier.startsWith('#')) return normalize(replaced[specifier].default);
      return specifier.startsWith('.') ? normalize(join(dirname(file), specifier)) : specifier;
    });
  const reach = (entry: string): Set<string> => {
    const reached = new Set([entry]);
    for (const file of reached) if (file.startsWith('dist/')) for (const next of importsOf(file)) reached.add(next);
    return reached;
  };
  const needsNode = (entry: string) => [...reach(entry)].some((name) => name.startsWith('node:'));

  it.each(['dist/parts-core.js', 'dist/core.js'])('are not reached from %s', (entry) => {
    const reached = reach(entry);
    expect([...reached].filter((name) => !name.startsWith('dist/')).sort()).toEqual([
      '@observablehq/plot',
      'linkedom',
      'zarrita',
    ]);
    expect(reached).toContain('dist/record/no-folders.js');
    expect(reached.size).toBeGreaterThan(100);
    expect(needsNode('dist/record/store.js')).toBe(true);
  });

  it('keep a name out of core, but for the settings of runs and pixels, which are of use with Node alone', () => {
    const ofCore = Object.keys(core);
    const free = exportsOf('src/door/node.ts')
      .filter((name) => !name.startsWith('type '))
      .map((name) => name.replace(/^\w+ as /, '').split(' from src/'))
      .filter(([name, from]) => !ofCore.includes(name) && !needsNode(join('dist', from)))
      .map(([name]) => name);
    expect(free.sort()).toEqual(['PRESETS', 'completeForget', 'generalityConfig', 'renderPng']);
  });
});

it('core has these names and no others', () => {
  // A name added or removed here is a change of the public API: say so in CHANGELOG.md.
  expect(Object.keys(core).sort()).toMatchInlineSnapshot(`
    [
      "CONSTRAINTS",
      "DivergedError",
      "FlatnessMeter",
      "InputError",
      "LANGEVIN_SCHEMES",
      "MemoryStore",
      "NetworkPasses",
      "PROTOCOLS",
      "Passage",
      "RunError",
      "Stepper",
      "ThermogradError",
      "Trainer",
      "Trajectory",
      "TrajectoryWriter",
      "WALKER_STATUS",
      "acrossVariance",
      "addPenalties",
      "adiabatic",
      "almostSureRate",
      "alongFloor",
      "ao2022Findings",
      "barrierHeight",
      "batchCovariance",
      "batchCurvature",
      "batchNoise",
      "batchPlan",
      "blockNamed",
      "blockOf",
      "boltzmannTest",
      "bootstrap",
      "checkHolds",
      "checkSurface",
      "chooseProvider",
      "circulation",
      "circulationParts",
      "classProtocol",
      "completeOptimiser",
      "completed",
      "componentOf",
      "continuePenalty",
      "continuousOptimiser",
      "correlationTime",
      "coupledCeiling",
      "covarianceOperator",
      "currentDivergence",
      "curvatureMemory",
      "datasetFromIdx",
      "decompose",
      "deming",
      "densityAlong",
      "densityAtPoint",
      "densityAverage",
      "densityFrom",
      "densityFromCounts",
      "densityFromWalkers",
      "densityMoments",
      "derivative",
      "descentField",
      "dimensionless",
      "directionDynamics",
      "discreteCovariance",
      "displacementExponent",
      "driftTime",
      "driftVelocity",
      "edgeMass",
      "edgeOfStability",
      "effectiveDrift",
      "effectiveLoss",
      "embeddedLinearAlgebra",
      "energiesOf",
      "ensembleMoments",
      "entropyProduction",
      "escapeFlux",
      "estimate",
      "evaluator",
      "examineSurface",
      "expectedCirculation",
      "fieldFrom",
      "fieldOf",
      "flatnessAt",
      "fokkerPlanck",
      "fokkerPlanckMemory",
      "forceKernelBuild",
      "formatExpression",
      "fromRows",
      "functionSurface",
      "gradientCovariance",
      "gradientField",
      "gradientNoiseScale",
      "gridCentres",
      "gridOf",
      "growingBarrier",
      "hardAndRandom",
      "heavyBallRequest",
      "hessianBlock",
      "hessianOperator",
      "histogram",
      "hutchinsonTrace",
      "identity",
      "idxSamples",
      "initialLayeredWeights",
      "initialWeights",
      "inverseLeastSquares",
      "ivf2021Findings",
      "kernelBuild",
      "kramersRate",
      "lanczos",
      "langevinEnsemble",
      "langevinModel",
      "layerBlocks",
      "layerNamed",
      "layerWindows",
      "layeredSurface",
      "layersOf",
      "leastSquares",
      "limitTraining",
      "linearForm",
      "linearMap",
      "logSpaced",
      "lossSurface",
      "lyapunov",
      "marginalDensity",
      "massOf",
      "matrix",
      "meanFirstPassage",
      "meanSquareCeiling",
      "meanSquareRate",
      "meanSquaredDisplacement",
      "measureAdvice",
      "measureOptimiserAdvice",
      "measureSurface",
      "modelTask",
      "modelsOf",
      "movementAlong",
      "multiplicativeVariance",
      "namedNetwork",
      "networkSurface",
      "networkTask",
      "newCursor",
      "newCurves",
      "newHistogram",
      "normaliseDensity",
      "numericalDiffusion",
      "numericalGradient",
      "occupation",
      "optimiserCeiling",
      "optimiserCovariance",
      "optimiserMeanSquareCeiling",
      "optimiserSteps",
      "parameterCount",
      "parametersOf",
      "parseExpression",
      "parseIdx",
      "pca",
      "pcaMemory",
      "penalty",
      "penaltyGradient",
      "penaltyValue",
      "planes",
      "positiveStep",
      "potentialFigure",
      "potentialPlane",
      "powerLaw",
      "preconditionerOf",
      "predictCovariance",
      "predictRegression",
      "probabilityCurrent",
      "problemOf",
      "project",
      "projectedMatrices",
      "projectedNoise",
      "protect",
      "protectTask",
      "randomKey",
      "randomLandscape",
      "rateAt",
      "readNpy",
      "readNpz",
      "readSafetensors",
      "recordWindow",
      "regressionLoss",
      "regularisation",
      "regularisingForce",
      "renderPdf",
      "renderReport",
      "resolutionOf",
      "restPoints",
      "rowRange",
      "rowsInMemory",
      "sampleCurvature",
      "sampleWeights",
      "sampledLoss",
      "scalePenalty",
      "scaledRows",
      "scaledSurface",
      "scalesAt",
      "scaling",
      "scheduleInSteps",
      "selectClasses",
      "selfConsistent",
      "sgdEnsemble",
      "sgdLoss",
      "sgdModel",
      "shouldStop",
      "simulateRegression",
      "spectralDensity",
      "stableTimestep",
      "stationaryCovariance",
      "stationaryDensity",
      "stratifiedMean",
      "surfaceConfidence",
      "surfaceCurvature",
      "surfaceFlatness",
      "surfaceLandscape",
      "surfaceNoiseScale",
      "surfaceSolution",
      "surfaceTrace",
      "surrogate",
      "tailExponent",
      "taskOf",
      "teacherSet",
      "timeMoments",
      "totalVariation",
      "trainingLoop",
      "transpose",
      "twoBatchNoise",
      "valley",
      "vortices",
      "weightsHash",
      "whereFormFails",
      "wholeBlock",
      "withDecay",
      "writeNpy",
      "writeNpz",
      "writeSafetensors",
      "york",
    ]
  `);
});
