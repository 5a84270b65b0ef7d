/** The built live page: its files, and which of them a first visit loads. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the built page. */
export const PAGE = fileURLToPath(new URL('../../dist/lab/page', import.meta.url));

/** Returns the names of all files of the page, with forward slashes. */
export const pageFiles = (): string[] =>
  readdirSync(PAGE, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(PAGE.length + 1))
    .sort();

export const pageText = (file: string): string => readFileSync(join(PAGE, file), 'utf8');

/**
 * Returns the files of a first visit: those that index.html names, what their code imports statically, and the workers that this code
 * starts, with their static imports. Code that is imported later is not among them.
 */
export function firstLoad(): string[] {
  const loaded = new Set<string>();
  const visit = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    if (!file.endsWith('.js')) return;
    const code = pageText(file);
    const statics = [...code.matchAll(/(?:^|[;}\n])\s*(?:import|export)\b[^"'`;()]*?["']([^"'`]+\.js)["']/g)];
    const workers = [...code.matchAll(/new URL\(\s*["'`]([^"'`]+\.js)["'`]\s*,\s*(?:``\s*\+\s*)?import\.meta\.url/g)];
    for (const [, name] of [...statics, ...workers]) visit(normalize(join(dirname(file), name)));
  };
  visit('index.html');
  for (const [, name] of pageText('index.html').matchAll(/(?:src|href)="([^"]+)"/g)) visit(normalize(name));
  return [...loaded];
}
