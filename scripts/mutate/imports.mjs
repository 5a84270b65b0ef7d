/** Finds which test files reach a source file by their imports, imports of imports included. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from './points.mjs';

/**
 * Returns a function from a file (absolute path) to the set of all files that it imports, itself included; types do not
 * count.
 */
export function importsFrom() {
  const direct = new Map();
  const importsOf = (file) => {
    if (!direct.has(file)) direct.set(file, directImports(file));
    return direct.get(file);
  };
  return (file) => {
    const seen = new Set([file]);
    for (const each of seen) for (const next of importsOf(each)) seen.add(next);
    return seen;
  };
}

function directImports(file) {
  const specifiers = [];
  const look = (node) => {
    if (node.importKind === 'type' || node.exportKind === 'type') return;
    const isImport = /^(Import|ExportNamed|ExportAll)(Declaration|Expression)$/.test(node.type);
    if (isImport && typeof node.source?.value === 'string') specifiers.push(node.source.value);
    for (const value of Object.values(node))
      for (const child of Array.isArray(value) ? value : [value]) if (typeof child?.type === 'string') look(child);
  };
  look(parse(readFileSync(file, 'utf8'), file));
  return specifiers.filter((s) => s.startsWith('.')).flatMap((s) => sourceOf(resolve(dirname(file), s)) ?? []);
}

/** Imports name the built file (x.js); the source beside it is x.ts. */
function sourceOf(path) {
  const candidates = [path.replace(/\.js$/, '.ts'), path.replace(/\.mjs$/, '.mts'), path];
  return candidates.find((p) => /\.m?ts$/.test(p) && existsSync(p));
}
