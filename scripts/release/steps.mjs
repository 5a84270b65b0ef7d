/** Steps of a script that count as passed, failed or skipped, and commands that they run. */
import { spawnSync } from 'node:child_process';

/** Fails a step with a sentence. */
export class StepError extends Error {}

/** Keeps what ran. A step that throws has failed, and the next one runs all the same. */
export class Steps {
  #done = [];

  /** Runs one step; returns what it returns, or undefined where it failed. */
  async run(name, work) {
    process.stdout.write(`\n== ${name}\n`);
    const from = Date.now();
    try {
      const result = await work();
      this.#end(name, 'passed', `${Math.round((Date.now() - from) / 1000)} s`);
      return result ?? true;
    } catch (error) {
      process.stdout.write(`${error instanceof StepError ? error.message : error.stack}\n`);
      this.#end(name, 'FAILED', `${Math.round((Date.now() - from) / 1000)} s`);
      return undefined;
    }
  }

  skip(name, why) {
    this.#end(name, 'skipped', why);
  }

  get failed() {
    return this.#done.filter((s) => s.how === 'FAILED').length;
  }

  /** The steps that passed, by name. */
  get passed() {
    return this.#done.filter((s) => s.how === 'passed').map((s) => s.name);
  }

  toString() {
    const count = (how) => this.#done.filter((s) => s.how === how).length;
    const lines = this.#done.map(({ name, how, note }) => `${how.padEnd(8)} ${name} (${note})`);
    return `${lines.join('\n')}\n${count('passed')} passed, ${count('FAILED')} failed, ${count('skipped')} skipped\n`;
  }

  #end(name, how, note) {
    this.#done.push({ name, how, note });
    process.stdout.write(`== ${name}: ${how} (${note})\n`);
  }
}

/** Runs a command and returns what it printed; throws a StepError with the end of its output where it fails. */
export function run(program, options, { cwd, env = process.env } = {}) {
  const done = spawnSync(program, options, { cwd, env, encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (done.status === 0) return done.stdout;
  const said = done.error ? done.error.message : `${done.stdout}${done.stderr}`.slice(-4000);
  throw new StepError(`${program} ${options.join(' ')} failed:\n${said}`);
}

/** Throws where there are faults. */
export function none(faults) {
  if (faults.length > 0) throw new StepError(faults.join('\n'));
}
