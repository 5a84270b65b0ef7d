/** MNIST as the page loads it: gzipped IDX files from the page's own folder, put together as the packs that the engine reads. */
import { MNIST_PACKS, packsFor } from '../engine/pack.js';

const MAGIC = 0x31504754;
const SIZE = 784;
/** Bytes before the samples of an IDX file. */
const HEADS = { images: 16, labels: 8 } as const;

const files = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();

/** Loads the packs that hold the first `limit` training samples, each file once. @throws Error with one sentence */
export function mnistPacks(limit: number): Promise<ArrayBuffer[]> {
  return Promise.all(MNIST_PACKS.slice(0, packsFor(limit)).map((_, k) => packOf(k)));
}

async function packOf(k: number): Promise<ArrayBuffer> {
  const { train, test } = MNIST_PACKS[k];
  const name = k === 0 ? 'mnist-first' : 'mnist-rest';
  const [images, labels, testImages, testLabels] = await Promise.all([
    samples(name, 'images'),
    samples(name, 'labels'),
    samples('mnist-test', 'images'),
    samples('mnist-test', 'labels'),
  ]);
  const counts = [train[1] - train[0], test[1] - test[0]];
  const head = new Uint32Array([MAGIC, train[0], counts[0], test[0], counts[1], SIZE, 28, 28, 10]);
  const parts = [
    new Uint8Array(head.buffer),
    images.subarray(0, counts[0] * SIZE),
    labels.subarray(0, counts[0]),
    testImages.subarray(test[0] * SIZE, test[1] * SIZE),
    testLabels.subarray(test[0], test[1]),
  ];
  const out = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out.buffer;
}

async function samples(set: string, kind: keyof typeof HEADS): Promise<Uint8Array<ArrayBuffer>> {
  const name = `data/${set}-${kind}.idx.gz`;
  const asked = files.get(name) ?? load(name);
  files.set(name, asked);
  asked.catch(() => files.delete(name));
  return (await asked).subarray(HEADS[kind]);
}

async function load(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const answer = await fetch(new URL(name, document.baseURI)).catch(() => undefined);
  if (!answer?.ok)
    throw new Error(
      `The page could not load ${name}${answer ? ` (status ${answer.status})` : ''}; choose the teacher set, or drop MNIST's files here.`,
    );
  const bytes = new Uint8Array(await answer.arrayBuffer());
  // a server that knows the name may have taken the wrapper off already
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(plain).arrayBuffer());
}
