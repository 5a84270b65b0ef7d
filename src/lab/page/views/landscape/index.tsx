/** The view Landscape. */
export function Landscape() {
  return <p class="waiting">This view is not built yet.</p>;
}
