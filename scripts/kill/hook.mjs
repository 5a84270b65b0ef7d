/**
 * Loaded into the program by `node --import`, in its workers too: counts every change of the file system, and at a given
 * one ends the process, sends it a signal, or lets the disk be full from then on. THERMOGRAD_KILL holds
 * {count, at, way}: a file that grows by one byte with each change, the number of a change from 1 (0: none), and what
 * happens there. One number means the same place in every run with one worker: no clock decides.
 *
 *   before, half, after    SIGKILL before, in the middle of (where bytes are written) or after the change
 *   SIGINT, SIGTERM, …     this signal before it
 *   fill                   a file `filler` takes all room that is left
 *   full                   ENOSPC in it, after half of its bytes, and in every later change that needs room
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const { count, at = 0, way } = JSON.parse(process.env.THERMOGRAD_KILL);
const original = { ...fs };
const counter = original.openSync(count, 'a');
const ours = new Set();
if (isMainThread) {
  original.writeFileSync(`${count}.pid`, `${process.pid}`);
  process.on('exit', (code) => original.writeFileSync(`${count}.exit`, `${code}`));
}

const die = () => {
  process.kill(process.pid, 'SIGKILL');
  for (;;); // in a worker the signal may arrive a moment later
};
const noRoom = (call) => Object.assign(new Error(`ENOSPC: no space left on device, ${call}`), { code: 'ENOSPC' });

function fill() {
  const filler = original.openSync('filler', 'w');
  for (let length = 1 << 22; length >= 1; )
    try {
      if (original.writeSync(filler, new Uint8Array(length)) < length) length >>= 1;
    } catch {
      length >>= 1;
    }
  original.closeSync(filler);
}

/** Makes one change, or what `way` says; `half` makes a part of it. */
function change(call, needsRoom, whole, half) {
  original.writeSync(counter, '.');
  const number = original.fstatSync(counter).size;
  if (at === 0 || number < at) return whole();
  if (way === 'full') {
    if (!needsRoom) return whole();
    half?.();
    throw noRoom(call);
  }
  if (number > at) return whole();
  if (way === 'half') half?.();
  if (way === 'before' || way === 'half') die();
  if (way === 'fill') fill();
  if (way.startsWith('SIG')) process.kill(process.pid, way);
  const result = whole();
  if (way === 'after') die();
  return result;
}

const writes = (flags) => /[wa+]/.test(String(flags ?? 'r'));

fs.openSync = (path, flags, ...rest) => {
  if (!writes(flags)) return original.openSync(path, flags, ...rest);
  const file = change('open', true, () => original.openSync(path, flags, ...rest));
  ours.add(file);
  return file;
};
fs.closeSync = (file) => {
  ours.delete(file);
  original.closeSync(file);
};
fs.writeSync = (file, bytes, offset = 0, length = bytes.length - offset, ...rest) => {
  const write = (n) => original.writeSync(file, bytes, offset, n, ...rest);
  if (!ours.has(file) || typeof bytes === 'string') return original.writeSync(file, bytes, offset, length, ...rest);
  return change(
    'write',
    true,
    () => write(length),
    () => write(length >> 1),
  );
};
fs.writeFileSync = (path, text, ...rest) =>
  change(
    'write',
    true,
    () => original.writeFileSync(path, text, ...rest),
    () => original.writeFileSync(path, text.slice(0, text.length >> 1), ...rest),
  );
for (const name of ['mkdirSync', 'linkSync', 'symlinkSync', 'appendFileSync', 'copyFileSync'])
  fs[name] = (...args) => change(name.slice(0, -4), true, () => original[name](...args));
for (const name of ['renameSync', 'rmSync', 'unlinkSync', 'rmdirSync', 'fsyncSync', 'ftruncateSync'])
  fs[name] = (...args) => change(name.slice(0, -4), false, () => original[name](...args));
syncBuiltinESMExports();
