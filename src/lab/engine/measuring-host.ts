/** Answers requests for measurements one after another: what a measuring worker does, without a worker. */
import { ThermogradError } from '../../numeric/errors.js';
import type { FromEngine, MeasureKind, ToMeasuring } from '../protocol.js';
import { benchOf } from './bench.js';
import { measurements } from './measurements.js';
import type { Bench, Measure, Report } from './registry.js';

/** How the host talks, and how it lets messages in. */
export interface MeasuringPorts {
  post(message: FromEngine): void;
  /** Resolves once the messages that have come in were received. */
  letIn(): Promise<void>;
}

type Request = Extract<ToMeasuring, { type: 'measure' }>;

class Cancelled extends Error {}

/** Holds the data of one session and the measurements that wait. */
export class MeasuringHost {
  private bench: Promise<Bench> | undefined;
  private readonly waiting: Request[] = [];
  private readonly cancelled = new Set<number>();
  private busy = false;
  private current = -1;

  constructor(private readonly ports: MeasuringPorts) {}

  /** Answers one message. */
  receive(message: ToMeasuring): void {
    if (message.type === 'data') {
      // what was asked of another session has no answer any more
      for (const id of [this.current, ...this.waiting.map((request) => request.id)]) this.cancelled.add(id);
      this.bench = benchOf(message.state, message.data);
      // whoever measures is told
      this.bench.catch(() => {});
    } else if (message.type === 'cancel') this.cancelled.add(message.id);
    else {
      this.waiting.push(message);
      if (!this.busy) void this.work();
    }
  }

  private async work(): Promise<void> {
    this.busy = true;
    for (let request = this.waiting.shift(); request; request = this.waiting.shift()) {
      await this.one(request);
      await this.ports.letIn();
    }
    this.busy = false;
  }

  private async one({ id, kind, args, snapshot }: Request): Promise<void> {
    const { post, letIn } = this.ports;
    this.current = id;
    const report: Report = async (share, what, part) => {
      post({ type: 'part', id, share, what, ...(part !== undefined && { part }) });
      await letIn();
      if (this.cancelled.has(id)) throw new Cancelled();
    };
    try {
      if (this.cancelled.has(id)) throw new Cancelled();
      const measure = measurements[kind] as Measure<MeasureKind> | undefined;
      if (!measure || !snapshot || !this.bench) {
        const sentence = measure ? 'there is no session to measure.' : `there is no measurement '${kind}'.`;
        return post({ type: 'error', id, code: 'no-measurement', sentence });
      }
      const result = await measure(await this.bench, snapshot, args as never, report);
      post({ type: 'measured', id, kind, step: snapshot.step, result });
    } catch (error) {
      if (error instanceof Cancelled) post({ type: 'cancelled', id });
      else {
        const sentence = error instanceof Error ? error.message : String(error);
        post({ type: 'error', id, sentence, code: error instanceof ThermogradError ? error.code : 'worker-failed' });
      }
    } finally {
      this.current = -1;
      this.cancelled.delete(id);
    }
  }
}
