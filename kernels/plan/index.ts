// The plan machine: executes records of sixteen words (src/model/plan/ops.ts) in float32 or float64, and whole training steps.
import { convForward, convInput, convProject, denseForward, denseInput, denseProject } from './convolution';
import { gather, gatherLabels, gatherTargets, mask, moveOrder, nextStep, setFirst, setOrder, setStep } from './data';
import { activate, add, affine, affineWeight, affineWeightLanes, bend, clearRows, dot, multiply, multiplyRow, scale, slope, sumLanes } from './elements';
import { convWeight, denseWeight } from './gradients';
import { setLanes } from './lanes';
import { crossEntropy, crossEntropyTangent, squaredError, squaredErrorTangent } from './losses';
import { layerNorm, layerNormInput, layerNormInputTangent, layerNormTangent } from './norms';
import { optimise } from './optimise';
import { PANEL_BYTES } from './panels';
import { TURNED_BYTES } from './outer';
import { tables, TABLES_BYTES } from './taps';
import { sparseForward, sparseGather, sparseWeight } from './sparse';
import { transpose } from '../training/passes';
import { Pull, pull } from '../training/pull';
import { averagePool, averagePoolInput, maxPool, maxPoolInput, maxPoolTangent } from './pools';

export { setLanes, setOrder, setStep };

/** Returns the first free address after the kernel's own constants and tables. */
export function heapBase(): usize {
  return tables() + TABLES_BYTES + TURNED_BYTES + PANEL_BYTES;
}

function execute<T>(r: usize): void {
  const code = load<i32>(r);
  switch (code) {
    case 1:
      convForward<T>(r);
      break;
    case 2:
      convInput<T>(r);
      break;
    case 3:
      convWeight<T>(r, false);
      break;
    case 4:
      convWeight<T>(r, true);
      break;
    case 5:
      convProject<T>(r);
      break;
    case 6:
      denseForward<T>(r);
      break;
    case 7:
      denseInput<T>(r);
      break;
    case 8:
      denseWeight<T>(r, false);
      break;
    case 9:
      denseWeight<T>(r, true);
      break;
    case 10:
      denseProject<T>(r);
      break;
    case 16:
      maxPool<T>(r);
      break;
    case 17:
      maxPoolInput<T>(r);
      break;
    case 18:
      maxPoolTangent<T>(r);
      break;
    case 19:
      averagePool<T>(r);
      break;
    case 20:
      averagePoolInput<T>(r);
      break;
    case 32:
      activate<T>(r);
      break;
    case 33:
      slope<T>(r);
      break;
    case 34:
      bend<T>(r);
      break;
    case 35:
      add<T>(r);
      break;
    case 36:
      multiply<T>(r);
      break;
    case 37:
      multiplyRow<T>(r);
      break;
    case 38:
      scale<T>(r);
      break;
    case 39:
      dot<T>(r);
      break;
    case 40:
      sumLanes<T>(r);
      break;
    case 41:
      clearRows<T>(r);
      break;
    case 42:
      mask<T>(r);
      break;
    case 48:
      affine<T>(r);
      break;
    case 49:
      affineWeight<T>(r);
      break;
    case 50:
      affineWeightLanes<T>(r);
      break;
    case 56:
      layerNorm<T>(r);
      break;
    case 57:
      layerNormInput<T>(r);
      break;
    case 58:
      layerNormTangent<T>(r);
      break;
    case 59:
      layerNormInputTangent<T>(r);
      break;
    case 64:
      crossEntropy<T>(r);
      break;
    case 65:
      crossEntropyTangent<T>(r);
      break;
    case 66:
      squaredError<T>(r);
      break;
    case 67:
      squaredErrorTangent<T>(r);
      break;
    case 72:
      gather<T>(r);
      break;
    case 73:
      gatherLabels<T>(r);
      break;
    case 74:
      gatherTargets<T>(r);
      break;
    case 80:
      sparseGather(r);
      break;
    case 81:
      sparseForward(r);
      break;
    case 82:
      sparseWeight(r);
      break;
    default:
      optimise<T>(code, r);
  }
}

/** Executes records from … to − 1 in float32. */
export function run32(plan: usize, from: i32, to: i32): void {
  for (let k = from; k < to; k++) execute<f32>(plan + (<usize>k << 6));
}

/** Executes records from … to − 1 in float64. */
export function run64(plan: usize, from: i32, to: i32): void {
  for (let k = from; k < to; k++) execute<f64>(plan + (<usize>k << 6));
}

/** Adds the numbers of a row in float64. */
function total(row: usize, count: i32): f64 {
  let sum: f64 = 0;
  for (let s = 0; s < count; s++) sum += <f64>load<f32>(row + (<usize>s << 2));
  return sum;
}

@unmanaged
/** What `steps` needs to know beside the records; src/train/plan/steps.ts writes it. */
class Steps {
  /** Records of which the first `passes` go once over each part of a batch, and the others, up to `to`, once a step. */
  plan: usize;
  passes: i32;
  to: i32;
  /** Samples in a batch, and lanes: a batch of more is taken in parts. */
  batch: i32;
  lanes: i32;
  /** The rows of losses and of correct predictions (0 where there are none). */
  loss: usize;
  correct: usize;
  /** Numbers that are copied to `settings` before each step, `settingCount` of them from a table of steps. */
  settings: usize;
  settingCount: i32;
  table: usize;
  /** What is set to 0 before each step. */
  sums: usize;
  sumBytes: i32;
  /** Parts that are copied to `record` after each step. */
  parts: usize;
  partCount: i32;
  record: usize;
  /** Results of each step: f32 and u16. */
  losses: usize;
  corrects: usize;
  /** A penalty that acts after each update, or on the gradient before it, as it says itself (kernels/training/pull.ts); or 0. */
  pull: usize;
}

@unmanaged
/** Numbers that are recorded: `bytes` of them as they lie, or with `inputs` a padded transpose (row bytes `bytes`). */
class Part {
  from: usize;
  bytes: i32;
  inputs: i32;
  outputs: i32;
}

/** Copies a part to `record` and returns the address after it. */
function keep(part: Part, record: usize): usize {
  if (part.inputs == 0) {
    memory.copy(record, part.from, <usize>part.bytes);
    return record + <usize>part.bytes;
  }
  transpose(part.from, part.inputs, part.outputs, <usize>part.bytes, record, <usize>part.inputs << 2);
  return record + (<usize>(part.inputs * part.outputs) << 2);
}

/**
 * Takes `count` steps over consecutive batches of the order that was set. Returns the number of steps whose loss was finite:
 * less than `count` means that training diverged there.
 */
export function steps(at: usize, count: i32): i32 {
  const s = changetype<Steps>(at);
  let record = s.record;
  let table = s.table;
  for (let t = 0; t < count; t++) {
    memory.copy(s.settings, table, <usize>s.settingCount << 2);
    table += <usize>s.settingCount << 2;
    if (s.sums) memory.fill(s.sums, 0, <usize>s.sumBytes);
    let loss: f64 = 0;
    let correct: f64 = 0;
    for (let first = 0; first < s.batch; first += s.lanes) {
      const n = min(s.lanes, s.batch - first);
      setLanes(s.lanes, n);
      setFirst(first);
      run32(s.plan, 0, s.passes);
      loss += total(s.loss, n);
      if (s.correct) correct += total(s.correct, n);
      moveOrder(n);
    }
    loss /= <f64>s.batch;
    store<f32>(s.losses + (<usize>t << 2), <f32>loss);
    if (!(loss < 1e30)) return t;
    store<u16>(s.corrects + (<usize>t << 1), <u16>correct);
    const after = s.pull != 0 && changetype<Pull>(s.pull).after != 0;
    if (s.pull && !after) pull(s.pull);
    run32(s.plan, s.passes, s.to);
    if (after) pull(s.pull);
    for (let k = 0; k < s.partCount; k++) {
      record = keep(changetype<Part>(s.parts + <usize>k * offsetof<Part>()), record);
    }
    nextStep();
  }
  setFirst(0);
  return count;
}

/** Copies a weight out in PyTorch's order (outputs×inputs) from the padded transpose of a sparse layer. */
export function copyOut(weights: usize, inputs: i32, outputs: i32, bytes: i32, to: usize): void {
  transpose(weights, inputs, outputs, <usize>bytes, to, <usize>inputs << 2);
}
