/**
 * A process that holds one Vitest and answers its parent: each message is a request {sources, files} to run test files with
 * other sources in the place of some modules; the answer lists tests with their state. Nothing is written to disk.
 *
 *   sources   {path: source}: what these modules consist of in this run
 *   files     [{path, ids?}]: test files in this order, each to the end or to its first failure; only the tests of these ids
 *   all       continue after a failed file
 */
import { fileURLToPath } from 'node:url';
import { createVitest } from 'vitest/node';

let sources = {};

const plugin = {
  name: 'mutate',
  enforce: 'pre',
  load: (id) => sources[id.split('?')[0]],
};

const dry = process.env.MUTATE_SITES !== undefined;
const vitest = await createVitest(
  'test',
  {
    watch: false,
    reporters: [{}],
    ...(dry ? { setupFiles: [fileURLToPath(new URL('./setup.mjs', import.meta.url))] } : { bail: 1 }),
    maxWorkers: 1,
    cache: false,
    // the parent ends a test that hangs; a busy machine must not count as a failed test
    testTimeout: 0,
    hookTimeout: 0,
  },
  { plugins: [plugin], server: { watch: null } },
);
await vitest.standalone();
const project = vitest.getRootProject();

async function run(request) {
  for (const path of [...Object.keys(sources), ...Object.keys(request.sources)]) vitest.invalidateFile(path);
  sources = request.sources;
  const ran = [];
  for (const { path, ids } of request.files) {
    const started = performance.now();
    const specification = project.createSpecification(path, ids ? { testIds: ids } : undefined);
    const { testModules, unhandledErrors } = await vitest.runTestSpecifications([specification]);
    const file = { path, ms: performance.now() - started, failed: unhandledErrors.length > 0, tests: [] };
    for (const module of testModules.filter(({ moduleId }) => moduleId === path)) {
      if (!module.ok()) file.failed = true;
      file.reached = module.meta().reached;
      file.errors = [...unhandledErrors, ...module.errors()].map((e) => e.message);
      for (const test of module.children.allTests()) {
        const state = test.result().state;
        if (state === 'skipped') continue;
        const ms = test.diagnostic()?.duration ?? 0;
        file.tests.push({ id: test.id, name: test.fullName, state, ms, reached: test.meta().reached });
      }
    }
    ran.push(file);
    if (file.failed && !request.all) break;
  }
  return ran;
}

process.on('message', (request) => {
  run(request).then(
    (files) => process.send({ files }),
    (error) => process.send({ error: String(error?.stack ?? error) }),
  );
});
process.on('disconnect', () => process.exit());
process.send({ tests: (await vitest.globTestSpecifications()).map(({ moduleId }) => moduleId) });
