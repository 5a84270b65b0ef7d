/** What the two workers of the page have from the browser, without its types of a page. */

/** The global scope of a worker, as far as it is used. */
export interface WorkerScope {
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
}

/** Returns the scope of this worker. */
export const workerScope = (): WorkerScope => globalThis as unknown as WorkerScope;

/** Returns a function that resolves after the messages that wait were received: a message of one's own comes after them. */
export function letInOf(): () => Promise<void> {
  const { port1, port2 } = new MessageChannel();
  let resolve: (() => void) | undefined;
  port1.onmessage = () => {
    const waiting = resolve;
    resolve = undefined;
    waiting?.();
  };
  return () =>
    new Promise<void>((done) => {
      resolve = done;
      port2.postMessage(0);
    });
}
