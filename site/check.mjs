/** Looks at the built site as its readers do: every internal link leads to a page and a place on it, and the search finds. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { base, host } from './place.mjs';

const decoded = (text) => decodeURIComponent(text.replace(/&amp;/g, '&'));

/** What links of a page lead to. The live page and reports have addresses of their own making. */
function deadLinks(dist) {
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .map((f) => f.replaceAll('\\', '/'))
    .filter((f) => f.endsWith('.html') && !/^live\//.test(f));
  const ids = new Map();
  const text = (file) => readFileSync(join(dist, file), 'utf8');
  const idsOf = (file) => {
    if (!ids.has(file))
      ids.set(file, new Set([...text(file).matchAll(/\s(?:id|name)="([^"]*)"/g)].map(([, id]) => decoded(id))));
    return ids.get(file);
  };
  const dead = [];
  let count = 0;
  for (const file of files) {
    const here = new URL(base + file.replace(/index\.html$/, ''), host);
    for (const [, href] of text(file)
      .replace(/<script[\s\S]*?<\/script>/g, '')
      .matchAll(/\s(?:href|src)="([^"]*)"/g)) {
      if (/^(?:data|mailto|javascript):/.test(href)) continue;
      const url = new URL(decoded(href), here);
      if (url.origin !== host || !url.pathname.startsWith(base)) {
        if (url.origin === host && !/^https?:/.test(href)) dead.push(`${file}: ${href} leaves the folder of the site`);
        continue;
      }
      if (/^https?:/.test(href) && !existsSync(join(dist, url.pathname.slice(base.length)))) continue;
      count++;
      const path = decoded(url.pathname).slice(base.length);
      const at = path === '' || path.endsWith('/') ? `${path}index.html` : path;
      if (!existsSync(join(dist, at)) || statSync(join(dist, at)).isDirectory())
        dead.push(`${file}: ${href} leads nowhere`);
      else if (
        url.hash.length > 1 &&
        at.endsWith('.html') &&
        !at.startsWith('live/') &&
        !idsOf(at).has(decoded(url.hash.slice(1)))
      )
        dead.push(`${file}: ${href}, there is no such place on that page`);
    }
  }
  console.log(`${count} internal links on ${files.length} pages`);
  return dead;
}

/** Nothing of a page is loaded from another host. */
function foreign(dist) {
  return readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .filter((f) => /\.(?:html|css)$/.test(f))
    .flatMap((f) => {
      const text = readFileSync(join(dist, f), 'utf8');
      const loads = [
        ...text.matchAll(
          /<(?:script|img|iframe|source)\b[^>]*\ssrc="(https?:[^"]*)"|<link\b(?![^>]*rel="(?:canonical|sitemap|alternate)")[^>]*\shref="(https?:[^"]*)"|url\(["']?(https?:[^)"']*)/g,
        ),
      ];
      return loads.map(([, a, b, c]) => `${f} loads ${a ?? b ?? c}`);
    });
}

/** Words of which each has to be found on the named page. */
const SEARCHED = { 'training.batchSize': 'reference/config/', decompose: 'api/', Kramers: 'theory/' };

/** Searches with the code of the site itself, served from this machine. */
async function search(dist) {
  const server = createServer((request, answer) => {
    const path = join(dist, decoded(new URL(request.url, host).pathname).slice(base.length));
    if (!existsSync(path)) answer.writeHead(404).end();
    else
      answer
        .writeHead(200, { 'content-type': extname(path) === '.js' ? 'text/javascript' : 'application/octet-stream' })
        .end(readFileSync(path));
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  try {
    const address = `http://127.0.0.1:${server.address().port}${base}pagefind/`;
    const pagefind = await import(pathToFileURL(join(dist, 'pagefind/pagefind.js')).href);
    await pagefind.options({ basePath: address, baseUrl: base });
    const lost = [];
    for (const [word, page] of Object.entries(SEARCHED)) {
      const { results } = await pagefind.search(word);
      const urls = (await Promise.all(results.slice(0, 20).map((r) => r.data()))).map(({ url }) => url);
      if (!urls.some((url) => url.includes(page)))
        lost.push(`a search for ${word} finds ${urls.join(', ') || 'nothing'}, and not ${page}`);
    }
    return lost;
  } finally {
    server.close();
  }
}

export async function checkSite(dist) {
  const faults = [...deadLinks(dist), ...foreign(dist), ...(await search(dist))];
  if (faults.length > 0)
    throw new Error(`${faults.length} faults of the site:\n${[...new Set(faults)].slice(0, 60).join('\n')}`);
}
