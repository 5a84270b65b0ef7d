/** The way by which frames reach the other side: a pair of pipes, a browser's worker, a test. */

/** Carries bytes in both directions, in order. */
export interface Channel {
  /** Says who is at the other end, for sentences: `train.py:make`. */
  readonly name: string;
  /** Sends bytes; resolves when the next may be sent without filling memory. */
  send(bytes: readonly Uint8Array[]): Promise<void>;
  /** Says who is told of bytes that arrive, and of the end, with the reason where it is known. Called once, before the first send. */
  receive(onBytes: (bytes: Uint8Array) => void, onEnd: (reason: string) => void): void;
  /** Says whether an answer is awaited; while none is, the channel does not keep the program from ending. */
  hold?(waiting: boolean): void;
  /** Ends the conversation and what stands behind it; resolves when it is gone. */
  close(): Promise<void>;
}
