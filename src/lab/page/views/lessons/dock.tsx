/** The box at the lower edge that leads through a tour, over whichever view is open. */
import { useEffect, useRef } from 'preact/hooks';
import { accompany, current, doing, enter, go, leaveTour, seen, show, sight, tour } from './tour.js';

export function LessonDock() {
  const heading = useRef<HTMLHeadingElement>(null);
  const now = tour.value;
  const name = now && `${now.lesson.id} ${now.at}`;
  useEffect(accompany, []);
  useEffect(() => {
    if (name === undefined) return;
    heading.current?.focus({ preventScroll: true });
    const timer = setTimeout(show, 150);
    return () => clearTimeout(timer);
  }, [name]);
  useEffect(() => {
    if (!now) return;
    const onKeyDown = (e: KeyboardEvent) => {
      if (e.key === 'Escape' && !(e.target instanceof HTMLInputElement)) leaveTour();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [now === undefined]);
  const step = current.value;
  if (!now || !step) return null;
  const there = seen.value.has(now.at);
  const last = now.at + 1 === now.lesson.steps.length;
  return (
    <section class="lesson" id="lesson" aria-label={`Lesson: ${now.lesson.title}`} data-seen={there}>
      <div class="lesson-head">
        <h2 ref={heading} tabIndex={-1}>
          {step.title}
        </h2>
        <span class="hint">
          {now.lesson.title}, step {now.at + 1} of {now.lesson.steps.length}
        </span>
        <button type="button" class="quiet" id="lesson-leave" onClick={leaveTour}>
          Leave (Esc)
        </button>
      </div>
      <p>{step.text}</p>
      <p>
        <strong>Look:</strong> {step.look}
      </p>
      <p class={there ? 'sight seen' : 'sight'} role="status" id="lesson-sight">
        {there && <span aria-hidden="true">✓ </span>}
        {there ? 'Seen. ' : ''}
        {sight.value?.words ?? doing.value}
      </p>
      <div class="buttons">
        <button type="button" disabled={now.at === 0} onClick={() => go(-1)}>
          Back
        </button>
        <button type="button" onClick={show}>
          Show the panel
        </button>
        <button type="button" onClick={enter}>
          Set it again
        </button>
        <button type="button" class="main" id="lesson-next" onClick={() => go(1)}>
          {last ? 'Finish' : 'Next'}
        </button>
      </div>
    </section>
  );
}
