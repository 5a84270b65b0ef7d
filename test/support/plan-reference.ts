/**
 * The plan machine in plain loops, float64: one number at a time, in the order of the definitions in src/model/plan/ops.ts. It is
 * what the kernel is compared with, and shares nothing with it but the table of words.
 */
import { FLAGS, OPS, type OpName, RECORD_WORDS } from '../../src/model/plan/ops.js';
import { naiveErf } from './naive-layers.js';

type Words = Record<string, number>;

/** Runs records over a memory of its own, as the exports of the kernel do. */
export class ReferenceMachine {
  readonly memory = new WebAssembly.Memory({ initial: 16, maximum: 65536 });
  private lanes = 2;
  private count = 2;
  private order = 0;

  heapBase = (): number => 1024;

  setLanes(lanes: number, count: number): void {
    this.lanes = lanes;
    this.count = count;
  }

  setOrder(at: number): void {
    this.order = at;
  }

  run64(plan: number, from: number, to: number): void {
    for (let k = from; k < to; k++) {
      const record = new Int32Array(this.memory.buffer, plan + 4 * RECORD_WORDS * k, RECORD_WORDS);
      const found = Object.entries(OPS).find(([, { code }]) => code === record[0]);
      if (!found) throw new Error(`no operation ${record[0]}`);
      const [name, { words }] = found;
      const w: Words = {};
      words.forEach((word, i) => {
        w[word.replace('?', '')] = record[2 + i];
      });
      this.one(name as OpName, w, record[1]);
    }
  }

  private one(op: OpName, w: Words, flags: number): void {
    const memory = new Float64Array(this.memory.buffer);
    const { lanes, count } = this;
    const accumulate = (flags & FLAGS.accumulate) !== 0;
    const relu = (flags & FLAGS.relu) !== 0;
    const at = (address: number, row: number, lane: number) => memory[address / 8 + row * lanes + lane];
    const number = (address: number, i: number) => memory[address / 8 + i];
    const set = (address: number, row: number, lane: number, value: number) => {
      const i = address / 8 + row * lanes + lane;
      memory[i] = accumulate ? memory[i] + value : value;
    };
    const setNumber = (address: number, i: number, value: number) => {
      memory[address / 8 + i] = accumulate ? memory[address / 8 + i] + value : value;
    };
    const factor = w.factor ? number(w.factor, 0) : 1;
    const each = (rows: number, visit: (row: number, lane: number) => void) => {
      for (let r = 0; r < rows; r++) for (let l = 0; l < lanes; l++) visit(r, l);
    };
    const places = (visit: (tap: number, x: number, y: number) => void) => {
      const { inC, inH, inW, outC, outH, outW, kernel, stride, padding } = w;
      for (let o = 0; o < outC; o++)
        for (let i = 0; i < outH; i++)
          for (let j = 0; j < outW; j++)
            for (let c = 0; c < inC; c++)
              for (let a = 0; a < kernel; a++)
                for (let b = 0; b < kernel; b++) {
                  const [p, q] = [i * stride + a - padding, j * stride + b - padding];
                  if (p < 0 || q < 0 || p >= inH || q >= inW) continue;
                  visit(((o * inC + c) * kernel + a) * kernel + b, (c * inH + p) * inW + q, (o * outH + i) * outW + j);
                }
    };
    const pairs = (visit: (tap: number, x: number, y: number) => void) => {
      for (let o = 0; o < w.outputs; o++) for (let i = 0; i < w.inputs; i++) visit(o * w.inputs + i, i, o);
    };
    const windows = (visit: (x: number, y: number, tap: number) => void) => {
      for (let c = 0; c < w.channels; c++)
        for (let i = 0; i < w.outH; i++)
          for (let j = 0; j < w.outW; j++)
            for (let a = 0; a < w.kernelH; a++)
              for (let b = 0; b < w.kernelW; b++)
                visit(
                  (c * w.inH + i * w.stride + a) * w.inW + j * w.stride + b,
                  (c * w.outH + i) * w.outW + j,
                  a * w.kernelW + b,
                );
    };
    /** Adds into `rows` rows of fresh numbers, which `emit` then writes. */
    const sums = (rows: number) => new Float64Array(rows * lanes);

    const linear = (visit: typeof places, inputs: number, outputs: number, perChannel: number, weights: number) => {
      const kind = op.replace(/^(conv|dense)/, '');
      if (kind === 'Forward') {
        const y = sums(outputs);
        each(outputs, (r, l) => {
          y[r * lanes + l] = w.bias ? number(w.bias, Math.floor(r / perChannel)) : 0;
        });
        visit((tap, x, to) => {
          for (let l = 0; l < lanes; l++) y[to * lanes + l] += number(w.weight, tap) * at(w.x, x, l);
        });
        each(outputs, (r, l) => set(w.y, r, l, relu ? Math.max(0, y[r * lanes + l]) : y[r * lanes + l]));
      } else if (kind === 'Input') {
        const dx = sums(inputs);
        visit((tap, x, from) => {
          for (let l = 0; l < lanes; l++) dx[x * lanes + l] += number(w.weight, tap) * at(w.dy, from, l);
        });
        each(inputs, (r, l) => set(w.dx, r, l, relu && !(at(w.h, r, l) > 0) ? 0 : dx[r * lanes + l]));
      } else if (kind === 'Weight') {
        const dw = new Float64Array(weights);
        const db = new Float64Array(outputs / perChannel);
        visit((tap, x, y) => {
          for (let l = 0; l < lanes; l++) dw[tap] += at(w.x, x, l) * at(w.dy, y, l);
        });
        each(outputs, (r, l) => {
          db[Math.floor(r / perChannel)] += at(w.dy, r, l);
        });
        dw.forEach((v, i) => {
          setNumber(w.dweight, i, factor * v);
        });
        if (w.dbias)
          db.forEach((v, i) => {
            setNumber(w.dbias, i, factor * v);
          });
      } else if (kind === 'WeightLanes') {
        const dw = sums(weights);
        const db = sums(outputs / perChannel);
        visit((tap, x, y) => {
          for (let l = 0; l < lanes; l++) dw[tap * lanes + l] += at(w.x, x, l) * at(w.dy, y, l);
        });
        each(outputs, (r, l) => {
          db[Math.floor(r / perChannel) * lanes + l] += at(w.dy, r, l);
        });
        each(weights, (r, l) => set(w.dweight, r, l, dw[r * lanes + l]));
        if (w.dbias) each(outputs / perChannel, (r, l) => set(w.dbias, r, l, db[r * lanes + l]));
      } else {
        const out = sums(1);
        visit((tap, x, y) => {
          for (let l = 0; l < lanes; l++) out[l] += number(w.weight, tap) * at(w.x, x, l) * at(w.dy, y, l);
        });
        if (w.bias)
          each(outputs, (r, l) => {
            out[l] += number(w.bias, Math.floor(r / perChannel)) * at(w.dy, r, l);
          });
        each(1, (_, l) => set(w.out, 0, l, out[l]));
      }
    };

    switch (op) {
      case 'convForward':
      case 'convInput':
      case 'convWeight':
      case 'convWeightLanes':
      case 'convProject': {
        const perChannel = w.outH * w.outW;
        linear(places, w.inC * w.inH * w.inW, w.outC * perChannel, perChannel, w.outC * w.inC * w.kernel ** 2);
        return;
      }
      case 'denseForward':
      case 'denseInput':
      case 'denseWeight':
      case 'denseWeightLanes':
      case 'denseProject':
        linear(pairs, w.inputs, w.outputs, 1, w.inputs * w.outputs);
        return;
      case 'maxPool': {
        const rows = w.channels * w.outH * w.outW;
        const best = sums(rows).fill(Number.NEGATIVE_INFINITY);
        const place = sums(rows);
        windows((x, y, tap) => {
          for (let l = 0; l < lanes; l++) {
            if (!(at(w.x, x, l) > best[y * lanes + l])) continue;
            best[y * lanes + l] = at(w.x, x, l);
            place[y * lanes + l] = tap;
          }
        });
        each(rows, (r, l) => {
          set(w.y, r, l, best[r * lanes + l]);
          memory[w.place / 8 + r * lanes + l] = place[r * lanes + l];
        });
        return;
      }
      case 'maxPoolInput': {
        const dx = sums(w.channels * w.inH * w.inW);
        windows((x, y, tap) => {
          for (let l = 0; l < lanes; l++)
            if (at(w.place, y, l) === tap && !(relu && !(at(w.h, y, l) > 0))) dx[x * lanes + l] += at(w.dy, y, l);
        });
        each(w.channels * w.inH * w.inW, (r, l) => set(w.dx, r, l, dx[r * lanes + l]));
        return;
      }
      case 'maxPoolTangent':
        windows((x, y, tap) => {
          for (let l = 0; l < lanes; l++) if (at(w.place, y, l) === tap) set(w.y, y, l, at(w.x, x, l));
        });
        return;
      case 'averagePool': {
        const y = sums(w.channels * w.outH * w.outW);
        windows((x, to) => {
          for (let l = 0; l < lanes; l++) y[to * lanes + l] += at(w.x, x, l) / (w.kernelH * w.kernelW);
        });
        each(w.channels * w.outH * w.outW, (r, l) => set(w.y, r, l, y[r * lanes + l]));
        return;
      }
      case 'averagePoolInput': {
        const dx = sums(w.channels * w.inH * w.inW);
        windows((x, from) => {
          for (let l = 0; l < lanes; l++) dx[x * lanes + l] += at(w.dy, from, l) / (w.kernelH * w.kernelW);
        });
        each(w.channels * w.inH * w.inW, (r, l) => set(w.dx, r, l, dx[r * lanes + l]));
        return;
      }
      case 'activate':
        each(w.rows, (r, l) => {
          const x = at(w.x, r, l);
          set(w.y, r, l, [Math.max(0, x), Math.tanh(x), x * normalBelow(x), x][w.kind]);
        });
        return;
      case 'slope':
        each(w.rows, (r, l) => set(w.y, r, l, slope(w, at, r, l) * at(w.t, r, l)));
        return;
      case 'bend':
        each(w.rows, (r, l) => set(w.y, r, l, bend(w, at, r, l) * at(w.t, r, l) * at(w.d, r, l)));
        return;
      case 'add':
        each(w.rows, (r, l) => set(w.y, r, l, at(w.a, r, l) + (w.b ? factor * at(w.b, r, l) : 0)));
        return;
      case 'multiply':
        each(w.rows, (r, l) => set(w.y, r, l, at(w.a, r, l) * at(w.b, r, l)));
        return;
      case 'multiplyRow':
        each(w.rows, (r, l) => set(w.y, r, l, at(w.x, r, l) * at(w.row, 0, l)));
        return;
      case 'scale':
        each(w.rows, (r, l) => set(w.y, r, l, factor * at(w.x, r, l)));
        return;
      case 'dot': {
        const out = sums(1);
        each(w.rows, (r, l) => {
          out[l] += at(w.a, r, l) * at(w.b, r, l);
        });
        each(1, (_, l) => set(w.out, 0, l, out[l]));
        return;
      }
      case 'sumLanes': {
        const out = new Float64Array(w.channels);
        each(w.channels * w.places, (r, l) => {
          out[Math.floor(r / w.places)] += at(w.x, r, l);
        });
        out.forEach((v, c) => {
          setNumber(w.out, c, factor * v);
        });
        return;
      }
      case 'clear':
        each(w.rows, (r, l) => {
          memory[w.y / 8 + r * lanes + l] = 0;
        });
        return;
      case 'affine':
        each(w.channels * w.places, (r, l) => {
          const c = Math.floor(r / w.places);
          set(w.y, r, l, (w.weight ? number(w.weight, c) : 1) * at(w.x, r, l) + (w.bias ? number(w.bias, c) : 0));
        });
        return;
      case 'affineWeight':
      case 'affineWeightLanes': {
        const dw = sums(w.channels);
        const db = sums(w.channels);
        each(w.channels * w.places, (r, l) => {
          const i = Math.floor(r / w.places) * lanes + l;
          dw[i] += at(w.dy, r, l) * at(w.x, r, l);
          db[i] += at(w.dy, r, l);
        });
        for (const [to, own] of [
          [w.dweight, dw],
          [w.dbias, db],
        ] as const) {
          if (!to) continue;
          if (op === 'affineWeightLanes') each(w.channels, (r, l) => set(to, r, l, own[r * lanes + l]));
          else
            for (let c = 0; c < w.channels; c++)
              setNumber(to, c, factor * own.subarray(c * lanes, (c + 1) * lanes).reduce((a, b) => a + b, 0));
        }
        return;
      }
      case 'layerNorm':
      case 'layerNormInput':
      case 'layerNormTangent':
      case 'layerNormInputTangent':
        for (let l = 0; l < lanes; l++) norm(op, w, l, at, number, set, memory, lanes);
        return;
      case 'crossEntropy':
        for (let l = 0; l < lanes; l++) {
          const all = Array.from({ length: w.classes }, (_, c) => at(w.z, c, l));
          const label = at(w.labels, 0, l);
          const top = Math.max(...all);
          const others = all.reduce((s, z, c) => (c === label ? s : s + Math.exp(z - top)), 0);
          const total = others + Math.exp(all[label] - top);
          const real = l < count ? 1 : 0;
          all.forEach((z, c) => {
            const p = real * (Math.exp(z - top) / total);
            if (w.p) set(w.p, c, l, p);
            if (w.delta) set(w.delta, c, l, c === label ? (-real * others) / total : p);
          });
          const loss = all[label] === top ? Math.log1p(others) : top - all[label] + Math.log(total);
          if (w.loss) set(w.loss, 0, l, real ? loss : 0);
          if (w.correct) set(w.correct, 0, l, real && all.indexOf(top) === label ? 1 : 0);
        }
        return;
      case 'crossEntropyTangent':
        for (let l = 0; l < lanes; l++) {
          const label = at(w.labels, 0, l);
          const from = (c: number) => at(w.t, c, l) - at(w.t, label, l);
          let mean = 0;
          for (let c = 0; c < w.classes; c++) mean += at(w.p, c, l) * from(c);
          const out = Array.from({ length: w.classes }, (_, c) => at(w.p, c, l) * (from(c) - mean));
          out[label] = -out.reduce((s, v, c) => (c === label ? s : s + v), 0);
          out.forEach((v, c) => {
            set(w.out, c, l, l < count ? v : 0);
          });
        }
        return;
      case 'squaredError':
        for (let l = 0; l < lanes; l++) {
          let loss = 0;
          for (let j = 0; j < w.outputs; j++) {
            const d = l < count ? at(w.z, j, l) - at(w.targets, j, l) : 0;
            loss += d ** 2 / 2;
            if (w.delta) set(w.delta, j, l, d);
          }
          if (w.loss) set(w.loss, 0, l, loss);
        }
        return;
      case 'squaredErrorTangent':
        each(w.outputs, (r, l) => set(w.out, r, l, l < count ? at(w.t, r, l) : 0));
        return;
      case 'gather':
        each(w.size, (r, l) => {
          const k = this.sample(l) * w.size + r;
          const v = w.format === 0 ? this.bytes(w.values, k) : this.singles(w.values, k);
          const x = v / number(w.divisor, 0);
          set(w.x, r, l, Math.fround(w.normal ? (x - number(w.normal, r)) / number(w.normal, w.size + r) : x));
        });
        return;
      case 'gatherLabels':
        each(1, (_, l) => set(w.labels, 0, l, this.bytes(w.values, this.sample(l))));
        return;
      case 'gatherTargets':
        each(w.outputs, (r, l) => set(w.x, r, l, this.singles(w.values, this.sample(l) * w.outputs + r)));
        return;
      default:
        throw new Error(`the reference does not run '${op}'`);
    }
  }

  private sample = (lane: number) =>
    new Uint32Array(this.memory.buffer, this.order, this.count)[Math.min(lane, this.count - 1)];
  private bytes = (address: number, i: number) => new Uint8Array(this.memory.buffer)[address + i];
  private singles = (address: number, i: number) => new Float32Array(this.memory.buffer)[address / 4 + i];
}

type At = (address: number, row: number, lane: number) => number;
type SetAt = (address: number, row: number, lane: number, value: number) => void;

/** Φ and its derivative φ, the normal distribution. */
const normalBelow = (x: number) => (1 + naiveErf(x / Math.SQRT2)) / 2;
const normalDensity = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

function slope(w: Words, at: At, r: number, l: number): number {
  if (w.kind === 0) return at(w.h, r, l) > 0 ? 1 : 0;
  if (w.kind === 1) return 1 - at(w.h, r, l) ** 2;
  if (w.kind === 3) return 1;
  const z = at(w.z, r, l);
  return normalBelow(z) + z * normalDensity(z);
}

function bend(w: Words, at: At, r: number, l: number): number {
  if (w.kind === 1) return -2 * at(w.h, r, l) * (1 - at(w.h, r, l) ** 2);
  if (w.kind !== 2) return 0;
  const z = at(w.z, r, l);
  return (2 - z * z) * normalDensity(z);
}

/** One lane of the four operations of a layer norm. */
function norm(
  op: OpName,
  w: Words,
  l: number,
  at: At,
  number: (address: number, i: number) => number,
  set: SetAt,
  memory: Float64Array,
  lanes: number,
): void {
  const n = w.rows;
  const list = (address: number) => Array.from({ length: n }, (_, r) => at(address, r, l));
  const parameters = (address: number, missing: number) =>
    Array.from({ length: n }, (_, r) => (address ? number(address, r) : missing));
  const mean = (v: readonly number[]) => v.reduce((a, b) => a + b, 0) / n;
  const dot = (a: readonly number[], b: readonly number[]) => mean(a.map((v, i) => v * b[i]));
  const write = (address: number, values: readonly number[]) => {
    values.forEach((v, r) => {
      memory[address / 8 + r * lanes + l] = v;
    });
  };
  const weight = parameters(w.weight, 1);
  if (op === 'layerNorm') {
    const x = list(w.x);
    const m = mean(x);
    const s = 1 / Math.sqrt(mean(x.map((v) => (v - m) ** 2)) + number(w.epsilon, 0));
    const normal = x.map((v) => (v - m) * s);
    write(w.normal, [...normal, s]);
    const bias = parameters(w.bias, 0);
    if (w.y)
      normal.forEach((v, r) => {
        set(w.y, r, l, weight[r] * v + bias[r]);
      });
    return;
  }
  const normal = list(w.normal);
  const s = at(w.normal, n, l);
  if (op === 'layerNormTangent') {
    const xT = list(w.xT);
    const along = dot(normal, xT);
    const m = mean(xT);
    const tangent = normal.map((v, r) => s * (xT[r] - m - v * along));
    write(w.normalT, [...tangent, -s * s * along]);
    if (w.yT)
      tangent.forEach((v, r) => {
        set(w.yT, r, l, weight[r] * v);
      });
    return;
  }
  const dy = list(w.dy);
  const u = dy.map((v, r) => v * weight[r]);
  const back = (v: readonly number[]) => {
    const [m, along] = [mean(v), dot(v, normal)];
    return v.map((x, r) => x - m - normal[r] * along);
  };
  if (op === 'layerNormInput') {
    back(u).forEach((v, r) => {
      set(w.dx, r, l, s * v);
    });
    return;
  }
  const normalT = list(w.normalT);
  const sT = at(w.normalT, n, l);
  const dyT = w.dyT ? list(w.dyT) : dy.map(() => 0);
  const weightT = parameters(w.weightT, 0);
  const uT = dyT.map((v, r) => v * weight[r] + dy[r] * weightT[r]);
  const first = back(u);
  const second = back(uT);
  normal.forEach((v, r) => {
    set(w.dxT, r, l, sT * first[r] + s * (second[r] - normalT[r] * dot(u, normal) - v * dot(u, normalT)));
  });
}
