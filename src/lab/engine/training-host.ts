/** Lets a session work in slices between messages: what a training worker does, without a worker. */
import { ThermogradError } from '../../numeric/errors.js';
import type { FromTraining, ToTraining } from '../protocol.js';
import { LabSession } from './session.js';

/** How a host talks, tells the time and lets messages in. */
export interface HostPorts {
  post(message: FromTraining, transfer?: readonly ArrayBuffer[]): void;
  /** Milliseconds. It decides how often something is said and nothing else. */
  clock(): number;
  /** Resolves once the messages that have come in were received. */
  letIn(): Promise<void>;
}

/** Milliseconds of a slice, of one call of the kernel, between progress messages, and between checkpoints for a restart. */
const [SLICE, CALL, PROGRESS, CHECKPOINT] = [15, 5, 80, 3000];

type Why = 'paused' | 'target' | 'diverged' | 'rewound';

/** Holds one session and answers messages. */
export class TrainingHost {
  private session: LabSession | undefined;
  private active = false;
  /** The session that was asked for last. */
  private newest = 0;
  /** Counts starts and stops, so that work that was stopped does not go on with a later start. */
  private turn = 0;
  /** Training stops there, and why. */
  private target: { readonly step: number; readonly why: Why } | undefined;
  /** Up to which step losses were sent, the batch size of those that were not, and when. */
  private sent = 0;
  private batchSize = 0;
  private sentAt = 0;
  private savedAt = 0;
  private perCall = 4;
  private rate = { step: 0, at: 0, value: 0 };

  constructor(private readonly ports: HostPorts) {}

  /** Answers one message; an error that it raises is told as one sentence. */
  async receive(message: ToTraining): Promise<void> {
    try {
      await this.answer(message);
    } catch (error) {
      this.tell(error);
    }
  }

  private async answer(message: ToTraining): Promise<void> {
    if (message.type === 'open') return this.open(message);
    const { session } = this;
    if (!session) {
      if (message.type === 'snapshot')
        this.ports.post({
          type: 'error',
          id: message.id,
          code: 'no-session',
          sentence: 'there is no session to measure.',
        });
      return;
    }
    switch (message.type) {
      case 'run':
        this.target = undefined;
        return this.start();
      case 'step':
        this.target = { step: session.step + message.n, why: 'target' };
        return this.start();
      case 'pause':
        return this.stop('paused');
      case 'rewind': {
        const from = session.step;
        this.progress(session);
        session.rewind(message.at);
        this.sent = Math.min(this.sent, message.at);
        this.ports.post({ type: 'rewound', at: message.at, from, changes: session.state.changes });
        this.target = { step: message.at, why: 'rewound' };
        return this.start();
      }
      case 'set': {
        this.progress(session);
        const changes = session.set(message.key, message.value);
        return this.ports.post({ type: 'changed', at: session.step, changes, values: session.values });
      }
      case 'know':
        return session.know({ edge: message.edge, at: message.at });
      case 'snapshot': {
        const snapshot = session.snapshot(message.rows);
        const buffers = [snapshot.weights, snapshot.rows, ...Object.values(snapshot.optimiser)].map((a) => a.buffer);
        return this.ports.post({ type: 'snapshot', id: message.id, snapshot }, buffers as ArrayBuffer[]);
      }
      case 'checkpoint':
        return this.save(session);
    }
  }

  private async open({
    session: number,
    state,
    data,
    checkpoint,
  }: Extract<ToTraining, { type: 'open' }>): Promise<void> {
    this.active = false;
    this.session = undefined;
    this.newest = number;
    const session = await LabSession.open(state, data, checkpoint);
    // another one was asked for in the meantime
    if (this.newest !== number) return;
    this.session = session;
    this.sent = session.step;
    this.rate = { step: session.step, at: this.ports.clock(), value: 0 };
    this.ports.post({ type: 'ready', session: number, facts: session.facts, state: session.state });
    if (state.at <= session.step) return;
    this.target = { step: state.at, why: 'target' };
    this.start();
  }

  private start(): void {
    if (this.active || !this.session) return;
    this.active = true;
    this.rate = { step: this.session.step, at: this.ports.clock(), value: this.rate.value };
    void this.work(this.session, ++this.turn);
  }

  private stop(why: Why): void {
    this.active = false;
    this.target = undefined;
    if (this.session) this.progress(this.session);
    this.ports.post({ type: 'stopped', step: this.session?.step ?? 0, why });
  }

  private async work(session: LabSession, turn: number): Promise<void> {
    try {
      while (this.active && this.turn === turn && this.session === session) {
        const until = this.ports.clock() + SLICE;
        do this.call(session);
        while (this.active && this.ports.clock() < until);
        if (!this.active) return;
        const now = this.ports.clock();
        if (now - this.sentAt >= PROGRESS) this.progress(session);
        if (now - this.savedAt >= CHECKPOINT) this.save(session);
        await this.ports.letIn();
      }
    } catch (error) {
      this.tell(error);
    }
  }

  /** Takes a few steps, or a block of an evaluation. */
  private call(session: LabSession): void {
    const left = (this.target?.step ?? Number.POSITIVE_INFINITY) - session.step;
    if (left <= 0 && !session.evaluating) {
      this.stop(this.target!.why);
      return;
    }
    const { batchSize } = session.values;
    if (batchSize !== this.batchSize) {
      this.progress(session);
      this.batchSize = batchSize;
    }
    const [step, at] = [session.step, this.ports.clock()];
    for (const event of session.advance(Math.min(this.perCall, left))) {
      this.progress(session);
      this.ports.post(event);
    }
    if (session.diverged) {
      this.stop('diverged');
      return;
    }
    const taken = session.step - step;
    if (taken === 0) return;
    const wanted = (taken * CALL) / Math.max(0.05, this.ports.clock() - at);
    this.perCall = Math.max(1, Math.min(200, Math.round((this.perCall + wanted) / 2)));
  }

  /** Sends what was not sent yet. */
  private progress(session: LabSession): void {
    const { step } = session;
    const now = this.ports.clock();
    if (now - this.rate.at > 500) {
      const value = (1000 * (step - this.rate.step)) / (now - this.rate.at);
      this.rate = { step, at: now, value: Math.max(0, value) };
    }
    const { firstStep, loss, correct } = session.since(this.sent);
    this.sent = Math.max(this.sent, step);
    this.sentAt = now;
    this.ports.post(
      {
        type: 'progress',
        step,
        epoch: session.epochs,
        stepsPerSecond: this.rate.value,
        firstStep,
        loss,
        correct,
        batchSize: this.batchSize,
        window: session.windowFacts,
        values: session.values,
        ...(this.target && { target: this.target.step }),
      },
      [loss.buffer as ArrayBuffer, correct.buffer as ArrayBuffer],
    );
  }

  private save(session: LabSession): void {
    this.savedAt = this.ports.clock();
    const checkpoint = session.checkpoint();
    const buffers = [checkpoint.weights, ...Object.values(checkpoint.optimiser)].map((a) => a.buffer as ArrayBuffer);
    this.ports.post({ type: 'checkpoint', checkpoint }, buffers);
  }

  /** Tells an error; one without a sentence of its own is a fault of the worker, after which it is started again. */
  private tell(error: unknown): void {
    this.active = false;
    const known = error instanceof ThermogradError;
    const sentence = error instanceof Error ? error.message : String(error);
    this.ports.post({ type: 'error', sentence, code: known ? error.code : 'worker-failed' });
  }
}
