// Keeps the files of the page, so that it opens without a network. The build writes the list of files and its digest into the two
// constants; another digest is another cache, and the old one is removed.
const FILES = [];
const DIGEST = '';
const CACHE = `thermograd-lab-${DIGEST}`;

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: 'reload' }))))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(names.filter((n) => n.startsWith('thermograd-lab-') && n !== CACHE).map((n) => caches.delete(n))),
      )
      .then(() => self.clients.claim()),
  );
});

/** From the cache, otherwise from the network; what came whole is kept, the data sets included. */
async function answer(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request, { ignoreSearch: true });
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok && response.type === 'basic' && response.status === 200) await cache.put(request, response.clone());
  return response;
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin || request.headers.has('range')) return;
  if (request.mode === 'navigate' && /^[^?#]*\/(?:[?#]|$)/.test(request.url)) {
    event.respondWith(answer(new Request(new URL('index.html', url))));
    return;
  }
  event.respondWith(answer(request));
});
