/** thermograd/core: the names of the door whose modules need nothing of Node, the same objects, and no others. */
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import own from '../package.json' with { type: 'json' };
import * as core from '../src/core.js';
import * as door from '../src/index.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const exportsOf = (file: string) =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/^export (type )?\{([^}]*)\} from '([^']+)'/gm)].flatMap(
    ([, type, names, from]) =>
      names
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '')
        .map((name) => `${type && !name.startsWith('type ') ? 'type ' : ''}${name} from ${from}`),
  );

describe('every name', () => {
  it('is one of the door, and the same thing', () => {
    for (const [name, value] of Object.entries(core)) expect(door, name).toHaveProperty(name, value);
  });

  it('types too, comes from where the door takes it', () => {
    const ofDoor = exportsOf('src/index.ts');
    expect(exportsOf('src/core.ts').filter((name) => !ofDoor.includes(name))).toEqual([]);
    expect(exportsOf('src/core.ts').length).toBeGreaterThan(250);
  });

  it('is named, not brought by an asterisk', () => {
    expect(readFileSync(join(root, 'src/core.ts'), 'utf8')).not.toMatch(/export \*/);
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

  it('are not reached from core', () => {
    const reached = reach('dist/core.js');
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
    const free = exportsOf('src/index.ts')
      .filter((name) => !name.startsWith('type '))
      .map((name) => name.replace(/^\w+ as /, '').split(' from '))
      .filter(([name, from]) => !ofCore.includes(name) && !needsNode(normalize(join('dist', from))))
      .map(([name]) => name);
    expect(free.sort()).toEqual(['PRESETS', 'completeForget', 'renderPng']);
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
