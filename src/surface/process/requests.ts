/** Requests over a channel, one after another: the frames that go, those that come back, and what happens when none does. */
import { InputError, RunError } from '../../numeric/errors.js';
import type { RequestOptions } from '../surface.js';
import type { Channel } from './channel.js';
import { encodeFrame, type Frame, type FrameArray, FrameParser, type FrameVerb } from './frames.js';

/** Says for how long the other side may be silent. */
export interface Patience {
  /** Milliseconds without any byte during a request, heartbeats included; 120 000 by default. */
  readonly silence?: number;
  /** Milliseconds in which a request finishes no batch; 30 minutes by default. Loading may take any time. */
  readonly stuck?: number;
}

/** What is asked: arrays that go, and the numbers that each array of the answer has, where that is known. */
export interface Request {
  readonly verb: FrameVerb;
  readonly arrays?: readonly FrameArray[];
  readonly expected?: Readonly<Record<string, number>>;
}

/** Ticks that make up the longest silence. */
const TICKS = 8;

interface Pending {
  readonly id: number;
  readonly request: Request;
  readonly options: RequestOptions | undefined;
  readonly resolve: (arrays: ReadonlyMap<string, FrameArray>) => void;
  readonly reject: (error: Error) => void;
}

const interrupted = () => new RunError('interrupted', 'the request to the model stopped as asked.');

/** Asks one request at a time over a channel; others wait for their turn. */
export class Requests {
  readonly name: string;
  private readonly channel: Channel;
  private readonly parser = new FrameParser();
  private readonly silence: number;
  private readonly stuck: number;
  /** Seconds that all answers took to compute, as the other side says. */
  secondsInside = 0;
  private turn: Promise<unknown> = Promise.resolve();
  private pending: Pending | undefined;
  private nextId = 1;
  /** Why nothing can be asked any more. */
  private ended: Error | undefined;
  private ticker: ReturnType<typeof setInterval> | undefined;
  /** Ticks since the last byte, and since the last batch. */
  private silentTicks = 0;
  private stuckTicks = 0;
  private batches = -1;
  private where = '';

  constructor(channel: Channel, { silence = 120_000, stuck = 1_800_000 }: Patience = {}) {
    this.name = channel.name;
    this.channel = channel;
    this.silence = silence;
    this.stuck = stuck;
    channel.receive(
      (bytes) => this.take(bytes),
      (reason) => this.end(new RunError('bridge-ended', `${this.name}: ${reason}`)),
    );
  }

  /**
   * Asks a request when all earlier ones are answered.
   * @throws RunError when the model fails, the other side ends or falls silent, or its answer is not what was asked for;
   *   InputError when it refuses what it was given; RunError 'interrupted' when the signal aborts
   */
  ask(request: Request, options?: RequestOptions): Promise<ReadonlyMap<string, FrameArray>> {
    const asked = this.turn.then(() => this.askNow(request, options));
    this.turn = asked.catch(() => undefined);
    return asked;
  }

  /** Ends the conversation. Requests that wait are rejected. */
  async close(): Promise<void> {
    if (!this.ended) {
      const asked = this.pending;
      this.end(new RunError('bridge-closed', `${this.name} was closed.`));
      if (!asked) await this.channel.send(encodeFrame('close', 0)).catch(() => undefined);
    }
    await this.channel.close();
  }

  private askNow(request: Request, options: RequestOptions | undefined): Promise<ReadonlyMap<string, FrameArray>> {
    if (options?.signal?.aborted) throw interrupted();
    if (this.ended) throw this.ended;
    const id = this.nextId++;
    const cancel = () => void this.channel.send(encodeFrame('cancel', id)).catch(() => undefined);
    this.channel.hold?.(true);
    return new Promise<ReadonlyMap<string, FrameArray>>((resolve, reject) => {
      this.pending = { id, request, options, resolve, reject };
      this.batches = -1;
      this.where = '';
      options?.signal?.addEventListener('abort', cancel, { once: true });
      this.silentTicks = this.stuckTicks = 0;
      this.ticker = setInterval(() => this.tick(), this.silence / TICKS);
      this.channel
        .send(encodeFrame(request.verb, id, {}, request.arrays))
        .catch((error: Error) => this.end(new RunError('bridge-ended', `${this.name}: ${error.message}`)));
    }).finally(() => {
      options?.signal?.removeEventListener('abort', cancel);
      clearInterval(this.ticker);
      this.channel.hold?.(false);
    });
  }

  private take(bytes: Uint8Array): void {
    if (this.ended) return;
    this.silentTicks = 0;
    try {
      for (const frame of this.parser.push(bytes)) this.handle(frame);
    } catch (error) {
      this.end(error as Error);
      void this.channel.close();
    }
  }

  private handle({ verb, id, header, arrays }: Frame): void {
    if (verb === 'heartbeat') {
      if (typeof header.where === 'string') this.where = header.where;
      if (header.batches !== this.batches) this.stuckTicks = 0;
      this.batches = Number(header.batches);
      return;
    }
    if (verb === 'error' && id === 0) throw new RunError('bad-frame', `${this.name}: ${String(header.sentence)}`);
    const asked = this.pending;
    if (!asked || asked.id !== id) return; // what is left of a request that was given up
    if (verb === 'progress') {
      this.stuckTicks = 0;
      asked.options?.onProgress?.(Number(header.share));
      return;
    }
    if (verb !== 'result' && verb !== 'error')
      throw new RunError('bad-frame', `${this.name} answered with a request of its own, '${verb}'.`);
    this.pending = undefined;
    if (typeof header.seconds === 'number') this.secondsInside += header.seconds;
    if (verb === 'error') asked.reject(this.errorOf(asked, header));
    else {
      const wrong = this.mismatch(asked.request, arrays);
      if (wrong) asked.reject(wrong);
      else {
        asked.options?.onProgress?.(1);
        asked.resolve(arrays);
      }
    }
  }

  private errorOf({ request, options }: Pending, header: Readonly<Record<string, unknown>>): Error {
    const code = String(header.code);
    if (code === 'cancelled' && options?.signal?.aborted) return interrupted();
    const sentence = String(header.sentence);
    const at = request.verb === 'hello' ? '' : ` was asked for '${request.verb}'`;
    const text = sentence.startsWith(this.name) ? sentence : `${this.name}${at}: ${sentence}`;
    return code.startsWith('input-') ? new InputError(code, text) : new RunError(code, text);
  }

  private mismatch({ verb, expected = {} }: Request, arrays: ReadonlyMap<string, FrameArray>): Error | undefined {
    for (const [name, length] of Object.entries(expected)) {
      const data = arrays.get(name)?.data;
      if (!(data instanceof Float64Array) || data.length !== length)
        return new RunError(
          'shape-changed',
          `${this.name} answered '${verb}' with ${data ? `${data.length} numbers` : 'nothing'} for '${name}'; ${length} were asked for.`,
        );
    }
    return undefined;
  }

  /**
   * Counts time in ticks and not by a clock: when the whole program was stopped and goes on, one tick has passed, and the other side
   * has time to say something.
   */
  private tick(): void {
    const verb = this.pending?.request.verb;
    if (++this.silentTicks > TICKS)
      this.giveUp(`gave no sign of life for ${this.silence / 1000} seconds`, 'bridge-silent');
    else if (++this.stuckTicks * (this.silence / TICKS) > this.stuck && verb !== 'hello')
      this.giveUp(
        `finished no batch of '${verb}' for ${this.stuck / 60_000} minutes${this.where ? `; it is at ${this.where}` : ''}`,
        'bridge-stuck',
      );
  }

  private giveUp(what: string, code: string): void {
    this.end(new RunError(code, `${this.name} ${what}; it was ended.`));
    void this.channel.close();
  }

  private end(error: Error): void {
    this.ended ??= error;
    const asked = this.pending;
    this.pending = undefined;
    asked?.reject(this.ended);
  }
}
