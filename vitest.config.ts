import { defineConfig } from 'vitest/config';

/** No test ends by the clock but one that hangs. Tests that start other programs wait as long for them (test/support/cli.ts). */
const HANG = 600_000;

export default defineConfig({
  test: { include: ['test/**/*.test.ts'], testTimeout: HANG, hookTimeout: HANG, pool: 'forks', maxWorkers: 2 },
});
