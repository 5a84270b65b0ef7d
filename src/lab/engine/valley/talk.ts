/** What the page and the worker of the view Valley say to each other. */
import type { ValleyFrame } from './frame.js';
import type { ValleySlider, ValleyState } from './state.js';

/** What the page says. */
export type ToValley =
  /** Opens a state and goes to its step; `most`: points drawn. */
  | { readonly type: 'open'; readonly state: ValleyState; readonly most?: number }
  | { readonly type: 'run' }
  | { readonly type: 'pause' }
  /** Advances by so many chunks and pauses. */
  | { readonly type: 'step'; readonly chunks: number }
  | { readonly type: 'set'; readonly key: ValleySlider; readonly value: number };

/** What the worker says. */
export type FromValley =
  | {
      readonly type: 'frame';
      readonly frame: ValleyFrame;
      /** The state that a link holds. */
      readonly link: ValleyState;
      readonly running: boolean;
      /** Steps of all particles together in a second, over the last stretch; NaN while nothing moves. */
      readonly stepsPerSecond: number;
      /** The step that a link asks for, while it is being reached. */
      readonly target?: number;
    }
  /** `old`: whether the view goes on with the state before. */
  | { readonly type: 'error'; readonly sentence: string; readonly code: string; readonly old: boolean };
