/**
 * Vitest's setup file of the dry run: every test records the numbers of the sites that it reached, and so does its
 * file.
 */
import { afterEach, beforeEach } from 'vitest';

const reached = new Uint8Array(Number(process.env.MUTATE_SITES));
globalThis.__reached = reached;

/** Sites reached outside of tests: while modules load, and in hooks for several tests. */
const shared = new Set();

const take = () => {
  const numbers = [];
  for (let i = reached.indexOf(1); i >= 0; i = reached.indexOf(1, i + 1)) numbers.push(i);
  reached.fill(0);
  return numbers;
};

beforeEach(({ task }) => {
  for (const number of take()) shared.add(number);
  task.file.meta.reached = [...shared];
});
afterEach(({ task }) => {
  task.meta.reached = take();
});
