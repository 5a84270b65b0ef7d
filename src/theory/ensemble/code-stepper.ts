/** Blocks of walkers in plain code: the work of kernels/ensemble, for fields without formulas. */
import { philox } from '../../numeric/random.js';
import type { CodeStep } from './code-steps.js';
import { LANES } from './machine.js';
import type { Block, Setting, Stepper } from './stepper.js';
import { STATUS } from './walls.js';

/** Makes a stepper that runs in TypeScript, one walker at a time. */
export function codeStepper(code: CodeStep, setting: Setting): Stepper {
  const { states } = code;
  const [x, next] = [new Float64Array(states), new Float64Array(states)];
  const numbers = normalsOf(code.normals, setting.key);
  const advance = (block: Block, first: number, from: number, count: number) => {
    for (let lane = 0; lane < LANES; lane++) {
      if (block.status[lane] !== STATUS.moving) continue;
      for (let s = 0; s < states; s++) x[s] = block.state[s * LANES + lane];
      for (let t = 0; t < count && block.status[lane] === STATUS.moving; t++) {
        const sign = numbers.draw((first + lane) >>> 0, from + t);
        code.step(x, numbers.values, sign, next);
        settle({ code, setting, block, lane, x, next, walker: (first + lane) >>> 0, step: from + t });
      }
      for (let s = 0; s < states; s++) block.state[s * LANES + lane] = x[s];
    }
  };
  return { states, advance };
}

/** Returns a uniform number in (0, 1] from two words: 52 bits. */
const uniformOf = (low: number, high: number) => 1 - (high * 2 ** 20 + (low >>> 12)) / 2 ** 52;

/** Draws the normal numbers of a walker and step in the order of kernels/ensemble/normals.ts. */
function normalsOf(count: number, [k0, k1]: readonly [number, number]) {
  const block = new Uint32Array(4);
  const values = new Float64Array(count);
  const odd = count % 2;
  const draw = (walker: number, step: number): number => {
    const number = odd ? Math.floor(step / 2) : step;
    const skip = odd && step % 2 ? count : 0;
    let sign = 1;
    for (let p = skip >> 1; 2 * p < skip + count; p++) {
      philox([number % 2 ** 32, walker, p, Math.floor(number / 2 ** 32)], k0, k1, block);
      if (p === 0 && block[0] & 1) sign = -1;
      const radius = Math.sqrt(-2 * Math.log(uniformOf(block[0], block[1])));
      const angle = 2 * Math.PI * (1 - uniformOf(block[2], block[3]));
      if (2 * p >= skip) values[2 * p - skip] = radius * Math.cos(angle);
      if (2 * p + 1 < skip + count) values[2 * p + 1 - skip] = radius * Math.sin(angle);
    }
    return sign;
  };
  return { values, draw };
}

interface Arrival {
  readonly code: CodeStep;
  readonly setting: Setting;
  readonly block: Block;
  readonly lane: number;
  readonly x: Float64Array;
  readonly next: Float64Array;
  readonly walker: number;
  readonly step: number;
}

/** Accepts the new state, or stops the walker, by the rules of kernels/ensemble/walls.ts. */
function settle({ code, setting, block, lane, x, next, walker, step }: Arrival): void {
  const { size, box, key } = setting;
  const stop = (status: number) => {
    block.status[lane] = status;
    block.exits[lane] = step;
  };
  for (let c = 0; c < size; c++) {
    if (Math.abs(next[c]) <= box.bound) continue;
    stop(STATUS.diverged);
    return;
  }
  const spread = new Float64Array(2);
  if (box.absorbing) code.variances?.(x, spread);
  for (let c = 0; c < size; c++) {
    const [low, high] = [box.walls[2 * c], box.walls[2 * c + 1]];
    if (box.kinds[2 * c] === 3) {
      next[c] -= (high - low) * Math.floor((next[c] - low) / (high - low));
      continue;
    }
    let side = -1;
    let bounces = 0;
    while (side < 0 && bounces < 64) {
      const beyond = next[c] < low ? 2 * c : next[c] > high ? 2 * c + 1 : -1;
      if (beyond < 0) break;
      if (box.kinds[beyond] === 2) side = beyond;
      else next[c] = 2 * box.walls[beyond] - next[c];
      bounces++;
    }
    for (let s = 2 * c; code.variances && side < 0 && bounces === 0 && s < 2 * c + 2; s++) {
      if (box.kinds[s] !== 2) continue;
      const exponent = (-2 * (x[c] - box.walls[s]) * (next[c] - box.walls[s])) / spread[c];
      if (!(exponent > -37)) continue;
      const block4 = new Uint32Array(4);
      philox([step % 2 ** 32, walker, 256 + s, Math.floor(step / 2 ** 32)], key[0], key[1], block4);
      if (uniformOf(block4[0], block4[1]) <= Math.exp(exponent)) side = s;
    }
    if (side >= 0) {
      block.sides[lane] = side + 1;
      x[c] = box.walls[side];
      stop(STATUS.absorbed);
      return;
    }
    if (bounces === 64) next[c] = low;
    if (bounces % 2 && code.states > size) next[size + c] = -next[size + c];
  }
  for (let s = 0; s < code.states; s++) x[s] = Math.abs(next[s]) > 1e-150 ? next[s] : 0;
}
