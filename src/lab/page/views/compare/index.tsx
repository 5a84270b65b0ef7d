/** The view Compare. */
export function Compare() {
  return <p class="waiting">This view is not built yet.</p>;
}
