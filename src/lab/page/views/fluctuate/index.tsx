/** The view Fluctuate. */
export function Fluctuate() {
  return <p class="waiting">This view is not built yet.</p>;
}
