/**
 * One loop of animation frames for all panels. A panel that changed asks to be drawn; within a frame panels are drawn until the
 * budget is spent, and the rest waits for the next frame. A panel that asks twice is drawn once: frames are dropped, never queued.
 */

/** Milliseconds of drawing in one frame. */
const BUDGET = 10;

const waiting = new Set<() => void>();
let asked = false;

/** Draws `panel` in one of the next frames. */
export function requestDraw(panel: () => void): void {
  waiting.add(panel);
  if (asked) return;
  asked = true;
  requestAnimationFrame(frame);
}

/** Forgets a panel that left the page. */
export function cancelDraw(panel: () => void): void {
  waiting.delete(panel);
}

function frame(): void {
  asked = false;
  const until = performance.now() + BUDGET;
  // a set keeps the order in which panels asked, so that none waits for ever
  for (const panel of [...waiting]) {
    waiting.delete(panel);
    panel();
    if (performance.now() > until) break;
  }
  if (waiting.size > 0 && !asked) {
    asked = true;
    requestAnimationFrame(frame);
  }
}
