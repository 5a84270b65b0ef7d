/** Which requests are answered: those that the page itself makes, under a name that this server has. */
import type { IncomingMessage } from 'node:http';
import { hostname, networkInterfaces } from 'node:os';

/** A request that is not answered: status and sentence. */
export interface Refusal {
  readonly status: number;
  readonly sentence: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];
const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);

/** Returns whether an address or name is of this machine alone. */
export const isLoopback = (host: string): boolean => /^(?:127(?:\.\d{1,3}){3}|localhost|::1|\[::1\])$/i.test(host);

/**
 * Returns the names under which a server may be asked, in lower case, with the port. A page of another site whose name was pointed at this machine
 * (DNS rebinding) asks under its own name, which is not among them.
 */
export function hostNames(host: string, port: number): Set<string> {
  const every = host === '0.0.0.0' || host === '::';
  const own = every
    ? [hostname(), ...Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map((i) => i.address))]
    : isLoopback(host)
      ? []
      : [host];
  const names = [...LOOPBACK, ...own.map(bracketed), ...(isLoopback(host) ? [bracketed(host)] : [])];
  const withPort = names.map((name) => `${name.toLowerCase()}:${port}`);
  return new Set(port === 80 ? [...withPort, ...names.map((n) => n.toLowerCase())] : withPort);
}

/** What a link anywhere may open: the page, and reports of runs, which link to their theory and run nothing. No other site can read them. */
const OPENED = /^\/(?:[?#]|$|api\/runs\/[\w-]+\/file\/(?:[\w-]+\/)*[\w-]+\.html$)/;

/** Returns why a request is refused, or undefined where it is answered. */
export function refusalOf(request: IncomingMessage, names: ReadonlySet<string>): Refusal | undefined {
  const { method, url = '', headers } = request;
  if (method !== 'GET' && method !== 'HEAD')
    return { status: 405, sentence: 'Only GET and HEAD are answered.', headers: { Allow: 'GET, HEAD' } };
  if (url.length > 4096) return { status: 414, sentence: 'The address is too long.' };
  if (!url.startsWith('/')) return { status: 400, sentence: 'The address has no path.' };
  const host = headers.host?.toLowerCase();
  if (host === undefined || !names.has(host))
    return { status: 421, sentence: 'This server is not asked under that name.' };
  const { origin } = headers;
  if (origin !== undefined && !(/^http:\/\//.test(origin) && names.has(origin.slice(7).toLowerCase())))
    return { status: 403, sentence: 'A page of another site may not ask this server.' };
  const site = headers['sec-fetch-site'];
  const navigates = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !(navigates && OPENED.test(url)))
    return { status: 403, sentence: 'A page of another site may not ask this server.' };
  return undefined;
}

/**
 * Returns the names in the path of an address, decoded once, or undefined where the path is malformed or names anything but folders and
 * files below it.
 */
export function pathParts(url: string): string[] | undefined {
  const path = url.split(/[?#]/, 1)[0];
  try {
    return path.slice(1).split('/').map(decodeURIComponent);
  } catch {
    return undefined;
  }
}
