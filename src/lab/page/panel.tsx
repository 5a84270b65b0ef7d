/** One panel of a view: a heading, the picture, the finding that belongs to it, its numbers, and what the figure is. */
import type { ComponentChildren } from 'preact';
import { Numbers, type NumberTable } from './charts/numbers.js';
import { FindingNote, type LiveFinding } from './finding-note.js';
import { savePanel } from './share/figures.js';
import { SaveButtons } from './share/save-buttons.js';

export interface PanelProps {
  /** Stable name, unique on the page; the table of numbers has it as `data-numbers`. */
  readonly id: string;
  readonly title: string;
  readonly children: ComponentChildren;
  /** Buttons and switches above the picture, there also while there is nothing to draw. */
  readonly tools?: ComponentChildren;
  readonly finding?: LiveFinding | undefined;
  readonly numbers?: NumberTable | undefined;
  /** Two plain sentences on what the figure shows and how it is read. */
  readonly about: string;
  /** Shown in place of the picture while there is nothing to draw. */
  readonly waiting?: string | undefined;
  readonly wide?: boolean;
}

export function Panel({ id, title, children, tools, finding, numbers, about, waiting, wide }: PanelProps) {
  return (
    <section class={wide ? 'panel wide' : 'panel'} aria-labelledby={`${id}-title`} id={`panel-${id}`}>
      <h2 id={`${id}-title`}>{title}</h2>
      {tools}
      {waiting ? <p class="waiting">{waiting}</p> : children}
      {finding && <FindingNote finding={finding} />}
      <div class="panel-foot">
        {numbers && <Numbers id={id} table={numbers} />}
        <details>
          <summary>About this figure</summary>
          <p>{about}</p>
        </details>
        {!waiting && (
          <SaveButtons what={title} kinds={['svg', 'png', 'pdf', 'csv', 'npz']} save={(kind) => savePanel(id, kind)} />
        )}
      </div>
    </section>
  );
}
