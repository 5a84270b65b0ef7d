/** Where folders and files are dropped or chosen. */
import { useRef, useState } from 'preact/hooks';
import { chosenFiles, type DroppedFile, droppedFiles } from './drop.js';
import { takeFiles, wrong } from './library.js';

export function DropZone() {
  const [over, setOver] = useState(false);
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const take = async (files: Promise<readonly DroppedFile[]> | readonly DroppedFile[]) => {
    setBusy(true);
    wrong.value = '';
    try {
      wrong.value = (await takeFiles(await files)) ?? '';
    } catch (error) {
      wrong.value = error instanceof Error ? error.message : String(error);
    } finally {
      setBusy(false);
    }
  };
  const onChange = (e: { currentTarget: HTMLInputElement }) => {
    const input = e.currentTarget;
    if (input.files && input.files.length > 0) void take(chosenFiles(input.files)).then(() => (input.value = ''));
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is an addition to the buttons inside
    <div
      class={over ? 'drop over' : 'drop'}
      data-drop="results"
      onDragOver={(e) => {
        e.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(e) => {
        e.preventDefault();
        setOver(false);
        if (e.dataTransfer) void take(droppedFiles(e.dataTransfer));
      }}
    >
      <p class="drop-line">
        <span>Drop run folders, recordings, .npy, .npz or .safetensors files here, or</span>
        <button type="button" onClick={() => folder.current?.click()}>
          choose a folder
        </button>
        <button type="button" onClick={() => field.current?.click()}>
          choose files
        </button>
      </p>
      <input ref={field} type="file" multiple hidden aria-label="Files" data-choose="files" onChange={onChange} />
      <input
        ref={folder}
        type="file"
        hidden
        aria-label="Folder"
        data-choose="folder"
        {...{ webkitdirectory: true }}
        onChange={onChange}
      />
      <p class="hint">They are read in this browser and sent nowhere.</p>
      <p class="hint wrong" role="status" data-said="drop">
        {busy ? 'Reading …' : wrong.value}
      </p>
    </div>
  );
}
