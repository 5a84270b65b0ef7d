/** The rendered pages of docs/theory, which lie beside every report as `theory.html`. */
import { existsSync, readFileSync } from 'node:fs';
import { theoryIndex } from '../report/theory-index.js';

/** Where the build leaves the page: seen from the built program, and from its sources. */
const PLACES = ['../report/theory.html', '../../dist/report/theory.html'];

/**
 * The page, about 60 KB, self-contained, with an anchor for every tag and chapter that a report may link to. From sources without a
 * build it holds the titles of the statements alone and says so.
 */
export function theoryPage(): string {
  const built = PLACES.map((place) => new URL(place, import.meta.url)).find((url) => existsSync(url));
  return built ? readFileSync(built, 'utf8') : theoryIndex();
}
