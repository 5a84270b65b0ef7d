/** Keeps the page for use without a network, where it was loaded as static files. */

/**
 * Registers the service worker, which stores the files of the page so that it opens without a network. Does nothing where the page
 * comes from `thermograd lab`, whose files are on this machine already, or where the browser has no service workers (pages of file:).
 */
export async function keepForOffline(): Promise<void> {
  if (servedByCommand() || !('serviceWorker' in navigator) || !window.isSecureContext) return;
  try {
    await navigator.serviceWorker.register(new URL('service-worker.js', document.baseURI), { scope: './' });
  } catch {
    // A browser that forbids it (private windows, settings) shows the page all the same.
  }
}

/** Returns whether `thermograd lab` serves this page: then run folders can be asked for under `api/`. */
export const servedByCommand = (): boolean => document.documentElement.dataset.lab === 'served';
