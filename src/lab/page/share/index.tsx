/** What shares the page: a link with its whole state, the config for the command line, the numbers of this session. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { configYaml } from '../../state-config.js';
import { hashOf } from '../../state-hash.js';
import { lab, results, session, step } from '../store.js';
import { saveBytes } from './save.js';
import './share.css';

export function Share() {
  const open = useSignal(false);
  const said = useSignal('');
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open.value) return;
    const close = (e: Event) => {
      if (e instanceof KeyboardEvent ? e.key === 'Escape' : !box.current?.contains(e.target as Node))
        open.value = false;
    };
    document.addEventListener('keydown', close);
    document.addEventListener('pointerdown', close);
    return () => {
      document.removeEventListener('keydown', close);
      document.removeEventListener('pointerdown', close);
    };
  }, [open.value]);
  const attempt = (act: () => string | Promise<string>) => async () => {
    try {
      said.value = await act();
    } catch (error) {
      said.value = error instanceof Error ? error.message : String(error);
    }
  };
  return (
    <div class="share" ref={box}>
      <button
        type="button"
        aria-expanded={open.value}
        aria-controls="share-box"
        onClick={() => {
          open.value = !open.value;
          said.value = '';
        }}
      >
        Share
      </button>
      {open.value && (
        <div id="share-box" class="share-box">
          <label for="share-link">This link opens the page in the same state and trains to the same step.</label>
          <input id="share-link" type="text" readOnly value={linkNow()} onFocus={(e) => e.currentTarget.select()} />
          <div class="buttons">
            <button type="button" data-share="link" onClick={attempt(copyLink)}>
              Copy link
            </button>
            <button type="button" data-share="config" onClick={attempt(saveConfig)}>
              Save as config (YAML)
            </button>
            <button type="button" data-share="results" onClick={attempt(saveResults)}>
              Save results (JSON)
            </button>
          </div>
          <p class="hint">Each panel has buttons of its own for SVG, PNG, PDF, CSV and npz.</p>
          <p class="hint" role="status" data-said="share">
            {said.value}
          </p>
        </div>
      )}
    </div>
  );
}

/** The link to the state at this step. */
function linkNow(): string {
  const at = Math.max(lab.value.at, step.value);
  return new URL(hashOf({ ...lab.value, at }), document.baseURI).href;
}

async function copyLink(): Promise<string> {
  try {
    await navigator.clipboard.writeText(linkNow());
    return 'The link is in the clipboard.';
  } catch {
    return 'This browser does not let the page write to the clipboard; select the link above and copy it.';
  }
}

function saveConfig(): string {
  const state = { ...lab.peek(), at: Math.max(lab.peek().at, step.peek()) };
  saveBytes('thermograd-lab.yaml', configYaml(state, session.peek()), 'application/yaml');
  return 'Saved; thermograd reproduce ivf2021 --config thermograd-lab.yaml runs it.';
}

function saveResults(): string {
  const kinds = Object.keys(results.peek());
  if (kinds.length === 0) return 'There are no results yet; the view Fluctuate measures.';
  const plain = (_: string, value: unknown) =>
    ArrayBuffer.isView(value) && !(value instanceof DataView)
      ? Array.from(value as unknown as ArrayLike<number>)
      : value;
  saveBytes(
    'thermograd-lab-results.json',
    JSON.stringify({ state: lab.peek(), results: results.peek() }, plain, 1),
    'application/json',
  );
  return `Saved: ${kinds.join(', ')}.`;
}
