/** The server of the live page: its built files, and below `api/` the given runs. It reads and never writes. */
import { type FileHandle, readdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check, InputError, RunError } from '../../numeric/errors.js';
import { beginLines, say, sendBytes, sendFile } from './answer.js';
import { dataFile, dataFiles } from './data-files.js';
import { givenFolders, listFiles, openBelow } from './given.js';
import { hostNames, isLoopback, pathParts, refusalOf } from './guard.js';
import { type Run, RunIndex } from './run-index.js';

export interface LabOptions {
  /** Run folders, folders that hold some, or recordings. */
  readonly folders: readonly string[];
  /** Address to listen on; 127.0.0.1 by default. */
  readonly host?: string;
  /** Port; 0 takes a free one. */
  readonly port?: number;
  /** Folder of the built page. */
  readonly page?: string;
  /** Milliseconds that a client may take for the headers of a request, and that a connection may stay silent. */
  readonly patience?: { readonly headers: number; readonly silence: number };
}

/** A server that listens. */
export interface Lab {
  /** Address of the page. */
  readonly url: string;
  readonly port: number;
  /** Number of runs and recordings in the given folders. */
  readonly runs: number;
  /** Whether other machines can reach it. */
  readonly open: boolean;
  close(): Promise<void>;
}

/** Summaries that are read at once. */
const TOGETHER = 16;

/** Folder of the built page, beside the compiled server. */
const BUILT = fileURLToPath(new URL('../page', import.meta.url));

/**
 * Starts the server. Only the built page and files below the given folders can be read, by GET and HEAD, under the names of this machine.
 * @throws InputError for folders that are not there or hold no results, for a port in use or not allowed
 */
export async function serveLab(options: LabOptions): Promise<Lab> {
  const {
    folders,
    host = '127.0.0.1',
    port = 0,
    page = BUILT,
    patience = { headers: 10_000, silence: 60_000 },
  } = options;
  // Node would listen on every address
  check(
    host !== '',
    'no-such-host',
    '--host takes an address of this machine and is empty; leave it out for this machine alone.',
  );
  const given = await givenFolders(folders);
  const index = new RunIndex(given);
  const runs = await index.find();
  for (const one of given)
    check(
      runs.some((run) => run.given === one),
      'no-run',
      `there are no results in ${one.path}: no record of a run such as run.json, no report, and no recording (Zarr, .npy, .npz, .safetensors).`,
    );
  const files = await pageFiles(page);
  const names = new Set<string>();
  const server = createServer(
    {
      headersTimeout: patience.headers,
      requestTimeout: patience.headers,
      connectionsCheckingInterval: Math.min(5000, patience.headers),
      keepAliveTimeout: 5000,
      maxHeaderSize: 16_384,
    },
    (request, response) => {
      answer(request, response).catch(() => {
        if (response.headersSent) response.destroy();
        else say(response, 500, 'The file could not be read.');
      });
    },
  );
  server.setTimeout(patience.silence);
  server.maxConnections = 256;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = refusalOf(request, names);
    if (refusal) return say(response, refusal.status, refusal.sentence, refusal.headers);
    const parts = pathParts(request.url!);
    if (parts === undefined) return say(response, 400, 'The address is malformed.');
    if (parts[0] === 'api') return answerApi(response, parts.slice(1));
    const name = parts.join('/') || 'index.html';
    if (dataFiles().includes(name)) return sendBytes(response, name, await data(name));
    const bytes = files.get(name);
    if (bytes === undefined) return say(response, 404, 'There is no such file.');
    sendBytes(
      response,
      name,
      bytes,
      name.startsWith('assets/') ? { 'Cache-Control': 'max-age=31536000, immutable' } : {},
    );
  }

  async function answerApi(response: ServerResponse, [what, id, part, ...rest]: readonly string[]): Promise<void> {
    if (what === 'runs' && id === undefined) return sendIndex(response);
    const run = what === 'runs' ? await index.run(id) : undefined;
    if (run === undefined) return say(response, 404, 'There is no such run.');
    if (part === undefined) return sendBytes(response, 'run.json', JSON.stringify(await index.summary(run)));
    if (part === 'files' && rest.length === 0)
      return sendBytes(response, 'files.json', JSON.stringify(await filesOf(run)));
    const file = part === 'file' ? await openOf(run, rest) : undefined;
    if (file === undefined) return say(response, 404, 'There is no such file.');
    return sendFile(response, rest[rest.length - 1], file);
  }

  /** One summary a line, as soon as they are read. */
  async function sendIndex(response: ServerResponse): Promise<void> {
    beginLines(response);
    const runs = response.req.method === 'HEAD' ? [] : await index.find();
    for (let at = 0; at < runs.length; at += TOGETHER) {
      const some = await Promise.all(runs.slice(at, at + TOGETHER).map((run) => index.summary(run)));
      if (response.destroyed) return;
      if (!response.write(some.map((summary) => `${JSON.stringify(summary)}\n`).join(''))) await drained(response);
    }
    response.end();
  }

  const made = new Map<string, Promise<Uint8Array>>();
  /** A data set, made once; not made again after an error. */
  const data = (name: string): Promise<Uint8Array> => {
    if (!made.has(name)) made.set(name, dataFile(name));
    return made.get(name)!;
  };

  const listening = await listen(server, host, port);
  for (const name of hostNames(host, listening)) names.add(name);
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return {
    url: `http://${shown.includes(':') ? `[${shown}]` : shown}:${listening}/`,
    port: listening,
    runs: runs.length,
    open: !isLoopback(host),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Reads the built page into memory: nothing else beside it can be asked for. Says to it that it is served. */
async function pageFiles(folder: string): Promise<Map<string, Uint8Array | string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = new Map<string, Uint8Array | string>();
  for (const entry of entries.filter((e) => e.isFile())) {
    const path = join(entry.parentPath, entry.name);
    files.set(
      path
        .slice(folder.length + 1)
        .split(sep)
        .join('/'),
      await readFile(path),
    );
  }
  const index = files.get('index.html');
  if (index === undefined) throw new RunError('no-page', `the built page is not in ${folder}; npm run build makes it.`);
  files.set(
    'index.html',
    new TextDecoder().decode(index as Uint8Array).replace('data-lab="static"', 'data-lab="served"'),
  );
  return files;
}

/** The files of a run; a recording in one file has that file alone. */
const filesOf = async ({ path, only }: Run): Promise<string[]> => (only === undefined ? listFiles(path, true) : [only]);

const openOf = async ({ path, only }: Run, parts: readonly string[]): Promise<FileHandle | undefined> =>
  parts.length > 0 && (only === undefined || (parts.length === 1 && parts[0] === only))
    ? openBelow(path, parts)
    : undefined;

/** Resolves when more can be written, or nobody reads any more. */
const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const go = () => {
      response.off('drain', go).off('close', go);
      resolve();
    };
    response.on('drain', go).on('close', go);
  });

/** Listens, and returns the port. */
function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(error, host, port)));
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function cannotListen(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE')
    return new InputError(
      'port-in-use',
      `port ${port} is in use; choose another with --port, or leave it out for a free one.`,
    );
  if (error.code === 'EACCES')
    return new InputError(
      'port-not-allowed',
      `port ${port} may not be used by this user; choose one from 1024 with --port.`,
    );
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT' || error.syscall === 'getaddrinfo')
    return new InputError(
      'no-such-host',
      `${host.slice(0, 80)} is no address of this machine; leave --host out for this machine alone.`,
    );
  return error;
}
