/** MNIST as the page loads it: the gzipped packs in the page's own folder, each fetched once. */
import { packsFor } from '../engine/pack.js';

/** Names of the packs, in the order of MNIST_PACKS. */
const PACKS = ['data/mnist-10k.bin.gz', 'data/mnist-rest.bin.gz'];

const loaded = new Map<string, Promise<ArrayBuffer>>();

/** Loads the packs that hold the first `limit` training samples, and returns copies of them. @throws Error with one sentence */
export async function mnistPacks(limit: number): Promise<ArrayBuffer[]> {
  return (await Promise.all(PACKS.slice(0, packsFor(limit)).map(pack))).map((bytes) => bytes.slice(0));
}

function pack(name: string): Promise<ArrayBuffer> {
  const asked = loaded.get(name) ?? load(name);
  loaded.set(name, asked);
  asked.catch(() => loaded.delete(name));
  return asked;
}

async function load(name: string): Promise<ArrayBuffer> {
  const answer = await fetch(new URL(name, document.baseURI)).catch(() => undefined);
  if (!answer?.ok)
    throw new Error(
      `The page could not load ${name}${answer ? ` (status ${answer.status})` : ''}; choose the teacher set, or drop MNIST's files here.`,
    );
  const bytes = await answer.arrayBuffer();
  const [a, b] = new Uint8Array(bytes, 0, Math.min(2, bytes.byteLength));
  if (a !== 0x1f || b !== 0x8b) return bytes; // a server that knows the name may have taken the wrapper off already
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
}
