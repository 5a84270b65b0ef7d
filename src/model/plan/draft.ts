/** What a program is, and how one is made: the parts that all passes over samples share. */
import type { ResolvedLayer } from '../layered/resolved.js';
import { sizeOf } from '../layered/resolved.js';
import type { LossKind } from '../network.js';
import { Adjoints, backward } from './backward.js';
import { forward } from './forward.js';
import { type Area, type Constant, Frame, Layout, type Parts } from './frame.js';
import type { Instruction } from './ops.js';

/** Where the samples and the weights lie in the memory of the machine, and what is known of the network. */
export interface Placed {
  readonly layers: readonly ResolvedLayer[];
  readonly loss: LossKind;
  /** Number of weights. */
  readonly size: number;
  /** Numbers in a row of lanes, and the bytes of one: 8 in float64, 4 in float32. */
  readonly lanes: number;
  readonly numberBytes: 4 | 8;
  /** Addresses: the flat vector of weights; inputs, divisor and normalisation of all samples; labels or targets. */
  readonly weights: number;
  readonly inputs: {
    readonly values: number;
    readonly divisor: number;
    readonly normal: number;
    readonly format: 0 | 1;
  };
  readonly labels: number;
  readonly targets: number;
  /** First address that programs may use. */
  readonly base: number;
}

/** A program: instructions with the begin and end of each section, and the memory it needs. */
export interface Program {
  readonly instructions: readonly Instruction[];
  readonly sections: readonly (readonly [from: number, to: number])[];
  readonly constants: readonly Constant[];
  /** Numbers in a row of lanes, which is the number of samples in a block. */
  readonly lanes: number;
  readonly numberBytes: 4 | 8;
  /** What section 0 leaves for the other sections, where it is the only one that depends on the samples and weights alone. */
  readonly kept: readonly Area[];
  /** Address of the row of losses, and of the row by which adjoints are multiplied (0: they are not). */
  readonly losses: number;
  readonly shares: number;
  /** First address after the memory of the program, records not counted. */
  readonly end: number;
}

/** What is in the making of a program. */
export class Draft {
  readonly frame: Frame;
  readonly layout: Layout;
  readonly losses: number;
  shares = 0;
  private readonly sections: (readonly [number, number])[] = [];
  /** How many tensors were reserved when each section ended. */
  private readonly ends: number[] = [];
  private labels = 0;
  private targets = 0;
  probabilities = 0;

  constructor(private readonly placed: Placed) {
    this.layout = new Layout(placed.base, placed.lanes, placed.numberBytes);
    this.frame = new Frame(placed.layers, this.layout, placed.weights);
    this.losses = this.layout.rows(1);
  }

  /** Begins a section, which the next one ends. */
  section(emit: () => void): void {
    const from = this.frame.instructions.length;
    emit();
    this.sections.push([from, this.frame.instructions.length]);
    this.ends.push(this.layout.tensors.length);
  }

  /** Lists the tensors of section 0 that later sections name. */
  private kept(): Area[] {
    const own = new Set(this.frame.instructions.slice(this.sections[0][1]).flatMap((i) => Object.values(i)));
    return this.layout.tensors.slice(0, this.ends[0]).filter(({ at }) => own.has(at) && at !== this.shares);
  }

  finish(): Program {
    const { instructions, constants } = this.frame;
    const { losses, shares, sections } = this;
    const { lanes, numberBytes } = this.placed;
    return {
      instructions,
      sections,
      constants,
      lanes,
      numberBytes,
      kept: this.kept(),
      losses,
      shares,
      end: this.layout.end,
    };
  }

  get classes(): number {
    return this.frame.size(this.frame.outputs);
  }

  flat(): number {
    // a row more: vectors are also read as whole rows
    return this.layout.numbers(this.placed.size + this.placed.lanes);
  }

  /** Emits the inputs, labels and targets of the samples of a block. */
  gather(): void {
    const { inputs, labels, targets, layers } = this.placed;
    const size = sizeOf(layers[0].inputShape);
    const { normal, ...rest } = inputs;
    this.frame.push({ op: 'gather', x: this.frame.values.of(0), size, ...rest, normal });
    if (this.placed.loss === 'cross-entropy') {
      this.labels ||= this.layout.rows(1);
      this.frame.push({ op: 'gatherLabels', values: labels, labels: this.labels });
    } else {
      this.targets ||= this.layout.rows(this.classes);
      this.frame.push({ op: 'gatherTargets', values: targets, x: this.targets, outputs: this.classes });
    }
  }

  /** Emits the losses of the lanes, and where wanted the adjoint of the outputs and what its tangent needs. */
  loss(delta = 0, second = false): void {
    const { frame, losses, classes } = this;
    const z = frame.values.of(frame.outputs);
    if (this.placed.loss === 'cross-entropy') {
      if (second) this.probabilities ||= this.layout.rows(classes);
      const { labels, probabilities: p } = this;
      frame.push({ op: 'crossEntropy', z, labels, loss: losses, delta, p, classes });
    } else frame.push({ op: 'squaredError', z, targets: this.targets, loss: losses, delta, outputs: classes });
  }

  /** Emits the tangent of the adjoint of the outputs. */
  lossTangent(t: number, out: number): void {
    const { classes, labels, probabilities: p } = this;
    if (this.placed.loss === 'cross-entropy')
      this.frame.push({ op: 'crossEntropyTangent', p, t, labels, out, classes });
    else this.frame.push({ op: 'squaredErrorTangent', t, out, outputs: classes });
  }

  /** Emits a multiplication of an adjoint of the outputs by the shares of the samples. */
  share(x: number): void {
    this.shares ||= this.layout.rows(1);
    this.frame.push({ op: 'multiplyRow', x, row: this.shares, y: x, rows: this.classes });
  }

  /** Emits everything up to the adjoints of `parts`; returns these. */
  adjoints(parts: Parts, shared: boolean, gradient?: number): Adjoints {
    const { frame } = this;
    const adjoints = new Adjoints(frame);
    const delta = adjoints.of(frame.outputs);
    this.gather();
    forward(frame);
    this.loss(delta);
    if (shared) this.share(delta);
    backward(frame, parts, adjoints, gradient);
    return adjoints;
  }
}
