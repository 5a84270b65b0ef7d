/**
 * Entry of both workers of the engine. They share their code, which is loaded once, and the one that measures loads what it alone needs at
 * the first measurement. Messages that come before are kept in their order.
 */
import { workerScope } from './scope.js';

const scope = workerScope();
const measures = (globalThis as { readonly name?: string }).name === 'measuring';
const held: unknown[] = [];
let loading = false;

scope.onmessage = ({ data }) => {
  held.push(data);
  const wanted = !measures || (data as { readonly type?: unknown }).type === 'measure';
  if (wanted && !loading) void load();
};

async function load(): Promise<void> {
  loading = true;
  try {
    await (measures ? import('./measure-worker.js') : import('./train-worker.js'));
    // the module has put its own receiver in place
    for (const data of held.splice(0)) scope.onmessage?.({ data });
  } catch {
    loading = false;
    scope.postMessage({
      type: 'error',
      code: 'not-loaded',
      sentence: 'The code of the engine could not be loaded; load the page again.',
    });
  }
}
