/** The hosts of the two workers and the client of the page, joined without workers. */
import { describe, expect, it } from 'vitest';
import { MeasuringHost } from '../../src/lab/engine/measuring-host.js';
import { LabSession } from '../../src/lab/engine/session.js';
import { TrainingHost } from '../../src/lab/engine/training-host.js';
import { EngineClient, type EngineWorker, missingInBrowser } from '../../src/lab/page/engine-client.js';
import type { FromEngine, Progress } from '../../src/lab/protocol.js';
import { teacherState } from './support.js';

/** A worker in the same thread: messages are cloned and arrive later, as those of a worker do. */
class HereWorker implements EngineWorker {
  onmessage: ((event: MessageEvent) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;
  onmessageerror: ((event: MessageEvent) => void) | null = null;
  ended = false;
  /** Thrown by the next message. */
  breaks = false;
  private readonly host: { receive(message: never): unknown };

  constructor(kind: 'training' | 'measuring') {
    // transferred buffers leave the sender, as in a worker
    const post = (message: unknown, transfer: readonly ArrayBuffer[] = []) => {
      const data = structuredClone(message, { transfer: [...transfer] });
      setTimeout(() => this.ended || this.onmessage?.({ data } as MessageEvent));
    };
    const letIn = () => new Promise<void>((resolve) => setTimeout(resolve));
    let time = 0;
    this.host =
      kind === 'training'
        ? new TrainingHost({ post, letIn, clock: () => (time += 10) })
        : new MeasuringHost({ post, letIn });
  }

  postMessage(message: unknown, transfer: Transferable[] = []): void {
    const data = structuredClone(message, { transfer });
    setTimeout(() => {
      if (this.ended) return;
      if (this.breaks) this.onerror?.({ message: 'out of memory', preventDefault() {} } as unknown as ErrorEvent);
      else this.host.receive(data as never);
    });
  }

  terminate(): void {
    this.ended = true;
  }
}

function clientHere() {
  const made = { training: [] as HereWorker[], measuring: [] as HereWorker[] };
  const make = (kind: 'training' | 'measuring') => () => {
    const worker = new HereWorker(kind);
    made[kind].push(worker);
    return worker;
  };
  const client = new EngineClient({ training: make('training'), measuring: make('measuring') });
  const heard: FromEngine[] = [];
  client.listen((message) => heard.push(message));
  const until = async (found: (message: FromEngine) => boolean, from = heard.length) => {
    for (let k = from; ; k++) {
      while (k >= heard.length) await new Promise((resolve) => setTimeout(resolve));
      if (found(heard[k])) return heard[k];
    }
  };
  return { client, heard, until, made };
}

/** Joins the losses of all progress messages. */
function lossesOf(heard: readonly FromEngine[]): number[] {
  const out: number[] = [];
  for (const m of heard)
    if (m.type === 'progress')
      m.loss.forEach((loss, k) => {
        out[m.firstStep - 1 + k] = loss;
      });
  return out;
}

const stopped = (m: FromEngine) => m.type === 'stopped';

describe('messages', () => {
  it('open, step and pause give every loss once, and the numbers of a session without messages', async () => {
    const { client, heard, until } = clientHere();
    const facts = await client.open(teacherState({}));
    expect(facts).toMatchObject({
      parameters: 20 * 16 + 16 * 4,
      network: '20-16-4',
      samples: { train: 1000, test: 500, inputs: 20, classes: 4 },
      batchesPerEpoch: 20,
      layers: [
        { name: 'layer1', shape: [16, 20], size: 320 },
        { name: 'layer2', shape: [4, 16], size: 64 },
      ],
    });
    client.step(137);
    expect(await until(stopped)).toEqual({ type: 'stopped', step: 137, why: 'target' });
    const session = await LabSession.open(teacherState({}));
    const reports = session.trainTo(137);
    expect(lossesOf(heard)).toEqual([...session.since(0).loss]);
    expect(heard.filter((m) => m.type === 'epoch')).toEqual(reports);
    const sent = heard.filter((m): m is Progress => m.type === 'progress').reduce((n, m) => n + m.loss.length, 0);
    expect(sent).toBe(137);
    client.close();
  });

  it('a link trains to its step; sliders and rewinding tell the changes', async () => {
    const { client, heard, until } = clientHere();
    const changes = [{ at: 30, key: 'learningRate', value: 0.05 }] as const;
    await client.open(teacherState({ at: 50, changes }));
    await until(stopped);
    client.set('batchSize', 20);
    const changed = await until((m) => m.type === 'changed');
    expect(changed).toMatchObject({
      at: 50,
      changes: [...changes, { at: 50, key: 'batchSize', value: 20 }],
      values: { learningRate: 0.05, momentum: 0, weightDecay: 0, batchSize: 20 },
    });
    client.step(25);
    await until(stopped);
    const before = lossesOf(heard);
    client.rewind(40);
    const from = heard.length;
    expect(await until(stopped)).toEqual({ type: 'stopped', step: 40, why: 'rewound' });
    const rewound = heard.slice(from);
    expect(rewound.find((m) => m.type === 'rewound')).toMatchObject({ at: 40, from: 75, changes });
    expect(lossesOf(rewound)).toEqual([]);
    client.set('batchSize', 0);
    expect(await until((m) => m.type === 'error')).toMatchObject({ code: 'bad-batch-size' });
    client.step(10);
    await until(stopped);
    expect(lossesOf(heard.slice(from)).slice(40)).toEqual(before.slice(40, 50));
    client.close();
  });

  it('a state that cannot be is refused with its sentence', async () => {
    const { client } = clientHere();
    await expect(client.open(teacherState({ layer: 'layer7' }))).rejects.toThrow(
      /no layer 'layer7'; it has layer1, layer2/,
    );
    await expect(client.open(teacherState({ data: { kind: 'file', limit: 10, name: 'a.csv' } }))).rejects.toThrow(
      "this link uses the file 'a.csv', which is not part of it; drop the file on the page.",
    );
    const late = client.open(teacherState({ seed: 1 }));
    const facts = client.open(teacherState({ seed: 2, network: '20-8-4' }));
    await expect(late).rejects.toThrow('another session was opened.');
    expect((await facts).parameters).toBe(20 * 8 + 8 * 4);
    client.close();
  });
});

describe('measurements', () => {
  it('are made on the moment they were asked for, while training goes on', async () => {
    const { client, heard, until } = clientHere();
    await client.open(teacherState({ at: 60 }));
    await until(stopped);
    const cloud = client.measure('cloud', { directions: 2 });
    client.run();
    const result = await cloud.result;
    expect(result.basis).toEqual({ step: 60, rows: 40, every: 1, weights: 320 });
    expect(result.coordinates.length).toBe(80);
    await until((m) => m.type === 'progress' && m.step > 60);
    client.pause();
    await until(stopped);
    expect(heard.some((m) => m.type === 'measured' && m.kind === 'cloud' && m.step === 60)).toBe(true);
    client.close();
  });

  it('can be cancelled, and say in a sentence why there is none', async () => {
    const { client, until } = clientHere();
    await client.open(teacherState({ at: 5 }));
    await until(stopped);
    await expect(client.measure('cloud', {}).result).rejects.toThrow(
      'the window of layer1 has 5 rows so far, and principal directions need at least 10; train on.',
    );
    client.step(60);
    await until(stopped);
    const long = client.measure('controls', {}, () => long.cancel());
    await expect(long.result).rejects.toMatchObject({ code: 'cancelled' });
    await expect(client.measure('colour' as 'cloud', {}).result).rejects.toThrow("there is no measurement 'colour'.");
    client.close();
  });
});

it('a divergence is compared with the edge of stability that was measured', async () => {
  const { client, heard, until, made } = clientHere();
  await client.open(teacherState({ at: 60 }));
  await until(stopped);
  const { edge, curvature } = await client.measure('ceiling', {}).result;
  expect(edge.value).toBeCloseTo(2 / curvature.value, 9);
  // a worker that was started again is told what was measured
  made.training[0].breaks = true;
  client.step(1);
  await until((m) => m.type === 'ready');
  const from = heard.length;
  client.set('learningRate', 1e30);
  client.run();
  const diverged = await until((m) => m.type === 'diverged', from);
  expect(diverged).toMatchObject({ kind: 'not-finite', learningRate: 1e30 });
  expect((diverged as { why: string }).why).toMatch(
    /The learning rate was \S+ times the edge of stability \S+, as measured after step 60\. Lower the learning rate, or rewind\./,
  );
  expect(await until(stopped, from)).toMatchObject({ why: 'diverged', step: (diverged as { at: number }).at - 1 });
  client.close();
});

describe('a worker that dies', () => {
  it('is started again from its last checkpoint, with the same bits', async () => {
    const { client, heard, until, made } = clientHere();
    await client.open(teacherState({}));
    client.run();
    // the host saves now and then by its own clock
    await until((m) => m.type === 'progress' && m.step > 300);
    made.training[0].breaks = true;
    client.set('learningRate', 0.1);
    const restarted = await until((m) => m.type === 'restarted');
    expect(restarted).toMatchObject({ worker: 'training' });
    const from = heard.length;
    const { step } = restarted as { step: number };
    expect(step).toBeGreaterThan(0);
    await until((m) => m.type === 'progress' && m.step > step + 50);
    client.pause();
    const end = (await until(stopped)) as { step: number };
    const session = await LabSession.open(teacherState({}));
    session.trainTo(end.step, false);
    expect(lossesOf(heard.slice(from)).slice(step)).toEqual([...session.since(step).loss]);
    expect(made.training.length).toBe(2);
    client.close();
  });

  it('for measurements is started again, and training goes on', async () => {
    const { client, until, made } = clientHere();
    await client.open(teacherState({ at: 60 }));
    await until(stopped);
    made.measuring[0].breaks = true;
    await expect(client.measure('cloud', {}).result).rejects.toThrow(
      /worker of the measuring stopped \(out of memory\)/,
    );
    expect((await client.measure('cloud', {}).result).basis.rows).toBe(40);
    client.close();
  });
});

it('says what a browser lacks', () => {
  const all = { Worker: class {}, WebAssembly };
  expect(missingInBrowser(all)).toBeUndefined();
  expect(missingInBrowser({ WebAssembly })).toContain('no workers');
  expect(missingInBrowser({ Worker: class {} })).toContain('no WebAssembly');
  expect(missingInBrowser({ ...all, WebAssembly: { validate: () => false } })).toContain('without SIMD');
});
