/** The view Open. */
export function Open() {
  return <p class="waiting">This view is not built yet.</p>;
}
