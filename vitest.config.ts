import { defineConfig } from 'vitest/config';

/** No test ends by the clock but one that hangs. Tests that start other programs wait as long for them (test/support/cli.ts). */
const HANG = 600_000;

export default defineConfig({
  // names in "imports" of package.json lead to src/ in tests, not to dist/
  ssr: { resolve: { conditions: ['thermograd-source', 'module', 'node', 'development|production'] } },
  test: { include: ['test/**/*.test.ts'], testTimeout: HANG, hookTimeout: HANG, pool: 'forks', maxWorkers: 2 },
});
