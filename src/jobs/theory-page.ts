/** The rendered pages of docs/theory, which accompany every report as `theory.html`. */
import { existsSync, readFileSync } from 'node:fs';
import { theoryIndex } from '../report/theory-index.js';

/** Where the build puts the page, relative to the built program and to the sources. */
const PLACES = ['../report/theory.html', '../../dist/report/theory.html'];

/**
 * Returns the page, about 60 KB, self-contained, with an anchor for every tag and chapter that a report may link to.
 * Without a build it holds only the titles of the statements and says so.
 */
export function theoryPage(): string {
  const built = PLACES.map((place) => new URL(place, import.meta.url)).find((url) => existsSync(url));
  return built ? readFileSync(built, 'utf8') : theoryIndex();
}
