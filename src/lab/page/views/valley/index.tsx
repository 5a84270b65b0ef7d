/** The view Valley. */
export function Valley() {
  return <p class="waiting">This view is not built yet.</p>;
}
