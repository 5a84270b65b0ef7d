/** What shares the page: links, figures, data, the config. */
export function Share() {
  return null;
}
