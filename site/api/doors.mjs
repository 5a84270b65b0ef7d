/**
 * The public names of the package as its declarations (dist/*.d.ts) state them: what each door exports, and which types a door refers to
 * without exporting them.
 */
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dist = `${root}dist/`;

/** The doors by the name under which a program imports them. */
export const DOORS = {
  thermograd: 'index',
  'thermograd/core': 'core',
  'thermograd/parts': 'parts',
  'thermograd/parts/core': 'parts-core',
};

/** Reads the declarations of all doors. */
export function openDoors() {
  const files = Object.values(DOORS).map((name) => `${dist}${name}.d.ts`);
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    skipLibCheck: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  return { program, checker, exportsOf: (entry) => exportsOf(program, checker, entry) };
}

const whole = (checker, symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);

/** The file of a declaration below dist/, without its ending; undefined for declarations of other packages. */
export function fileOf(symbol) {
  const name = symbol.declarations?.[0]?.getSourceFile().fileName;
  return name?.startsWith(dist) ? name.slice(dist.length).replace(/\.d\.ts$/, '') : undefined;
}

/** The exported names of a door: name, the symbol behind it, and the file of door/ that lists it. */
function exportsOf(program, checker, entry) {
  const source = program.getSourceFile(`${dist}${entry}.d.ts`);
  const out = [];
  const visit = (file) => {
    for (const statement of file.statements) {
      if (!ts.isExportDeclaration(statement)) continue;
      if (statement.exportClause === undefined) {
        visit(checker.getSymbolAtLocation(statement.moduleSpecifier).valueDeclaration);
        continue;
      }
      for (const element of statement.exportClause.elements) {
        const symbol = whole(checker, checker.getSymbolAtLocation(element.name));
        out.push({ name: element.name.text, symbol, list: file.fileName.slice(dist.length).replace(/\.d\.ts$/, '') });
      }
    }
  };
  visit(source);
  return out;
}

/** Types to which the declarations of a symbol refer, of this package. */
export function referencesOf(checker, symbol) {
  const found = new Set();
  const visit = (node) => {
    // what is private has no type in declarations; schemas of zod are documented as configs
    if (ts.isTypeQueryNode(node)) return;
    const names = ts.isTypeReferenceNode(node)
      ? [node.typeName]
      : ts.isExpressionWithTypeArguments(node)
        ? [node.expression]
        : ts.isImportTypeNode(node) && node.qualifier
          ? [node.qualifier]
          : [];
    for (const name of names) {
      const at = checker.getSymbolAtLocation(name);
      const target = at && whole(checker, at);
      if (target && !(target.flags & ts.SymbolFlags.TypeParameter) && fileOf(target) !== undefined) found.add(target);
    }
    ts.forEachChild(node, visit);
  };
  for (const declaration of symbol.declarations ?? []) visit(declaration);
  return found;
}

/** Types that a door refers to and does not export, each with a name that refers to it. */
export function missingAt({ checker, exportsOf: exported }, entry) {
  const all = exported(entry);
  const known = new Set(all.map(({ symbol }) => symbol));
  const missing = new Map();
  for (const { name, symbol } of all)
    for (const target of referencesOf(checker, symbol))
      if (!known.has(target) && !missing.has(target)) missing.set(target, name);
  return [...missing].map(([symbol, by]) => ({ name: symbol.name, file: fileOf(symbol), by, symbol }));
}
