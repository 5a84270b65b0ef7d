/** The asking side against a made-up other side: what is sent, and what is made of answers, silence and nonsense. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { InputError, RunError } from '../src/numeric/errors.js';
import { matrix } from '../src/numeric/linalg/index.js';
import { wholeBlock } from '../src/surface/blocks.js';
import type { Channel } from '../src/surface/process/channel.js';
import {
  encodeFrame,
  type Frame,
  type FrameArray,
  FrameParser,
  type FrameVerb,
} from '../src/surface/process/frames.js';
import type { Patience } from '../src/surface/process/requests.js';
import { processSurface } from '../src/surface/process/surface.js';
import { VERBS } from '../src/surface/surface.js';

const HELLO = {
  protocol: 1,
  versions: { torch: '2' },
  name: 'made up',
  parameters: [
    { name: 'a', shape: [2], dtype: 'float32' },
    { name: 'b', shape: [1, 1], dtype: 'float32' },
  ],
  samples: 4,
  reduction: 'mean',
  precision: 'float64',
  device: 'cpu',
  batchSize: 2,
  offers: Object.fromEntries(VERBS.map((v) => [v, 'exact'])),
  sha256: '00',
  notes: ['a note'],
};
const text = (name: string, value: unknown): FrameArray => {
  const data = new TextEncoder().encode(JSON.stringify(value));
  return { name, shape: [data.length], data };
};
const numbers = (name: string, ...values: number[]): FrameArray => ({
  name,
  shape: [values.length],
  data: Float64Array.from(values),
});
const hello = (changes: Record<string, unknown> = {}) => [
  text('description', { ...HELLO, ...changes }),
  numbers('weights', 1, 2, 3),
];

/** Another side that keeps what it is asked, and answers `hello` at once. */
class Other implements Channel {
  readonly name = 'other.py:make';
  readonly asked: Frame[] = [];
  closed = false;
  private readonly parser = new FrameParser();
  private onBytes: (bytes: Uint8Array) => void = () => {};
  private onEnd: (reason: string) => void = () => {};
  constructor(
    private readonly greeting: readonly FrameArray[] = hello(),
    private readonly answer: (frame: Frame, other: Other) => void = () => {},
  ) {}
  async send(pieces: readonly Uint8Array[]): Promise<void> {
    for (const piece of pieces)
      for (const frame of this.parser.push(piece)) {
        this.asked.push(frame);
        if (frame.verb === 'hello') this.say('result', frame.id, {}, this.greeting);
        else this.answer(frame, this);
      }
  }
  receive(onBytes: (bytes: Uint8Array) => void, onEnd: (reason: string) => void): void {
    this.onBytes = onBytes;
    this.onEnd = onEnd;
  }
  say(verb: FrameVerb, id: number, header: Record<string, unknown> = {}, arrays: readonly FrameArray[] = []): void {
    for (const piece of encodeFrame(verb, id, header, arrays)) this.onBytes(piece);
  }
  bytes(...values: number[]): void {
    this.onBytes(Uint8Array.from(values));
  }
  end(reason: string): void {
    this.onEnd(reason);
  }
  async close(): Promise<void> {
    this.closed = true;
  }
}

const W = Float64Array.of(1, 2, 3);
const gradientOf = (frame: Frame, other: Other) =>
  other.say('result', frame.id, {}, [numbers('loss', 5), numbers('gradient', 1, 2, 3)]);

it('reads what the other side says of itself', async () => {
  const surface = await processSurface(new Other());
  expect(surface).toMatchObject({ name: 'made up', size: 3, samples: 4, precision: 'float64' });
  expect(surface.parameters).toEqual([
    { name: 'a', shape: [2], offset: 0, size: 2 },
    { name: 'b', shape: [1, 1], offset: 2, size: 1 },
  ]);
  expect(surface.weights).toEqual(W);
  expect(surface.facts.notes).toEqual(['a note']);
});

it.each([
  ['another protocol', { protocol: 2 }, 'protocol version 2'],
  ['no parameters', { parameters: [] }, 'parameters []'],
  ['a shape of text', { parameters: [{ name: 'a', shape: ['3'] }] }, 'parameters'],
  ['too few weights', { parameters: [{ name: 'a', shape: [4] }] }, 'weights that are not 4'],
  ['half a sample', { samples: 0.5 }, '0.5 samples'],
  ['another precision', { precision: 'float16' }, 'precision "float16"'],
  ['no offers', { offers: {} }, 'offers {}'],
])('refuses %s', async (_, changes, words) => {
  const other = new Other(hello(changes));
  await expect(processSurface(other)).rejects.toThrow(`other.py:make described itself with ${words}`);
  expect(other.closed).toBe(true);
});

describe('requests', () => {
  it('go one at a time, and weights only when they changed', async () => {
    let waiting: (() => void) | undefined;
    const other = new Other(hello(), (frame, o) => {
      waiting = () => gradientOf(frame, o);
    });
    const surface = await processSurface(other);
    const changed = W.slice();
    changed[0] = -0;
    const answers = [W, W, changed, W].map((w) => surface.gradient(w));
    for (let k = 0; k < 4; k++) {
      await vi.waitFor(() => expect(other.asked.length).toBe(k + 2));
      waiting?.();
      expect((await answers[k]).loss).toBe(5);
    }
    const sent = other.asked.slice(1).map((f) => f.arrays.get('weights')?.data);
    expect(sent).toEqual([W, undefined, changed, W]);
  });

  it('send the weights again after a failure', async () => {
    const other = new Other(hello(), (frame, o) =>
      o.asked.length === 2
        ? o.say('error', frame.id, { code: 'model-raised', sentence: 'the model raised X (a.py, line 3).' })
        : gradientOf(frame, o),
    );
    const surface = await processSurface(other);
    const failed = surface.gradient(W);
    await expect(failed).rejects.toBeInstanceOf(RunError);
    await expect(failed).rejects.toThrow("other.py:make was asked for 'gradient': the model raised X (a.py, line 3).");
    await surface.gradient(W);
    expect(other.asked[2].arrays.get('weights')?.data).toEqual(W);
  });

  it('carry blocks, lines and subsets as the page of the protocol says', async () => {
    const other = new Other(hello(), (frame, o) =>
      o.say('result', frame.id, {}, [numbers('losses', 1, 2, 3), numbers('standardErrors', 4, 5, 6)]),
    );
    const surface = await processSurface(other);
    const both = {
      name: 'both',
      ranges: [
        { offset: 0, size: 1 },
        { offset: 2, size: 1 },
      ],
      size: 2,
    };
    const last = { name: 'last', ranges: [{ offset: 2, size: 1 }], size: 1 };
    const lines = [
      { block: both, direction: Float64Array.of(7, 8), displacements: [0.5] },
      { block: last, direction: Float64Array.of(9), displacements: [] },
      { block: both, direction: Float64Array.of(10, 11), displacements: [1, 2] },
    ];
    const subset = {
      samples: Uint32Array.of(3, 1),
      strata: [
        { count: 1, of: 1 },
        { count: 1, of: 3 },
      ],
    };
    expect(await surface.losses(W, lines, subset)).toEqual([
      { losses: Float64Array.of(1), standardErrors: Float64Array.of(4) },
      { losses: Float64Array.of(), standardErrors: Float64Array.of() },
      { losses: Float64Array.of(2, 3), standardErrors: Float64Array.of(5, 6) },
    ]);
    const sent = Object.fromEntries([...other.asked[1].arrays].map(([name, a]) => [name, [a.shape, [...a.data]]]));
    expect(sent).toEqual({
      weights: [[3], [1, 2, 3]],
      samples: [[2], [3, 1]],
      strata: [
        [2, 2],
        [1, 1, 1, 3],
      ],
      ranges: [
        [3, 2],
        [0, 1, 2, 1, 2, 1],
      ],
      blocks: [[2], [2, 1]],
      lines: [
        [3, 2],
        [0, 1, 1, 0, 0, 2],
      ],
      directions: [[5], [7, 8, 9, 10, 11]],
      displacements: [[3], [0.5, 1, 2]],
    });
  });

  it('that do not fit are refused before they are sent', async () => {
    const other = new Other();
    const surface = await processSurface(other);
    const whole = wholeBlock(surface.parameters);
    await expect(surface.gradient(Float64Array.of(1))).rejects.toBeInstanceOf(InputError);
    await expect(surface.hessianVectors(W, whole, matrix(1, 2))).rejects.toBeInstanceOf(InputError);
    await expect(
      surface.losses(W, [{ block: whole, direction: W, displacements: [Number.NaN] }]),
    ).rejects.toBeInstanceOf(InputError);
    expect(other.asked.length).toBe(1);
  });

  it('are given up by a frame with their id', async () => {
    const other = new Other(hello(), (frame, o) => {
      if (frame.verb === 'cancel') o.say('error', frame.id, { code: 'cancelled', sentence: 'stopped.' });
    });
    const surface = await processSurface(other);
    const stop = new AbortController();
    const asked = surface.gradient(W, undefined, { signal: stop.signal });
    await vi.waitFor(() => expect(other.asked.length).toBe(2));
    stop.abort();
    await expect(asked).rejects.toMatchObject({ code: 'interrupted' });
    expect(other.asked.map((f) => [f.verb, f.id])).toEqual([
      ['hello', 1],
      ['gradient', 2],
      ['cancel', 2],
    ]);
  });
});

describe('answers', () => {
  const asking = async (answer: (frame: Frame, other: Other) => void) => {
    const other = new Other(hello(), answer);
    const surface = await processSurface(other);
    return { other, error: (await surface.gradient(W).catch((e) => e)) as Error, surface };
  };

  it('of another shape are refused, and the next one counts again', async () => {
    const { error, surface, other } = await asking((frame, o) =>
      o.asked.length === 2
        ? o.say('result', frame.id, {}, [numbers('loss', 1), numbers('gradient', 1, 2)])
        : gradientOf(frame, o),
    );
    expect(error.message).toBe("other.py:make answered 'gradient' with 2 numbers for 'gradient'; 3 were asked for.");
    expect((await surface.gradient(W)).loss).toBe(5);
    expect(other.closed).toBe(false);
  });

  it('without an array are refused', async () => {
    const { error } = await asking((frame, o) => o.say('result', frame.id, {}, [numbers('loss', 1)]));
    expect(error.message).toContain("with nothing for 'gradient'");
  });

  it('that are no frames end the conversation', async () => {
    const { error, surface, other } = await asking((_, o) => o.bytes(...new Array(30).fill(65)));
    expect(error.message).toContain('the other side of the bridge sent bytes that do not begin a frame');
    expect(other.closed).toBe(true);
    await expect(surface.gradient(W)).rejects.toThrow('do not begin a frame');
  });

  it('to requests that are over are ignored; those that are requests end the conversation', async () => {
    const { error } = await asking((frame, o) => {
      o.say('result', 1, {}, [numbers('loss', 99)]);
      o.say('gradient', frame.id);
    });
    expect(error.message).toContain("answered with a request of its own, 'gradient'");
  });

  it('that report a broken stream end the conversation', async () => {
    const { error, other } = await asking((_, o) =>
      o.say('error', 0, { code: 'protocol', sentence: 'the bridge got nonsense.' }),
    );
    expect(error.message).toBe('other.py:make: the bridge got nonsense.');
    expect(other.closed).toBe(true);
  });

  it('that never come because the other side ends reject all that wait', async () => {
    const other = new Other(hello(), (_, o) => o.end('its Python ended with exit code 1.'));
    const surface = await processSurface(other);
    const asked = await Promise.allSettled([surface.gradient(W), surface.fisher(W)]);
    for (const one of asked as PromiseRejectedResult[])
      expect(one.reason.message).toBe('other.py:make: its Python ended with exit code 1.');
  });

  it('that refuse what was given are InputErrors', async () => {
    const { error } = await asking((frame, o) =>
      o.say('error', frame.id, { code: 'input-size', sentence: 'too large.' }),
    );
    expect(error).toBeInstanceOf(InputError);
  });
});

describe('the other side is given up', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const patience: Patience = { silence: 8000, stuck: 120_000 };
  const begin = async () => {
    const other = new Other();
    const surface = await processSurface(other, patience);
    let error: Error | undefined;
    void surface.gradient(W).catch((e) => (error = e));
    await vi.advanceTimersByTimeAsync(0);
    return { other, error: () => error };
  };
  const beat = (other: Other, batches: number) =>
    other.say('heartbeat', 0, { busy: 2, batches, where: 'train.py, line 7, in forward' });

  it('when it is silent for as long as was said, and not before', async () => {
    const { other, error } = await begin();
    await vi.advanceTimersByTimeAsync(7000);
    beat(other, 1);
    await vi.advanceTimersByTimeAsync(8500);
    expect(error()).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1000);
    expect(error()).toMatchObject({
      code: 'bridge-silent',
      message: 'other.py:make gave no sign of life for 8 seconds; it was ended.',
    });
    expect(other.closed).toBe(true);
  });

  it('when it beats but finishes no batch, with the line that it is at', async () => {
    const { other, error } = await begin();
    for (let s = 0; s < 118; s += 2) {
      beat(other, Math.min(s, 10));
      await vi.advanceTimersByTimeAsync(2000);
    }
    expect(error()).toBeUndefined();
    for (let s = 0; s < 16; s += 2) {
      beat(other, 10);
      await vi.advanceTimersByTimeAsync(2000);
    }
    expect(error()).toMatchObject({
      code: 'bridge-stuck',
      message:
        "other.py:make finished no batch of 'gradient' for 2 minutes; it is at train.py, line 7, in forward; it was ended.",
    });
  });

  it('never while nothing is asked', async () => {
    const other = new Other(hello(), gradientOf);
    const surface = await processSurface(other, patience);
    await vi.advanceTimersByTimeAsync(1e6);
    expect((await surface.gradient(W)).loss).toBe(5);
  });
});
