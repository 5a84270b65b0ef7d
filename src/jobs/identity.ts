/** Which cell a document says that it is of. */
import { shown } from '../numeric/errors.js';
import { sameData } from '../numeric/json.js';

/** Names the first value in which a document differs from its cell, as in `its seed is 7 and not 0`; undefined where it has all of them. */
export function otherThan(document: object, cell: Readonly<Record<string, unknown>>): string | undefined {
  const own = document as Readonly<Record<string, unknown>>;
  const name = Object.keys(cell).find((key) => !sameData(own[key], cell[key]));
  return name === undefined ? undefined : `its ${name} is ${shown(own[name])} and not ${shown(cell[name])}`;
}
