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
 * Returns the files of a first visit, which shows the view Train: those that index.html names, what their code imports statically, the
 * worker that this code starts, and the part of it that trains. Other views, and the part that measures, are loaded later.
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
    const training = [...code.matchAll(/import\(\s*["'`](\.\/train-worker[^"'`]*\.js)["'`]/g)];
    for (const [, name] of [...statics, ...workers, ...training]) visit(normalize(join(dirname(file), name)));
  };
  visit('index.html');
  for (const [, name] of pageText('index.html').matchAll(/(?:src|href)="([^"]+)"/g)) visit(normalize(name));
  return [...loaded];
}
