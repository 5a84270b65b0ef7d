/** What a guided tour is made of. Everything here is plain data and pure functions, so that tests can follow a tour without a page. */
import type { ValleyFrame } from '../../../engine/valley/frame.js';
import type { ValleySlider, ValleyState } from '../../../engine/valley/state.js';
import type { MeasureResults } from '../../../measures.js';
import type { LabState, LabView } from '../../../protocol.js';

/** The numbers that a step is judged by. */
export interface Numbers {
  /** Steps that the network has taken. */
  readonly step: number;
  readonly results: Partial<MeasureResults>;
  readonly valley?: ValleyFrame | undefined;
}

/** Whether the thing to see is there, with its numbers in words. */
export interface Sight {
  readonly seen: boolean;
  readonly words: string;
}

/** One step of a tour. */
export interface LessonStep {
  readonly title: string;
  /** What happens and why, in plain words. */
  readonly text: string;
  readonly view: LabView;
  /** The panel that is pointed at. */
  readonly panel: string;
  /** The training session that the step needs: the page trains to its step. */
  readonly lab?: Partial<LabState>;
  /** What is measured then. */
  readonly ask?: 'displacement' | 'temperature' | 'flatness' | 'controls' | 'potential';
  /** The state of the view Valley from which particles start. */
  readonly valley?: ValleyState;
  /** Sliders of the view Valley that move while particles go on. */
  readonly sliders?: readonly { readonly key: ValleySlider; readonly value: number }[];
  /** The step up to which particles move at least before the thing can be seen, counted from this step's beginning. */
  readonly moves?: number;
  /** What to look for. */
  readonly look: string;
  /** Judges the numbers; undefined while there are none. */
  readonly see: (n: Numbers) => Sight | undefined;
}

/** A guided tour of a minute or two. */
export interface Lesson {
  readonly id: string;
  readonly title: string;
  /** What one knows afterwards. */
  readonly says: string;
  readonly steps: readonly LessonStep[];
}
