/** The example sweeps that come with the program: the files of examples/sweep. */
import { fileURLToPath } from 'node:url';
import { check } from '../../numeric/errors.js';
import { nearest } from '../../numeric/spelling.js';
import * as is from '../../numeric/wants.js';
import { readWhole } from '../../record/files.js';

/** The names of the examples. */
export const SWEEP_EXAMPLES = ['phase-diagram', 'psi-law'] as const;

/**
 * Returns the text of an example, YAML.
 * @throws InputError for an unknown name
 */
export function sweepExample(name: string): string {
  is.given('sweepExample', { name }, { name: is.text });
  const known = SWEEP_EXAMPLES as readonly string[];
  const close = nearest(name, known);
  check(
    known.includes(name),
    'no-example',
    `there is no example '${name}'${close ? `; did you mean '${close}'?` : `; there are ${known.join(', ')}.`}`,
  );
  const bytes = readWhole(fileURLToPath(new URL(`../../../examples/sweep/${name}.yaml`, import.meta.url)));
  check(bytes !== undefined, 'no-example', `the example ${name} is missing from this installation.`);
  return new TextDecoder().decode(bytes);
}
