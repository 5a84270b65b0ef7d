/** Answers with their headers: what the page may load and do, how long an answer holds, ranges of files. */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

/** The policy of the page: its own files alone, no inline code or style, WebAssembly allowed. */
export const PAGE_POLICY =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; worker-src 'self' blob:; " +
  "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The policy of files of runs, which somebody else may have written: they run nothing and have no origin. */
const FILE_POLICY =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const EVERY = {
  'Content-Security-Policy': PAGE_POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'X-Frame-Options': 'DENY',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
  'Cache-Control': 'no-cache',
};

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json',
  svg: 'image/svg+xml',
  png: 'image/png',
  csv: 'text/csv; charset=utf-8',
  wasm: 'application/wasm',
};
const typeOf = (name: string): string => TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';

/** Sends one sentence. */
export function say(response: ServerResponse, status: number, sentence: string, headers: object = {}): void {
  response.writeHead(status, {
    ...EVERY,
    'Content-Type': 'text/plain; charset=utf-8',
    Connection: 'close',
    ...headers,
  });
  response.end(response.req.method === 'HEAD' ? undefined : `${sentence}\n`);
}

/** Sends bytes that are in memory; 304 where the asker has them. */
export function sendBytes(
  response: ServerResponse,
  name: string,
  bytes: Uint8Array | string,
  headers: object = {},
): void {
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  if (response.req.headers['if-none-match'] === etag) {
    response.writeHead(304, { ...EVERY, ETag: etag, ...headers }).end();
    return;
  }
  const length = typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.byteLength;
  response.writeHead(200, { ...EVERY, 'Content-Type': typeOf(name), 'Content-Length': length, ETag: etag, ...headers });
  response.end(response.req.method === 'HEAD' ? undefined : bytes);
}

/** Begins a document of one JSON value a line; the lines follow one by one. */
export function beginLines(response: ServerResponse): void {
  response.writeHead(200, { ...EVERY, 'Content-Type': 'application/x-ndjson', 'Cache-Control': 'no-store' });
}

/**
 * Sends a file of a run, or the range of bytes that was asked for, and closes it. The page reads these files; opened by themselves they
 * run nothing.
 */
export async function sendFile(response: ServerResponse, name: string, file: FileHandle): Promise<void> {
  try {
    const { size, mtimeMs } = await file.stat();
    const etag = `"${size.toString(36)}-${Math.round(mtimeMs * 1000).toString(36)}"`;
    const headers = {
      ...EVERY,
      'Content-Security-Policy': FILE_POLICY,
      'Content-Type': typeOf(name),
      'Accept-Ranges': 'bytes',
      ETag: etag,
    };
    if (response.req.headers['if-none-match'] === etag) {
      response.writeHead(304, headers).end();
      return;
    }
    const range = rangeOf(response.req, size, etag);
    if (range === 'none') {
      response.writeHead(416, { ...headers, 'Content-Range': `bytes */${size}` }).end();
      return;
    }
    const [from, to] = range ?? [0, size - 1];
    response.writeHead(range ? 206 : 200, {
      ...headers,
      'Content-Length': to - from + 1,
      ...(range && { 'Content-Range': `bytes ${from}-${to}/${size}` }),
    });
    if (response.req.method === 'HEAD' || to < from) response.end();
    else await pipeline(file.createReadStream({ start: from, end: to, autoClose: false }), response);
  } finally {
    await file.close();
  }
}

/** The first and last byte asked for; undefined for the whole file, `none` for a range outside of it. */
function rangeOf({ headers }: IncomingMessage, size: number, etag: string): [number, number] | 'none' | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '') ?? [];
  if (first === undefined || (first === '' && last === '')) return undefined;
  if (headers['if-range'] !== undefined && headers['if-range'] !== etag) return undefined;
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === '' || last === '' ? size - 1 : Math.min(size - 1, Number(last));
  return from <= to && from < size ? [from, to] : 'none';
}
