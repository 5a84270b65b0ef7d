/** The view Lessons. */
export function Lessons() {
  return <p class="waiting">This view is not built yet.</p>;
}
