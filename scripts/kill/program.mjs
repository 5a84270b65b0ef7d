/** One start of the program, with or without the hook that ends it. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const HOOK = pathToFileURL(fileURLToPath(new URL('hook.mjs', import.meta.url))).href;

/** Milliseconds after which a program counts as hanging. */
const HANG = 900_000;

/** Programs that run now. */
const living = new Set();

/** Ends every program that was started here. */
export function endAll() {
  for (const child of living) child.kill('SIGKILL');
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const counted = (file) => (existsSync(file) ? statSync(file).size : 0);

/**
 * Starts the program in `folder` and waits for its end.
 * @param hook - {at, way} for hook.mjs; way 'later': SIGKILL from outside, `wait` ms after that change; none: no hook
 * @param prefix - a program, with its arguments, that starts it
 * @param main - what is started in place of the program
 */
export async function start(folder, args, { hook, prefix = [], main = MAIN } = {}) {
  const count = join(folder, '..', 'count');
  for (const file of [count, `${count}.pid`, `${count}.exit`]) rmSync(file, { force: true });
  const command = [...prefix, process.execPath, main, ...args];
  const inside = hook && (hook.way === 'later' ? { count } : { count, at: hook.at, way: hook.way });
  const env = { ...process.env };
  delete env.NODE_OPTIONS;
  if (inside) Object.assign(env, { NODE_OPTIONS: `--import=${HOOK}`, THERMOGRAD_KILL: JSON.stringify(inside) });
  const from = performance.now();
  const child = spawn(command[0], command.slice(1), { cwd: folder, env, stdio: ['pipe', 'pipe', 'pipe'] });
  living.add(child);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => (stdout += text));
  child.stderr.on('data', (text) => (stderr += text));
  child.stdin.on('error', () => {});
  let hung = false;
  const watchdog = setTimeout(() => {
    hung = true;
    child.kill('SIGKILL');
  }, HANG);
  let over = false;
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      over = true;
      resolve({ code, signal });
    });
  });
  if (hook?.way === 'later') {
    while (!over && counted(count) < hook.at) await pause(3);
    await Promise.race([ended, pause(hook.wait)]);
    if (!over) child.kill('SIGKILL');
  }
  const { code, signal } = await ended;
  clearTimeout(watchdog);
  living.delete(child);
  return {
    code: hung ? 'hangs' : code,
    signal,
    stdout,
    stderr,
    changes: counted(count),
    seconds: (performance.now() - from) / 1000,
  };
}

/**
 * Starts the program in a terminal of its own (`script`), which is closed at a change; returns the exit code that the
 * program then ended with, 'killed' when it was ended by the hangup, or undefined when it ended before.
 */
export async function startInTerminal(folder, args, at, main = MAIN) {
  const count = join(folder, '..', 'count');
  for (const file of [count, `${count}.pid`, `${count}.exit`]) rmSync(file, { force: true });
  const quoted = [process.execPath, main, ...args].map((word) => `'${word}'`).join(' ');
  const env = { ...process.env, NODE_OPTIONS: `--import=${HOOK}`, THERMOGRAD_KILL: JSON.stringify({ count }) };
  const terminal = spawn('script', ['-qfec', `exec ${quoted}`, '/dev/null'], {
    cwd: folder,
    env,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  terminal.stdin.on('error', () => {});
  let over = false;
  const ended = new Promise((resolve, reject) => {
    terminal.on('error', reject);
    terminal.on('close', () => resolve((over = true)));
  });
  while (!over && counted(count) < at) await pause(3);
  const closed = !over;
  terminal.kill('SIGKILL');
  await ended;
  if (!closed) return undefined;
  const pid = Number(readFileSync(`${count}.pid`, 'utf8'));
  for (const from = performance.now(); isRunning(pid); await pause(20))
    if (performance.now() - from > HANG) {
      process.kill(pid, 'SIGKILL');
      return 'hangs';
    }
  return existsSync(`${count}.exit`) ? Number(readFileSync(`${count}.exit`, 'utf8')) : 'killed';
}

function isRunning(pid) {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** The end of what a program printed to stderr; of a stack of machine code all, with the line above it that says why. */
export function lastWords({ stderr }) {
  const at = stderr.search(/^(?:# Fatal|FATAL ERROR|<--- Last few GCs|----- Native stack)/m);
  return at < 0 ? stderr.slice(-600) : stderr.slice(at, at + 6000);
}

/** Why what an ended program printed is not one sentence about an error; undefined where it is. */
export function notOneSentence(run) {
  if (/This should not happen|\n {4}at /.test(run.stderr)) return `no sentence but: ${lastWords(run)}`;
  const errors = run.stderr.match(/^thermograd: .*$/gm) ?? [];
  return errors.length === 1 ? undefined : `${errors.length} sentences: ${lastWords(run)}`;
}
