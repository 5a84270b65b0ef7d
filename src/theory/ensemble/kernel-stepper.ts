/** Blocks of walkers in the kernel: the formulas of a step are compiled once, and all ensembles of a thread share its memory. */
import { BYTES, LANES, load, machine } from './machine.js';
import { compileProgram } from './program.js';
import type { StepFormulas } from './schemes.js';
import type { Block, Setting, Stepper } from './stepper.js';

/** Moves blocks of walkers in the kernel. */
interface KernelStepper extends Stepper {
  /** Floating-point operations for one step of one walker, without those of its random numbers. */
  readonly operations: number;
}

/**
 * Makes a stepper that runs the formulas of a step in the kernel.
 * @throws InputError for formulas that need too many registers
 */
export function kernelStepper(step: StepFormulas, { size, box, key }: Setting): KernelStepper {
  const states = step.state.length;
  const n = step.normals.length;
  // an odd number of normal numbers is drawn for two steps at a time
  const rest = n % 2 === 1 ? step.normals.map((name) => `${name} of the next step`) : [];
  const sign = step.signs ? ['#s'] : [];
  const bridged = box.absorbing && step.variances.length > 0;
  const program = compileProgram(
    [...step.next, ...(bridged ? step.variances : [])],
    [...step.state, ...step.normals, ...rest, ...sign],
  );
  const advance = ({ state, status, exits, sides }: Block, first: number, from: number, count: number) => {
    const m = machine();
    const loaded = load(m, program);
    const at = addresses(m.base);
    const { buffer } = m.memory;
    const f64 = (address: number, length: number) => new Float64Array(buffer, address, length);
    const i32 = (address: number, length: number) => new Int32Array(buffer, address, length);
    f64(loaded.register(0), state.length).set(state);
    new Uint8Array(buffer, at.status, LANES).set(status);
    new Uint8Array(buffer, at.sides, LANES).set(sides);
    f64(at.exits, LANES).set(exits);
    f64(at.walls, 2 * size).set(box.walls);
    i32(at.kinds, 2 * size).set(box.kinds);
    i32(at.outputs, program.outputs.length).set(program.outputs.map(loaded.register));
    // the fields of Job in kernels/ensemble/walls.ts
    i32(at.job, 19).set([
      loaded.program,
      program.length,
      loaded.register(0),
      states,
      size,
      loaded.register(states),
      n,
      step.signs ? loaded.register(states + n + rest.length) : 0,
      at.outputs,
      at.walls,
      at.kinds,
      bridged ? 1 : 0,
      at.moving,
      at.status,
      at.exits,
      at.sides,
      first | 0,
      key[0] | 0,
      key[1] | 0,
    ]);
    f64(at.job + 80, 1)[0] = box.bound;
    for (let done = 0; done < count; ) {
      const number = from + done;
      const part = Math.min(count - done, 2 ** 20);
      m.kernel.advance(at.job, (number % 2 ** 32) | 0, Math.floor(number / 2 ** 32), part);
      done += part;
    }
    state.set(f64(loaded.register(0), state.length));
    status.set(new Uint8Array(buffer, at.status, LANES));
    sides.set(new Uint8Array(buffer, at.sides, LANES));
    exits.set(f64(at.exits, LANES));
  };
  return { states, operations: program.operations, advance };
}

/** Returns the addresses of the small tables before the program, which take less than `TABLES` bytes. */
const addresses = (base: number) => ({
  job: base,
  walls: base + 128,
  kinds: base + 192,
  outputs: base + 256,
  status: base + 320,
  sides: base + 512,
  exits: base + 1024,
  moving: base + 1024 + BYTES,
});
