/** The bytes that a state's data need: packs of MNIST from the page's own folder, or files that were dropped. */

import type { DroppedFile, LabBytes, LabState } from '../protocol.js';
import { mnistPacks } from './mnist.js';

let files: readonly DroppedFile[] = [];

/** Keeps dropped files for the sessions that follow, and returns the name that the state gives them. */
export async function dropped(given: readonly File[]): Promise<string> {
  files = await Promise.all(given.map(async (f) => ({ name: f.name, bytes: await f.arrayBuffer() })));
  return files.map((f) => f.name).join(' + ');
}

/** Finds the bytes for `state`. @throws Error with one sentence when they are not there */
export async function bytesFor({ data }: LabState): Promise<LabBytes | undefined> {
  if (data.kind === 'teacher') return undefined;
  if (data.kind === 'file') {
    if (files.length === 0)
      throw new Error(
        `This link was made with the file ${data.name ?? ''}, which it does not hold; drop the file on the page.`,
      );
    return { files: files.map((f) => ({ name: f.name, bytes: f.bytes.slice(0) })) };
  }
  return { packs: await mnistPacks(data.limit) };
}
