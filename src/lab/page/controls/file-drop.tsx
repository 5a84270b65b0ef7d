/** A place where files are dropped or chosen. What was wrong with a file is said beside it. */
import { useId, useState } from 'preact/hooks';

export interface FileDropProps {
  readonly label: string;
  readonly hint: string;
  readonly accept?: string;
  readonly multiple?: boolean;
  /** Folders are given as the files in them, with their paths in `webkitRelativePath`. */
  readonly folder?: boolean;
  /** Takes the files; resolves with a sentence when something is wrong with them. */
  readonly onFiles: (files: readonly File[]) => Promise<string | undefined> | string | undefined;
}

export function FileDrop({ label, hint, accept, multiple = false, folder = false, onFiles }: FileDropProps) {
  const id = useId();
  const [over, setOver] = useState(false);
  const [said, setSaid] = useState('');
  const take = async (files: readonly File[]) => {
    if (files.length === 0) return;
    setSaid('Reading …');
    try {
      setSaid((await onFiles(multiple || folder ? files : files.slice(0, 1))) ?? '');
    } catch (error) {
      setSaid(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is an addition to the field inside
    <div
      class={over ? 'drop over' : 'drop'}
      onDragOver={(e) => {
        e.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(e) => {
        e.preventDefault();
        setOver(false);
        void take([...(e.dataTransfer?.files ?? [])]);
      }}
    >
      <label for={id}>{label}</label>
      <input
        id={id}
        type="file"
        accept={accept}
        multiple={multiple || folder}
        {...(folder && { webkitdirectory: true })}
        aria-describedby={`${id}-hint`}
        onChange={(e) => {
          const input = e.currentTarget;
          void take([...(input.files ?? [])]).then(() => {
            input.value = '';
          });
        }}
      />
      <p id={`${id}-hint`} class="hint">
        {hint}
      </p>
      <p class="hint wrong" role="status">
        {said}
      </p>
    </div>
  );
}
