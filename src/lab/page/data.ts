/** The bytes that a state's data need: packs of MNIST from the page's own folder, or files that were dropped. */
import type { DroppedFile, LabBytes, LabState } from '../protocol.js';

let files: readonly DroppedFile[] = [];

/** Keeps dropped files for the sessions that follow, and returns the name that the state gives them. */
export async function dropped(given: readonly File[]): Promise<string> {
  files = await Promise.all(given.map(async (f) => ({ name: f.name, bytes: await f.arrayBuffer() })));
  return files.map((f) => f.name).join(' + ');
}

/** Samples in the first pack of MNIST. */
const FIRST = 10_000;
const packs = new Map<string, Promise<ArrayBuffer>>();

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
  const names = data.limit > FIRST ? ['mnist-10k.bin', 'mnist-rest.bin'] : ['mnist-10k.bin'];
  return { packs: (await Promise.all(names.map(pack))).map((p) => p.slice(0)) };
}

function pack(name: string): Promise<ArrayBuffer> {
  const asked = packs.get(name) ?? load(name);
  packs.set(name, asked);
  asked.catch(() => packs.delete(name));
  return asked;
}

async function load(name: string): Promise<ArrayBuffer> {
  const answer = await fetch(new URL(`data/${name}`, document.baseURI));
  if (!answer.ok) throw new Error(`The page could not read its data/${name} (status ${answer.status}).`);
  return answer.arrayBuffer();
}
