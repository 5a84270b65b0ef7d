/** One child process with a Vitest in it, replaced when it hangs or crashes. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./child.mjs', import.meta.url));
const running = new Set();

/** Ends all children with the test workers that they started. */
export function endAll() {
  for (const child of running) {
    running.delete(child);
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // has ended by itself
    }
  }
}

export class Vitests {
  #child;
  #env;

  /** @param sites - number of instrumented sites, for the dry run; undefined for runs of mutants */
  constructor(sites) {
    this.#env = sites === undefined ? {} : { MUTATE_SITES: String(sites) };
  }

  /** Lists all test files of the project. */
  async tests() {
    return (await this.#ready()).tests;
  }

  /**
   * Runs the tests of a request and returns their results (see child.mjs), or 'hung' after the limit, or 'died' when
   * the process ended.
   */
  async run(request, limit) {
    const { child } = await this.#ready();
    const answer = await new Promise((resolve) => {
      const clock = limit && setTimeout(() => resolve('hung'), limit);
      const died = () => resolve('died');
      child.once('exit', died);
      child.once('message', (message) => {
        clearTimeout(clock);
        child.off('exit', died);
        resolve(message);
      });
      child.send(request);
    });
    if (answer.error) throw new Error(answer.error);
    if (answer.files) return answer.files;
    this.end();
    return answer;
  }

  end() {
    if (!this.#child) return;
    void this.#child.then(({ child }) => {
      running.delete(child);
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // has ended by itself
      }
    });
    this.#child = undefined;
  }

  #ready() {
    this.#child ??= new Promise((resolve, reject) => {
      // a process group of its own, so that test workers end with it
      const child = fork(SCRIPT, { detached: true, env: { ...process.env, ...this.#env } });
      running.add(child);
      const died = (code) => reject(new Error(`Vitest did not start (exit code ${code})`));
      child.once('exit', died);
      child.once('message', ({ tests }) => {
        child.off('exit', died);
        resolve({ child, tests });
      });
    });
    return this.#child;
  }
}
