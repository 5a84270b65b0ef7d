/** Buttons that save one thing in several forms, and the sentence where that failed. */
import { useSignal } from '@preact/signals';
import type { SaveKind } from './figures.js';

export interface SaveButtonsProps {
  /** What is saved, for screen readers. */
  readonly what: string;
  readonly kinds: readonly SaveKind[];
  readonly save: (kind: SaveKind) => Promise<void>;
}

export function SaveButtons({ what, kinds, save }: SaveButtonsProps) {
  const said = useSignal('');
  const act = (kind: SaveKind) => {
    said.value = '';
    save(kind).catch((error) => {
      said.value = error instanceof Error ? error.message : String(error);
    });
  };
  return (
    <div class="save-buttons">
      <span aria-hidden="true">Save</span>
      {kinds.map((kind) => (
        <button key={kind} type="button" class="quiet" data-save={kind} onClick={() => act(kind)}>
          <span class="sr-only">Save {what} as </span>
          {kind === 'npz' ? kind : kind.toUpperCase()}
        </button>
      ))}
      {said.value && (
        <span class="hint wrong" role="status">
          {said.value}
        </span>
      )}
    </div>
  );
}
