/** Where the site will stand: the address and the repository from package.json of the program, and the folder of the host from the environment. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
const own = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

/** Folder of the site on its host, such as /thermograd/; THERMOGRAD_SITE_BASE. */
export const base = `/${(process.env.THERMOGRAD_SITE_BASE ?? '').replace(/^\/|\/$/g, '')}/`.replace('//', '/');
/** Host of the site. */
export const host = new URL(own.homepage ?? 'https://example.org').origin;
/** Address of the repository, as a browser opens it. */
export const repository = (own.repository?.url ?? own.homepage ?? host)
  .replace(/^git\+/, '')
  .replace(/\.git$/, '')
  .replace(/#.*$/, '');
export const version = own.version;
/** Where a file of the repository is read. */
export const source = (path) => `${repository}/blob/main/${path}`;
