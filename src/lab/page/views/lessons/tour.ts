/** The tour that is being followed: its step, what it asks of the page, and what was seen. */
import { batch, computed, effect, signal } from '@preact/signals';
import type { Basis } from '../../../basis.js';
import type { MeasureResults } from '../../../measures.js';
import type { LabState } from '../../../protocol.js';
import { keep, lab, open, phase, progress, results, step as trained } from '../../store.js';
import { ask } from '../fluctuate/schedule.js';
import { ask as askPlane } from '../landscape/store.js';
import { frame, openValley, pause, run, setSlider } from '../valley/store.js';
import type { Lesson, LessonStep, Sight } from './lesson.js';
import { touring } from './touring.js';

/** The lesson, the number of its step from 0. */
export const tour = signal<{ readonly lesson: Lesson; readonly at: number } | undefined>(undefined);
/** The steps of the tour that were seen once, by number. */
export const seen = signal<ReadonlySet<number>>(new Set());
/** Lessons that were gone through to their end in this visit. */
export const done = signal<ReadonlySet<string>>(new Set());

export const current = computed<LessonStep | undefined>(() => tour.value?.lesson.steps[tour.value.at]);

/** The step of particles at which the present step of the tour began, and may be seen from. */
let began = 0;

/** What the numbers of this moment say. */
export const sight = computed<Sight | undefined>(() => {
  const step = current.value;
  if (!step) return undefined;
  if (step.lab && !ready(step.lab)) return undefined;
  const now = step.view === 'valley' ? frame.value : undefined;
  if (now && now.step < began) return undefined;
  return step.see({ step: trained.value, results: fresh(step.lab?.at ?? 0), valley: now });
});

/** Returns the results that were measured at this step of the training or later. */
function fresh(at: number): Partial<MeasureResults> {
  const measured = Object.entries(results.value) as [string, { readonly basis?: Basis }][];
  return Object.fromEntries(measured.filter(([, r]) => (r.basis?.step ?? 0) >= at));
}

/** Says what the page is doing for this step. */
export const doing = computed<string>(() => {
  const step = current.value;
  if (!step || sight.value) return '';
  if (step.lab && !ready(step.lab)) return `Training to step ${step.lab.at ?? 0}: at step ${trained.value} …`;
  if (step.ask) return 'Measuring …';
  return 'Particles are moving …';
});

const SETTINGS = ['data', 'network', 'optimiser', 'batchSize', 'sampling', 'seed', 'layer', 'window'] as const;

/** Whether the session that is open is the one that a step needs, and has come to its step. */
function ready(wanted: Partial<LabState>): boolean {
  return sameSession(wanted) && phase.value === 'paused' && trained.value >= (wanted.at ?? 0);
}

function sameSession(wanted: Partial<LabState>): boolean {
  const now = lab.value;
  return (
    now.changes.length === 0 &&
    SETTINGS.every((k) => wanted[k] === undefined || JSON.stringify(wanted[k]) === JSON.stringify(now[k]))
  );
}

/** Starts a tour. */
export function begin(lesson: Lesson): void {
  batch(() => {
    seen.value = new Set();
    tour.value = { lesson, at: 0 };
    touring.value = true;
  });
  enter();
}

/** Goes to another step of the tour, or ends it after the last. */
export function go(by: 1 | -1): void {
  const now = tour.peek();
  if (!now) return;
  const at = now.at + by;
  if (at < 0) return;
  if (at >= now.lesson.steps.length) {
    done.value = new Set([...done.peek(), now.lesson.id]);
    leaveTour();
    return;
  }
  tour.value = { lesson: now.lesson, at };
  enter();
}

/** Leaves the tour; the page stays as it is. */
export function leaveTour(): void {
  batch(() => {
    tour.value = undefined;
    touring.value = false;
  });
  point(undefined);
}

/** Sets the page for the present step. */
export function enter(): void {
  const step = current.peek();
  if (!step) return;
  began = 0;
  if (step.lab) {
    const state: LabState = { ...lab.peek(), ...step.lab, view: step.view };
    if (sameSession(step.lab) && trained.peek() >= (step.lab.at ?? 0)) {
      const { landscape, controls } = step.lab;
      keep({ view: step.view, ...(landscape && { landscape }), ...(controls && { controls }) });
    } else void open(state);
  } else keep({ view: step.view });
  if (step.valley) {
    frame.value = undefined;
    openValley({ ...step.valley });
    began = step.moves ?? 0;
    run();
  } else if (step.view === 'valley') {
    const now = frame.peek();
    for (const { key, value } of step.sliders ?? []) setSlider(key, value);
    began = (now?.step ?? 0) + (step.moves ?? 0);
    if (step.moves) run();
  }
}

/** The panel with this mark is framed while a tour points at it. */
const POINTED = 'pointed';

function point(panel: string | undefined): void {
  for (const other of document.querySelectorAll(`.${POINTED}`)) other.classList.remove(POINTED);
  if (panel === undefined) return;
  const element = document.getElementById(`panel-${panel}`);
  element?.classList.add(POINTED);
}

/** Keeps the page with the tour: asks for what a step measures, points at its panel, and notes what was seen. */
export function accompany(): () => void {
  let asked = '';
  const stops = [
    effect(() => {
      const now = tour.value;
      const step = current.value;
      if (!now || !step) {
        asked = '';
        return;
      }
      const name = `${now.lesson.id} ${now.at}`;
      if (
        step.ask &&
        step.lab &&
        ready(step.lab) &&
        asked !== name &&
        fresh(step.lab.at ?? 0)[step.ask] === undefined
      ) {
        asked = name;
        if (step.ask === 'potential') askPlane('potential');
        else ask(step.ask);
      }
      void [progress.value?.window.rows];
    }),
    effect(() => {
      const now = tour.value;
      const what = sight.value;
      if (!now || !what?.seen || seen.peek().has(now.at)) return;
      seen.value = new Set([...seen.peek(), now.at]);
      // particles that go on for ever say nothing more
      if (current.peek()?.view === 'valley') pause();
    }),
    effect(() => {
      const step = current.value;
      void [lab.value.view, sight.value?.seen, frame.value === undefined];
      const panel = step && step.view === lab.value.view ? step.panel : undefined;
      requestAnimationFrame(() => point(panel));
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Brings the panel of the present step into sight. */
export function show(): void {
  const step = current.peek();
  if (!step) return;
  if (lab.peek().view !== step.view) keep({ view: step.view });
  requestAnimationFrame(() => {
    const element = document.getElementById(`panel-${step.panel}`);
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    element?.scrollIntoView({ behavior: still ? 'auto' : 'smooth', block: 'start' });
  });
}
