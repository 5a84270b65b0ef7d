/** The trials: a command is stopped in some way, continued until it is done, and what it leaves is compared. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { differences, largestOf, sizeOf, strayIn } from './compare.mjs';
import { lastWords, MAIN, notOneSentence, startInTerminal, start as startProgram } from './program.mjs';

/** Trials of one command: its uninterrupted run in `reference`, and a working folder that each trial makes anew. */
export class Trials {
  constructor(command, { root, inputs, base, size, workers, random }) {
    Object.assign(this, { command, inputs, base, random });
    this.main = command.main ?? MAIN;
    this.out = command.file ?? 'out';
    this.args = [
      ...command[size].split(' ').filter((word) => word !== ''),
      '--out',
      this.out,
      ...(command.workers ? ['--workers', `${workers}`] : []),
    ];
    this.folder = join(root, command.name.replaceAll(' ', ''), 'work');
    this.reference = join(root, command.name.replaceAll(' ', ''), this.out);
  }

  /** Runs the command without a stop; the hook only counts. */
  async refer() {
    this.fresh();
    const run = await this.start(this.args, { hook: { at: 0, way: 'none' } });
    if (run.code !== 0) throw new Error(`${this.command.name} ends with ${run.code} without any kill: ${run.stderr}`);
    for (const [made, kept] of this.pairs) cpSync(made, kept, { recursive: true });
    const result = {
      changes: run.changes,
      seconds: run.seconds,
      bytes: sizeOf(this.place),
      largest: largestOf(this.place),
    };
    this.uninterrupted = result;
    return result;
  }

  start(args, options) {
    return startProgram(this.folder, args, { ...options, main: this.main });
  }

  get place() {
    return join(this.folder, this.out);
  }

  /** All places that the command writes, with what an uninterrupted run left of each. */
  get pairs() {
    const names = [this.out, ...(this.command.beside ? [this.command.beside] : [])];
    return names.map((name) => [join(this.folder, name), join(this.reference, '..', name)]);
  }

  /** What differs from the uninterrupted run. */
  differing() {
    return this.pairs.flatMap(([made, kept]) => differences(kept, made));
  }

  fresh() {
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(this.folder, { recursive: true });
    this.fill();
  }

  fill() {
    for (const [name, text] of Object.entries(this.inputs)) writeFileSync(join(this.folder, name), text);
    if (this.command.base) cpSync(this.base, join(this.folder, 'base'), { recursive: true });
  }

  /** A whole number from 1 to n, and one of a list. */
  upTo(n) {
    return 1 + Math.floor(this.random() * n);
  }
  oneOf(list) {
    return list[this.upTo(list.length) - 1];
  }
  anywhere() {
    return this.upTo(this.uninterrupted.changes);
  }

  /** The arguments with which the work goes on. */
  next() {
    return this.command.resumes && holdsRecord(this.place) ? [...this.args, '--resume'] : this.args;
  }

  /** Whether a command that writes at once refuses because its result stands already. */
  stands(run) {
    return !this.command.resumes && run.code === 2 && this.pairs.every(([made]) => existsSync(made));
  }

  /** Goes on until done; returns everything that is wrong at the end. */
  async finish() {
    const run = await this.start(this.next());
    if (run.code !== 0 && !this.stands(run))
      return [`the last call ends with ${run.code ?? run.signal}: ${lastWords(run)}`];
    return [...this.differing(), ...strayIn(this.folder).map((f) => `left behind: ${f}`)];
  }

  /** kill -9, up to `wanted` times in a row. */
  async kill(wanted, ways) {
    this.fresh();
    const kills = [];
    const problems = [];
    let limit = this.uninterrupted.changes;
    while (kills.length < wanted) {
      const { seconds, changes } = this.uninterrupted;
      const way = this.oneOf(ways);
      const at = this.upTo(limit) - (way === 'later' ? 1 : 0);
      // what is written at once comes at the end
      const most = this.command.resumes || at > 0 ? Math.min(4 / changes, 1) : 1;
      const hook = { at, way, wait: this.random() * 1000 * seconds * most };
      const run = await this.start(this.next(), { hook });
      if (run.signal !== 'SIGKILL') {
        if (run.code !== 0 && !this.stands(run))
          problems.push(`ends with ${run.code ?? run.signal}: ${lastWords(run)}`);
        break;
      }
      kills.push(`${hook.way} ${hook.at}${hook.way === 'later' ? ` + ${hook.wait.toFixed(0)} ms` : ''}`);
      limit = Math.max(1, Math.ceil(limit * 0.7)); // less is left
    }
    return { kills, problems: [...problems, ...(await this.finish())] };
  }

  /** Stops the command at a change; a run with fewer changes than the reference (checkpoints follow the clock) is made again. */
  async stopAt(way) {
    for (let limit = this.uninterrupted.changes; ; limit = Math.ceil(limit / 2)) {
      this.fresh();
      const at = this.upTo(limit);
      const run = await this.start(this.args, { hook: { at, way } });
      if (run.changes >= at || limit === 1) return { at, run };
    }
  }

  /** A signal that asks to stop: exit code 130, the way to continue in words, no lock, nothing half. */
  async signal(name) {
    const { at, run } = await this.stopAt(name);
    const problems = run.code === 0 ? [] : this.stopped(run.code ?? run.signal, run);
    return { what: `${name} at ${at}`, problems: [...problems, ...(await this.finish())] };
  }

  stopped(code, run) {
    const problems = code === 130 ? [] : [`ends with ${code}, not with 130: ${run ? lastWords(run) : ''}`];
    if (run && this.command.resumes && code === 130 && !/continue with: .*--resume/.test(run.stderr))
      problems.push(`does not say how to continue: ${lastWords(run)}`);
    if (!this.command.resumes && !this.command.continues && existsSync(this.place))
      problems.push('wrote something although it was stopped');
    return [...problems, ...strayIn(this.folder).map((f) => `left behind when stopped: ${f}`)];
  }

  /** The terminal is closed. */
  async terminal() {
    this.fresh();
    const at = this.anywhere();
    const code = await startInTerminal(this.folder, this.args, at, this.main);
    // a program that was done can end with 1, since its last words reached nobody, or by the hangup itself
    const done = (code === 1 || code === 'killed') && this.differing().length === 0;
    const problems = code === undefined || code === 0 || done ? [] : this.stopped(code);
    return { what: `terminal closed at ${at}`, problems: [...problems, ...(await this.finish())] };
  }

  /** From one change on, the disk is full. */
  async full() {
    const { at, run } = await this.stopAt('full');
    return { what: `disk full at ${at}`, problems: [...this.refused(run), ...(await this.finish())] };
  }

  refused(run) {
    if (run.code === 0) return [];
    const sentence = run.code === 1 ? notOneSentence(run) : `ends with ${run.code ?? run.signal}: ${lastWords(run)}`;
    return [...(sentence ? [sentence] : []), ...strayIn(this.folder).map((f) => `left behind on a full disk: ${f}`)];
  }

  /**
   * A file system of memory: one that is too small from the start, which may be refused before anything is written;
   * then one that fills up at a change, until room is made. Needs root.
   */
  async tmpfs() {
    this.fresh();
    const inputs = sizeOf(this.folder);
    rmSync(this.folder, { recursive: true });
    mkdirSync(this.folder);
    const room = Math.ceil((this.random() * 1.1 * this.uninterrupted.bytes) / 4096) * 4096;
    mount(['-t', 'tmpfs', '-o', `size=${inputs + 400_000 + room}`, 'none', this.folder]);
    try {
      this.fill();
      const small = await this.start(this.args);
      const problems = small.code === 2 ? [notOneSentence(small)].filter((p) => p) : this.refused(small);
      if (small.code === 2 && existsSync(this.place)) problems.push('wrote something although it was refused');
      mount(['-o', `remount,size=${inputs + 3 * this.uninterrupted.bytes + 200_000_000}`, this.folder]);
      const at = this.anywhere();
      if (small.code !== 0) {
        problems.push(...this.refused(await this.start(this.next(), { hook: { at, way: 'fill' } })));
        rmSync(join(this.folder, 'filler'), { force: true });
      }
      const what = `room for ${room} bytes (exit ${small.code}), full at ${at}`;
      return { what, problems: [...problems, ...(await this.finish())] };
    } finally {
      spawnSync('umount', [this.folder]);
    }
  }

  /** No file may be larger than a limit. */
  async limit() {
    this.fresh();
    const kilobytes = this.upTo(Math.ceil(this.uninterrupted.largest / 1024));
    const prefix = ['bash', '-c', `ulimit -f ${kilobytes}; exec "$@"`, 'bash'];
    const run = await this.start(this.args, { prefix });
    return { what: `files up to ${kilobytes} kB`, problems: [...this.refused(run), ...(await this.finish())] };
  }

  /** Five at once in a new folder, or, once one was killed in it, to continue there. */
  async writers(afterKill) {
    this.fresh();
    const at = this.anywhere();
    if (afterKill) await this.start(this.args, { hook: { at, way: 'after' } });
    const going = this.next();
    const resumed = going !== this.args;
    const runs = await Promise.all(Array.from({ length: 5 }, () => this.start(going)));
    const done = runs.filter((r) => r.code === 0);
    const problems = runs
      .filter((r) => r.code !== 0)
      .map((r) => (r.code === 2 ? notOneSentence(r) : `ends with ${r.code ?? r.signal}: ${lastWords(r)}`))
      .filter((p) => p !== undefined);
    // who comes when all is done may find nothing left to do, or that the result stands
    const right = this.command.resumes && !resumed ? done.length === 1 : done.length >= (afterKill ? 0 : 1);
    if (!right) problems.push(`${done.length} of 5 writers came through`);
    return {
      what: afterKill ? `five writers after a kill at ${at}` : 'five writers',
      refused: 5 - done.length,
      problems: [...problems, ...(await this.finish())],
    };
  }

  clean() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function mount(args) {
  const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`mount ${args.join(' ')}: ${stderr}`);
}

const holdsRecord = (folder) =>
  existsSync(folder) &&
  readdirSync(folder).some(
    (name) =>
      name.endsWith('.json') &&
      /^\s*\{\s*"format"\s*:\s*"thermograd/.test(readFileSync(join(folder, name), 'utf8').slice(0, 200)),
  );
