/** The view Lessons: six guided tours to choose from. */
import { LESSONS } from './lessons.js';
import { begin, done } from './tour.js';

export function Lessons() {
  return (
    <>
      <p>
        Each tour takes a minute or two. It sets the page, points at a panel and says what to look for; a step is marked
        as seen when the numbers show it. Everything can be touched meanwhile, and Escape leaves the tour.
      </p>
      <ol class="lessons">
        {LESSONS.map((lesson) => (
          <li key={lesson.id} class="panel">
            <h3>
              {lesson.title}
              {done.value.has(lesson.id) && <span class="badge reproduced">✓ done</span>}
            </h3>
            <p>{lesson.says}</p>
            <p class="hint">{lesson.steps.map((s) => s.title).join(' · ')}</p>
            <button type="button" data-lesson={lesson.id} onClick={() => begin(lesson)}>
              Start<span class="sr-only"> {lesson.title}</span>
            </button>
          </li>
        ))}
      </ol>
    </>
  );
}
