/**
 * The instructions of the plan machine (kernels/plan): layers of networks, their derivatives, losses and updates as
 * records of sixteen 32-bit words in kernel memory.
 *
 * Lanes are samples. A tensor of shape [C][H][W] is C·H·W rows, each a row of one number per lane; the number of lanes is
 * that of `setLanes(lanes, count)`, a multiple of 4 in float32 and of 2 in float64, of which the first `count` are samples
 * and the others padding. A row takes R = lanes·4 or lanes·8 bytes. Losses and everything that a loss hands back are
 * exactly 0 in the padding, so that sums over lanes are sums over samples.
 *
 * Word 0 of a record is the operation, word 1 its flags, and words 2 … 15 its operands in the order of `OPS`. An operand is
 * the address of a tensor, of parameters (plain numbers without lanes, in PyTorch's order) or of one number; or a size.
 * Addresses are byte offsets, multiples of 16 for tensors and of the size of a number otherwise; 0 stands for an operand that
 * is left out, where its name in `OPS` ends with a question mark.
 *
 * `run32(plan, from, to)` executes records from … to − 1 in float32 and `run64` in float64; the records are the same. Labels,
 * places in pooling windows and counts are numbers of the running type too, so that memory holds nothing else.
 *
 * With the flag `accumulate` an operation adds to its output instead of setting it. The tangent of y = op(x, w) is then
 * op(x′, w) followed by an accumulating op(x, w′), since convolutions, dense layers and their backward passes are linear in
 * each operand; where an operation is not bilinear its tangents are operations of their own.
 *
 * Operations work in whole vectors of 16 bytes. Weight gradients that are summed over lanes may add 0 to the numbers that follow
 * `dweight` in its last vector: parameters, or room to spare, should lie there, and no integers. Rows of 200 to 500 bytes that are no
 * multiple of 256 use the first-level cache best.
 */

/** Length of a record in 32-bit words. */
export const RECORD_WORDS = 16;

/** Flags of word 1. */
export const FLAGS = {
  /** The output is added to, not set. */
  accumulate: 1,
  /**
   * A ReLU is part of the operation: forward, y = max(0, …); backward, the result is set to 0 wherever the tensor `h` is not
   * positive. Not together with `accumulate`.
   */
  relu: 2,
} as const;

/** Kinds of `activate`, `slope` and `bend`. GELU is x·Φ(x) with the exact normal distribution function. */
export const ACTIVATIONS = { relu: 0, tanh: 1, gelu: 2, identity: 3 } as const;

const CONV = ['inC', 'inH', 'inW', 'outC', 'outH', 'outW', 'kernel', 'stride', 'padding'] as const;
const POOL = ['channels', 'inH', 'inW', 'outH', 'outW', 'kernelH', 'kernelW', 'stride'] as const;

/**
 * Every operation: its code and the names of its operands from word 2 on. Below, (+)= means = or, accumulating, +=; the
 * output is the operand named on its left.
 */
export const OPS = {
  // --- convolutions (cross-correlations, as in PyTorch); weight [outC][inC][kernel][kernel], zero padding
  /** y (+)= weight ∗ x + bias. Flag relu: y = max(0, …). */
  convForward: { code: 1, words: ['x', 'weight', 'bias?', 'y', 'unused?', ...CONV] },
  /** dx (+)= the transposed convolution of dy. Flag relu: 0 where h, of the shape of dx, is not positive. */
  convInput: { code: 2, words: ['dy', 'weight', 'h?', 'dx', 'unused?', ...CONV] },
  /**
   * dweight (+)= factor·Σ_lanes ∂(dy·y)/∂weight, and dbias (+)= factor·Σ_lanes,places dy where wanted. `factor` is the address
   * of one number, 1 if left out: −eta/B with the weights themselves as dweight, accumulating, is a step of SGD.
   */
  convWeight: { code: 3, words: ['x', 'dy', 'dweight', 'dbias?', 'factor?', ...CONV] },
  /** The same for each lane: dweight is a tensor of outC·inC·kernel² rows, dbias one of outC rows. A part of the output
   * channels is had with dy moved to the first of them and outC their number. */
  convWeightLanes: { code: 4, words: ['x', 'dy', 'dweight', 'dbias?', 'unused?', ...CONV] },
  /** out[lane] (+)= each lane's gradient of weight (and bias) times the direction weight, bias: Σ dy·(weight ∗ x + bias). */
  convProject: { code: 5, words: ['x', 'dy', 'weight', 'bias?', 'out', ...CONV] },

  // --- dense layers; weight [outputs][inputs]; a tensor [C][H][W] is read as C·H·W inputs in that order
  /** y (+)= weight·x + bias. Flag relu as for convolutions, also below. */
  denseForward: { code: 6, words: ['x', 'weight', 'bias?', 'y', 'unused?', 'inputs', 'outputs'] },
  /** dx (+)= weightᵀ·dy. */
  denseInput: { code: 7, words: ['dy', 'weight', 'h?', 'dx', 'unused?', 'inputs', 'outputs'] },
  /** dweight (+)= factor·Σ_lanes dy xᵀ, dbias (+)= factor·Σ_lanes dy. */
  denseWeight: { code: 8, words: ['x', 'dy', 'dweight', 'dbias?', 'factor?', 'inputs', 'outputs'] },
  /** For each lane: dweight a tensor of outputs·inputs rows, dbias one of outputs rows. */
  denseWeightLanes: { code: 9, words: ['x', 'dy', 'dweight', 'dbias?', 'unused?', 'inputs', 'outputs'] },
  /** out[lane] (+)= Σ dy·(weight·x + bias). */
  denseProject: { code: 10, words: ['x', 'dy', 'weight', 'bias?', 'out', 'inputs', 'outputs'] },

  // --- pooling without padding; windows kernelH×kernelW, every `stride` places
  /** y (+)= the largest number of each window; place = ky·kernelW + kx of the first largest, of the shape of y, always set. */
  maxPool: { code: 16, words: ['x', 'place', 'y', ...POOL] },
  /** dx (+)= dy at the places. Flag relu: dy counts as 0 where h, of the shape of dy, is not positive. */
  maxPoolInput: { code: 17, words: ['dy', 'place', 'dx', ...POOL, 'h?'] },
  /** y (+)= x at the places: the tangent of maxPool. */
  maxPoolTangent: { code: 18, words: ['x', 'place', 'y', ...POOL] },
  /** y (+)= the mean of each window; also its own tangent. A global pool has one window. */
  averagePool: { code: 19, words: ['x', 'y', ...POOL] },
  /** dx (+)= dy spread over the windows. */
  averagePoolInput: { code: 20, words: ['dy', 'dx', ...POOL] },

  // --- elementwise; `rows` = C·H·W
  /** y (+)= f(x). x = y is allowed. */
  activate: { code: 32, words: ['x', 'y', 'rows', 'kind'] },
  /** y (+)= f′(z)·t. ReLU and tanh read f′ from h = f(z) (z may be 0), GELU from z (h may be 0). t = y is allowed. */
  slope: { code: 33, words: ['z?', 'h?', 't', 'y', 'rows', 'kind'] },
  /** y (+)= f″(z)·t·d, with z and h as for slope: t = z′ and d = ∂L/∂h in the tangent of the backward pass. */
  bend: { code: 34, words: ['z?', 'h?', 't', 'd', 'y', 'rows', 'kind'] },
  /** y (+)= a + factor·b; factor the address of one number, 1 if left out; without b a copy of a. */
  add: { code: 35, words: ['a', 'b?', 'y', 'factor?', 'rows'] },
  /** y (+)= a·b, element by element. */
  multiply: { code: 36, words: ['a', 'b', 'y', 'rows'] },
  /** y[r][lane] (+)= x[r][lane]·row[lane]. */
  multiplyRow: { code: 37, words: ['x', 'row', 'y', 'rows'] },
  /** y (+)= factor·x; factor the address of one number. */
  scale: { code: 38, words: ['x', 'y', 'factor', 'rows'] },
  /** out[lane] (+)= Σ_rows a·b. */
  dot: { code: 39, words: ['a', 'b', 'out', 'rows'] },
  /** out[c] (+)= factor·Σ over places and lanes of x[c][place][lane]: plain numbers, `channels` of them. */
  sumLanes: { code: 40, words: ['x', 'out', 'factor?', 'channels', 'places'] },
  /** y = 0. */
  clear: { code: 41, words: ['y', 'rows'] },
  /**
   * Writes a mask of 0, with probability `rate`, and 1/(1 − rate); `rate` is the address of one number. The mask is a function
   * of key, the step of `setStep`, row and lane.
   */
  mask: { code: 42, words: ['y', 'rows', 'rate', 'key0', 'key1'] },

  // --- one factor and one shift per channel: frozen batch normalisation and what follows a layer norm (places = 1 there)
  /** y[c] (+)= weight[c]·x[c] + bias[c]. weight 1 if left out. */
  affine: { code: 48, words: ['x', 'weight?', 'bias?', 'y', 'channels', 'places'] },
  /** dweight[c] (+)= factor·Σ_lanes,places dy·x and dbias[c] (+)= factor·Σ_lanes,places dy. */
  affineWeight: { code: 49, words: ['x', 'dy', 'dweight?', 'dbias?', 'factor?', 'channels', 'places'] },
  /** For each lane: tensors of `channels` rows. */
  affineWeightLanes: { code: 50, words: ['x', 'dy', 'dweight?', 'dbias?', 'channels', 'places'] },

  // --- layer norm over all `rows` of a sample; weight and bias one number a row
  /**
   * normal[r] = (x[r] − mean)·s with s = 1/√(variance + epsilon), variance with 1/rows; normal has rows + 1 rows, the last
   * being s. y (+)= weight·normal + bias (y may be 0: only normal is written). `epsilon` is the address of one number.
   */
  layerNorm: { code: 56, words: ['x', 'weight?', 'bias?', 'y?', 'normal', 'epsilon', 'rows'] },
  /** dx (+)= s·(u − ⟨u⟩ − normal·⟨u·normal⟩), u = weight·dy. The gradient of the weights is affineWeight(normal, dy). */
  layerNormInput: { code: 57, words: ['dy', 'weight?', 'normal', 'dx', 'rows'] },
  /**
   * normalT = (normal)′ and (s)′ for the tangent x′ = `xT`: s·(x′ − ⟨x′⟩ − normal·⟨normal·x′⟩), s′ = −s²·⟨normal·x′⟩;
   * yT (+)= weight·normalT. The tangent of the weights is affine(normal, weight′, bias′), accumulating.
   */
  layerNormTangent: { code: 58, words: ['xT', 'weight?', 'normal', 'normalT', 'yT?', 'rows'] },
  /** dxT (+)= the tangent of layerNormInput along (dyT, weightT, normalT); dyT and weightT may be left out. */
  layerNormInputTangent: {
    code: 59,
    words: ['dy', 'dyT?', 'weight?', 'weightT?', 'normal', 'normalT', 'dxT', 'rows'],
  },

  // --- losses: 0 in the padding; `accumulate` has no meaning for them but where (+)= is written
  /**
   * Softmax cross-entropy of logits z, [classes] rows, with one label a lane: the row loss, delta = p − e_label (the label's
   * own as minus the sum of the others), probabilities p, and the row correct (1 where the label is the first of the largest).
   */
  crossEntropy: { code: 64, words: ['z', 'labels', 'loss?', 'delta?', 'p?', 'correct?', 'classes'] },
  /** out (+)= (diag p − p pᵀ) t, by differences from the label's t, which keeps its digits when p_label is near 1. */
  crossEntropyTangent: { code: 65, words: ['p', 't', 'labels', 'out', 'classes'] },
  /** ½ Σ (z − target)² and delta = z − target, `targets` a tensor of `outputs` rows. */
  squaredError: { code: 66, words: ['z', 'targets', 'loss?', 'delta?', 'outputs'] },
  /** out (+)= t. */
  squaredErrorTangent: { code: 67, words: ['t', 'out', 'outputs'] },

  // --- data: samples as they lie in memory, of which `setOrder(address)` lists one u32 number a lane; padding repeats the last
  /**
   * x[r][lane] = input r of the sample, rounded to float32 as in the trainer. Format 0: bytes, 1: float32, both divided by the
   * number at `divisor` (float64) and, with `normal`, where `size` means and `size` deviations lie (float64), (v/divisor −
   * mean)/deviation. Format 2: bytes that stand for one of the 256 float32 numbers at `divisor`. With a width, each plane of
   * height×width is written inside a border of so many places that is left untouched (zeros, once cleared): a convolution can
   * then do without padding.
   */
  gather: { code: 72, words: ['values', 'x', 'divisor', 'normal?', 'size', 'format', 'width?', 'height?', 'border?'] },
  /** labels[lane] = the byte of each sample. */
  gatherLabels: { code: 73, words: ['values', 'labels'] },
  /** x[r][lane] = float32 target r of each sample. */
  gatherTargets: { code: 74, words: ['values', 'x', 'outputs'] },

  // --- the first dense layer on sparse samples, in float32 alone; a weight is [inputs][outputs padded to `rowBytes`], a bias a row
  /**
   * Unpacks the inputs of a batch: `rows` lists where each sample's words (input « 8 | byte) begin, `spans` gets their begin and end as
   * pairs (offset of the weight's row, byte/divisor) in `pairs`; `divisor` the address of one float32.
   */
  sparseGather: { code: 80, words: ['rows', 'spans', 'pairs', 'rowBytes', 'divisor'] },
  /** y = weight·x + bias in rows of lanes; `out` has a padded row for each lane. Flag relu as for dense layers. */
  sparseForward: { code: 81, words: ['spans', 'weight', 'bias?', 'out', 'y', 'inputs', 'outputs', 'rowBytes'] },
  /** dweight (+)= factor·Σ_lanes x dyᵀ, dbias (+)= factor·Σ_lanes dy; `delta` has a padded row for each lane, zero at first. */
  sparseWeight: {
    code: 82,
    words: ['spans', 'dy', 'delta', 'dweight', 'dbias?', 'factor?', 'inputs', 'outputs', 'rowBytes'],
  },

  // --- updates of flat vectors of `count` numbers (padded with zeros to whole vectors of 16 bytes); codes 96 … 127
  /** w ← w − rate·g; `rate` the address of one number, as all of them below. */
  sgd: { code: 96, words: ['w', 'g', 'rate', 'count'] },
  /** v ← momentum·v + g, w ← w − rate·v. */
  momentum: { code: 97, words: ['w', 'g', 'v', 'rate', 'momentum', 'count'] },
  /**
   * Steps of optimisers, with `row` the address of the constants of the step (src/train/optimisers/constants.ts, which has the
   * formulas): w ← w − (shrink·w + rate·u), g the gradient of the data, g + decay·w below.
   */
  plainStep: { code: 98, words: ['w', 'g', 'row', 'count'] },
  /** m ← mu·m + fresh·g, u = own·g + held·m. */
  momentumStep: { code: 99, words: ['w', 'g', 'm', 'row', 'count'] },
  /** v ← beta·v + freshSquare·g², u = g/(√v + epsilon); with m: m ← mu·m + u, u = m. */
  rmspropStep: { code: 100, words: ['w', 'g', 'v', 'm?', 'row', 'count'] },
  /** m ← mu·m + fresh·g, v ← beta·v + freshSquare·g², u = m/(√v + epsilon). */
  adamStep: { code: 101, words: ['w', 'g', 'm', 'v', 'row', 'count'] },
  /** g ← g·min(1, most/(|g| + 1e-6)), and `clipped` grows by 1 where that is below 1; both addresses of one number. */
  clip: { code: 102, words: ['g', 'most', 'clipped', 'count'] },
} as const;

/** Names an operation. */
export type OpName = keyof typeof OPS;

type Word<K extends OpName> = (typeof OPS)[K]['words'][number];
type Needed<W extends string> = W extends `${string}?` ? never : W;
type Left<W extends string> = W extends `${infer N}?` ? N : never;

/** The operands of an operation by name, and its flags. */
export type Operands<K extends OpName> = { readonly [W in Needed<Word<K>>]: number } & {
  readonly [W in Left<Word<K>>]?: number;
} & { readonly accumulate?: boolean; readonly relu?: boolean };

/** One instruction of a plan in words that can be read: what is done, with which operands. */
export type Instruction = { readonly [K in OpName]: { readonly op: K } & Operands<K> }[OpName];

/** Writes instructions as records, RECORD_WORDS words each. */
export function encode(instructions: readonly Instruction[]): Int32Array {
  const words = new Int32Array(RECORD_WORDS * instructions.length);
  instructions.forEach((instruction, k) => {
    const { code, words: names } = OPS[instruction.op];
    const operands = instruction as unknown as Record<string, number | undefined>;
    const flags = (instruction.accumulate ? FLAGS.accumulate : 0) | (instruction.relu ? FLAGS.relu : 0);
    words.set([code, flags, ...names.map((name) => operands[name.replace('?', '')] ?? 0)], RECORD_WORDS * k);
  });
  return words;
}
