/** A channel over a stream that is read and one that is written. */
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import type { Channel } from '../../surface/process/channel.js';

/**
 * Makes a channel of two streams.
 * @param ended - resolves with the reason when the other side has ended; otherwise the end of what is read says so
 */
export function pipesChannel(name: string, from: Readable, to: Writable, ended?: Promise<string>): Channel {
  let closing = false;
  return {
    name,
    async send(pieces) {
      for (const piece of pieces)
        await new Promise<void>((resolve, reject) => {
          if (to.destroyed || to.writableEnded) reject(new Error('the other side has ended.'));
          else if (to.write(piece)) resolve();
          else {
            const done = (error?: Error) => {
              to.off('drain', done);
              to.off('close', closed);
              error ? reject(error) : resolve();
            };
            const closed = () => done(new Error('the other side has ended.'));
            to.once('drain', done);
            to.once('close', closed);
          }
        });
    },
    receive(onBytes, onEnd) {
      const end = (reason: string) => void (closing || onEnd(reason));
      from.on('data', (bytes: Buffer) => onBytes(bytes));
      from.on('error', () => undefined);
      to.on('error', () => undefined);
      if (ended) void ended.then(end);
      else from.once('close', () => end('the other side has ended.'));
    },
    hold(waiting) {
      for (const stream of [from, to]) if (stream instanceof Socket) waiting ? stream.ref() : stream.unref();
    },
    async close() {
      closing = true;
      to.end();
      if (!ended) from.destroy();
    },
  };
}

/** Makes a channel of two file descriptors that this process inherited; it reads from the first and writes to the second. */
export function descriptorsChannel(name: string, read: number, write: number): Channel {
  const from = new Socket({ fd: read, readable: true, writable: false });
  const to = new Socket({ fd: write, readable: false, writable: true });
  return pipesChannel(name, from, to);
}
