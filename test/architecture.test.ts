/** The rules of the house that a compiler does not hold: direction of imports, no cycles, who may touch the machine, the one door. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as door from '../src/index.js';
import * as parts from '../src/parts.js';

const root = fileURLToPath(new URL('../src', import.meta.url));
/** A room may import itself and the rooms before it; `kernels` may be imported by all. */
const ROOMS = [
  'kernels',
  'numeric',
  'data',
  'model',
  'train',
  'record',
  'surface',
  'analyse',
  'theory',
  'apply',
  'report',
  'jobs',
  'results',
  'runs',
  'terminal',
  'experiments',
  'nouns',
  'lab',
  'cli',
  'door',
];
/** Rooms that may touch files and threads; a few files of `record` may as well. */
const MACHINE_ROOMS = ['jobs', 'runs', 'terminal', 'experiments', 'cli'];
/** The files of the nouns that keep what they do in folders. */
const NOUNS_IN_NODE = /^nouns\/train\.ts$/;
/** The part of `results` that reads folders; the rest runs in browsers. */
const RESULTS_IN_NODE = /^results\/disk\//;
/** The part of the live page that runs in Node; the rest of `lab` runs in browsers. */
const LAB_IN_NODE = /^lab\/(?:server\/|command\.ts$)/;
/** The part of the live page that has a document. */
const LAB_PAGE = /^lab\/page\//;
/** Files that may read the environment. */
const READERS_OF_ENV = ['jobs/bridge/python.ts', 'jobs/slurm/programs.ts', 'runs/datasets.ts'];

interface Source {
  readonly name: string;
  readonly room: string;
  readonly code: string;
  /** Specifiers of static imports, re-exports and import(), types included. */
  readonly imports: string[];
}

/** Code without comments and without the text of strings, for searching words; import specifiers are taken before. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1');
}

const sources: Source[] = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((f) => /\.tsx?$/.test(f) && !/\.(?:generated|d)\.ts$/.test(f))
  .sort()
  .map((name) => {
    const code = withoutComments(readFileSync(join(root, name), 'utf8'));
    const imports = [...code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([\w@./:-]+)'/g)].map((m) => m[1]);
    return { name, room: name.includes('/') ? name.split('/')[0] : '', code, imports };
  });
const target = (source: Source, specifier: string) =>
  relative(root, normalize(join(root, dirname(source.name), specifier)));
const local = (source: Source) =>
  source.imports
    .filter((i) => i.startsWith('.') && !i.endsWith('.css'))
    .map((i) => target(source, i).replace(/\.js$/, '.ts'));
/** Packages that the build puts into the page, so that they need not be installed with the program. */
const BUNDLED = ['preact', '@preact/signals', 'uplot'];

it('reads the tree it means to', () => {
  expect(sources.length).toBeGreaterThan(60);
  expect(sources.find((s) => s.name === 'runs/run.ts')?.imports).toContain('./train.js');
  expect(sources.find((s) => s.name === 'cli/call.ts')?.imports).toContain('./commands.js');
  expect(sources.find((s) => s.name === 'cli/reproduce.ts')?.imports).toContain('../experiments/sequence.js'); // import()
  for (const s of sources) expect(['', ...ROOMS], s.name).toContain(s.room);
});

describe('imports', () => {
  it('go down the rooms only', () => {
    const upward = sources
      .filter((s) => s.room !== '')
      .flatMap((s) =>
        local(s)
          .filter((t) => !(ROOMS.indexOf(t.split('/')[0]) <= ROOMS.indexOf(s.room) && t.includes('/')))
          .map((t) => `${s.name} imports ${t}`),
      );
    expect(upward).toEqual([]);
  });

  it('lead from no experiment to another', () => {
    const experimentOf = (name: string) => /^experiments\/(\w+)\//.exec(name)?.[1];
    const across = sources.flatMap((s) =>
      local(s)
        .filter((t) => experimentOf(s.name) && experimentOf(t) && experimentOf(t) !== experimentOf(s.name))
        .map((t) => `${s.name} imports ${t}`),
    );
    expect(across).toEqual([]);
  });

  it('lead to files that exist, and carry .js', () => {
    const names = new Set(sources.map((s) => s.name));
    const broken = sources.flatMap((s) =>
      local(s)
        .filter((t) => !names.has(t) && !names.has(`${t}x`) && !t.endsWith('.generated.ts'))
        .map((t) => `${s.name} imports ${t}`),
    );
    expect(broken).toEqual([]);
  });

  it('make no cycle', () => {
    const tsx = new Set(sources.map((s) => s.name).filter((n) => n.endsWith('.tsx')));
    const graph = new Map(sources.map((s) => [s.name, local(s).map((t) => (tsx.has(`${t}x`) ? `${t}x` : t))]));
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (name: string, path: string[]): void => {
      if (state.get(name) === 'done') return;
      if (state.get(name) === 'open') {
        cycles.push([...path.slice(path.indexOf(name)), name].join(' → '));
        return;
      }
      state.set(name, 'open');
      for (const next of graph.get(name) ?? []) visit(next, [...path, name]);
      state.set(name, 'done');
    };
    for (const name of graph.keys()) visit(name, []);
    expect(cycles).toEqual([]);
  });

  it('of packages are declared dependencies', () => {
    const own = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    const declared = Object.keys({ ...own.dependencies, ...own.optionalDependencies });
    const nameOf = (p: string) => p.split('/', p.startsWith('@') ? 2 : 1).join('/');
    const undeclared = sources.flatMap((s) =>
      s.imports
        .filter((i) => !i.startsWith('.') && !i.startsWith('node:'))
        .map(nameOf)
        .filter((n) => !declared.includes(n) && !(LAB_PAGE.test(s.name) && BUNDLED.includes(n)))
        .map((n) => `${s.name} imports ${n}`),
    );
    expect(undeclared).toEqual([]);
    for (const name of BUNDLED) expect(Object.keys(own.devDependencies), name).toContain(name);
  });

  it('of the page and its engine stay with what a browser has', () => {
    const machine = ['jobs', 'runs', 'terminal', 'cli'];
    const inBrowsers = sources.filter((s) => s.room === 'lab' && !LAB_IN_NODE.test(s.name));
    const wrong = inBrowsers.flatMap((s) =>
      local(s)
        .filter(
          (t) =>
            machine.includes(t.split('/')[0]) || LAB_IN_NODE.test(t) || RESULTS_IN_NODE.test(t) || t === 'index.ts',
        )
        .map((t) => `${s.name} imports ${t}`),
    );
    expect(wrong).toEqual([]);
    // only the page has a document: its engine runs in workers, and in Node
    const up = sources
      .filter((s) => s.room === 'lab' && !LAB_PAGE.test(s.name))
      .filter((s) => local(s).some((t) => LAB_PAGE.test(t)));
    expect(up.map((s) => s.name)).toEqual([]);
  });
});

describe('the machine is touched', () => {
  const offenders = (pattern: RegExp, allowed: (s: Source) => boolean) =>
    sources.filter((s) => !allowed(s) && pattern.test(s.code)).map((s) => s.name);

  it('through node: above report, in the stores of record, and where libraries are found', () => {
    const stores = ['record/files.ts', 'record/store.ts', 'numeric/linalg/host.ts'];
    const nodeImports = sources.filter((s) => s.imports.some((i) => i.startsWith('node:')));
    const bad = nodeImports.filter(
      (s) =>
        !MACHINE_ROOMS.includes(s.room) &&
        !stores.includes(s.name) &&
        !LAB_IN_NODE.test(s.name) &&
        !RESULTS_IN_NODE.test(s.name) &&
        !NOUNS_IN_NODE.test(s.name),
    );
    expect(bad.map((s) => s.name)).toEqual([]);
  });

  it('through process, under whatever name, where the program meets its caller; the kernel loader asks for V8 flags', () => {
    const command = (s: Source) =>
      ['cli', 'terminal'].includes(s.room) || /^(?:experiments\/\w+|lab)\/command\.ts$/.test(s.name);
    expect(offenders(/\bprocess\.|\bglobalThis\s*\[/, command)).toEqual([]);
    // names of node:process that only say which process and machine this is; none of them ends or changes it
    const facts = ['pid', 'kill', 'arch', 'execPath', 'constrainedMemory', 'version', 'versions'];
    const taken = sources
      .filter((s) => !command(s))
      .flatMap((s) =>
        [...s.code.matchAll(/import\s+([^;]*?)\s+from\s+'(?:node:)?process'/g)].flatMap(([, names]) =>
          /^\{[^}]*\}$/.test(names)
            ? names
                .slice(1, -1)
                .split(',')
                .map((n) => n.trim().split(/\s+as\s+/)[0])
                .filter((n) => n !== '' && !facts.includes(n) && !(n === 'env' && READERS_OF_ENV.includes(s.name)))
                .map((n) => `${s.name} takes ${n}`)
            : [`${s.name} takes all of node:process as ${names}`],
        ),
      );
    expect(taken).toEqual([]);
    expect(offenders(/getBuiltinModule/, (s) => s.name === 'kernels/load.ts')).toEqual([]);
  });

  it('V8’s flags are set by the program before anything else of it is loaded', () => {
    const main = sources.find(({ name }) => name === 'cli/main.ts')!;
    const [statics, order] = [/^import\b.*'(.*)'/gm, /^kernelBuild\(\);[\s\S]*await import\('\.\/call\.js'\)/m];
    expect([...main.code.matchAll(statics)].map(([, specifier]) => specifier)).toEqual(['../kernels/load.js']);
    expect(main.code).toMatch(order);
    expect(sources.find(({ name }) => name === 'kernels/load.ts')!.imports).toEqual([]);
  });

  it('without chance or clocks in computations', () => {
    expect(offenders(/\bMath\.random\b/, () => false)).toEqual([]);
    expect(offenders(/\bDate\b/, (s) => ['terminal', 'cli'].includes(s.room))).toEqual([]);
    // the page says how fast it trains, and its engine gives way to messages after some milliseconds
    expect(offenders(/\bperformance\.now\b/, (s) => [...MACHINE_ROOMS, 'lab'].includes(s.room))).toEqual([]);
    expect(offenders(/\bcrypto\.(?:getRandomValues|randomUUID)\b/, () => false)).toEqual([]);
  });

  it('without third and higher powers by **, which differ between versions of Node in the last bit', () => {
    // an estimate of memory and a limit are no results
    expect(
      offenders(/\*\*\s*[3-9]\b/, (s) =>
        ['theory/fokker-planck/memory.ts', 'surface/process/frames.ts'].includes(s.name),
      ),
    ).toEqual([]);
  });

  it('without a DOM', () => {
    expect(
      offenders(
        /\b(?:window|document)\.(?:add|query|create|get)[A-Z]/,
        (s) => s.room === 'report' || LAB_PAGE.test(s.name),
      ),
    ).toEqual([]);
  });
});

it('no file is longer than 400 lines', () => {
  expect(
    sources.filter((s) => readFileSync(join(root, s.name), 'utf8').split('\n').length > 401).map((s) => s.name),
  ).toEqual([]);
});

it('the door opens on these names and no others', () => {
  // A name added or removed here is a change of the public API: say so in CHANGELOG.md.
  expect(Object.keys(door).sort()).toMatchInlineSnapshot(`
    [
      "DivergedError",
      "FlatnessMeter",
      "InputError",
      "InterruptedError",
      "MemoryStore",
      "PRESETS",
      "RunError",
      "SIMULATION_EXAMPLES",
      "ThermogradError",
      "Trainer",
      "Trajectory",
      "TrajectoryWriter",
      "adviseRun",
      "analyseRecording",
      "analyseRun",
      "batchNoise",
      "checkSurface",
      "chooseProvider",
      "completeConfig",
      "decompose",
      "embeddedLinearAlgebra",
      "fit",
      "forget",
      "fromRows",
      "functionSurface",
      "initialWeights",
      "kernelBuild",
      "limitTraining",
      "loadDataset",
      "lossSurface",
      "matrix",
      "measureSurface",
      "model",
      "network",
      "openSurface",
      "pca",
      "planSimulation",
      "plot",
      "predictCovariance",
      "protect",
      "protectRun",
      "randomKey",
      "readAo2022Results",
      "readConfig",
      "readNpy",
      "readNpz",
      "readPenalty",
      "readRecord",
      "readResults",
      "readSafetensors",
      "readSimulation",
      "regressionLoss",
      "renderPdf",
      "renderPng",
      "reportRecording",
      "reportRun",
      "reproduceAo2022",
      "reproduceControls",
      "reproduceGenerality",
      "reproduceIvf2021",
      "reproduceValley2023",
      "selectClasses",
      "simulate",
      "simulationExample",
      "teacherSet",
      "train",
      "trainRun",
      "writeNpy",
      "writeNpz",
      "writePenalty",
      "writeSafetensors",
    ]
  `);
});

it('the parts have these names and no others', () => {
  // A name added or removed here is a change of the public API: say so in CHANGELOG.md.
  expect(Object.keys(parts).sort()).toMatchInlineSnapshot(`
    [
      "CONSTRAINTS",
      "DivergedError",
      "FlatnessMeter",
      "FolderStore",
      "InputError",
      "InterruptedError",
      "LANGEVIN_SCHEMES",
      "MemoryStore",
      "NetworkPasses",
      "PRESETS",
      "PROTOCOLS",
      "Passage",
      "RunError",
      "SIMULATION_EXAMPLES",
      "SWEEP_EXAMPLES",
      "Stepper",
      "ThermogradError",
      "Trainer",
      "Trajectory",
      "TrajectoryWriter",
      "WALKER_STATUS",
      "acrossVariance",
      "addPenalties",
      "adiabatic",
      "adviseRun",
      "almostSureRate",
      "alongFloor",
      "analyseRecording",
      "analyseRun",
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
      "completeConfig",
      "completeForget",
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
      "decomposeFiles",
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
      "forget",
      "formatExpression",
      "fromRows",
      "functionSurface",
      "generalityConfig",
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
      "loadDataset",
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
      "networkStudyConfig",
      "networkSurface",
      "networkTask",
      "newCursor",
      "newCurves",
      "newHistogram",
      "normaliseDensity",
      "numericalDiffusion",
      "numericalGradient",
      "occupation",
      "openSurface",
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
      "planSimulation",
      "planSweep",
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
      "protectRun",
      "protectTask",
      "randomKey",
      "randomLandscape",
      "rateAt",
      "readAo2022Results",
      "readCheckpoint",
      "readConfig",
      "readModel",
      "readNpy",
      "readNpz",
      "readPenalty",
      "readRecord",
      "readResults",
      "readSafetensors",
      "readSimulation",
      "readSweepFile",
      "recordWindow",
      "regressionLoss",
      "regularisation",
      "regularisingForce",
      "renderPdf",
      "renderPng",
      "renderReport",
      "reportRecording",
      "reportRun",
      "reproduceAo2022",
      "reproduceControls",
      "reproduceGenerality",
      "reproduceIvf2021",
      "reproduceValley2023",
      "resolutionOf",
      "restPoints",
      "rowRange",
      "rowsInMemory",
      "runEnsembles",
      "runNetworkStudy",
      "runSweep",
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
      "simulate",
      "simulateRegression",
      "simulationExample",
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
      "sweepExample",
      "tailExponent",
      "taskOf",
      "teacherSet",
      "timeMoments",
      "totalVariation",
      "trainRun",
      "trainingLoop",
      "transpose",
      "twoBatchNoise",
      "valley",
      "vortices",
      "weightsHash",
      "whereFormFails",
      "wholeBlock",
      "withDecay",
      "writeCheckpoint",
      "writeModel",
      "writeNpy",
      "writeNpz",
      "writePenalty",
      "writeSafetensors",
      "york",
    ]
  `);
});
