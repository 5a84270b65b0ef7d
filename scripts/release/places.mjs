/**
 * The facts that package.json alone decides (version, version of the bridge protocol, address of the repository), and every other place
 * that repeats one of them. `disagreements` compares; `agree` writes.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A host that stands for one that is not known yet; RFC 2606 keeps it free for examples. */
const PLACEHOLDER = 'example.org';

/** Returns what package.json decides: name, version, protocol, and the address of the repository for people (`web`). */
export function facts(root) {
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const web = own.repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
  return {
    name: own.name,
    version: own.version,
    protocol: String(own.bridgeProtocol),
    licence: own.license,
    keywords: own.keywords,
    web,
    placeholder: new URL(web).hostname === PLACEHOLDER,
  };
}

/** Lists the places: a file, what stands there in words, the pattern whose group `said` holds it, and what it has to be. */
export function places(root) {
  const { name, version, protocol, licence, web } = facts(root);
  const lock = '"name": "thermograd",\\s+"version": "(?<said>[^"]+)"';
  return [
    ['package.json', 'homepage', /"homepage": "(?<said>[^"]*)"/, `${web}#readme`],
    ['package.json', 'bugs', /"bugs": \{\s*"url": "(?<said>[^"]*)"/, `${web}/issues`],
    ['package-lock.json', 'version', new RegExp(`^\\{\\s+${lock}`), version],
    ['package-lock.json', 'version of packages[""]', new RegExp(`"": \\{\\s+${lock}`), version],
    ['python/pyproject.toml', 'name', /^name = "(?<said>[^"]+)"/m, name],
    ['python/pyproject.toml', 'version', /^version = "(?<said>[^"]+)"/m, version],
    ['python/pyproject.toml', 'licence', /^license = \{ text = "(?<said>[^"]+)"/m, licence],
    ['python/pyproject.toml', 'Homepage', /^Homepage = "(?<said>[^"]*)"/m, web],
    ['python/pyproject.toml', 'Repository', /^Repository = "(?<said>[^"]*)"/m, web],
    ['python/pyproject.toml', 'Issues', /^Issues = "(?<said>[^"]*)"/m, `${web}/issues`],
    ['python/pyproject.toml', 'Changelog', /^Changelog = "(?<said>[^"]*)"/m, `${web}/blob/HEAD/CHANGELOG.md`],
    ['python/src/thermograd/__init__.py', '__version__', /^__version__ = "(?<said>[^"]+)"/m, version],
    ['CITATION.cff', 'version', /^version: (?<said>\S+)$/m, version],
    ['CITATION.cff', 'license', /^license: (?<said>\S+)$/m, licence],
    ['CITATION.cff', 'repository-code', /^repository-code: (?<said>\S+)$/m, web],
    ['src/surface/process/frames.ts', 'PROTOCOL', /^export const PROTOCOL = (?<said>\d+);/m, protocol],
    ['python/src/thermograd/bridge/frames.py', 'PROTOCOL', /^PROTOCOL = (?<said>\d+)$/m, protocol],
    [
      'docs/reference/bridge-protocol.md',
      'version of the protocol',
      /version of the protocol, (?<said>\d+);/,
      protocol,
    ],
  ].map(([file, what, pattern, value]) => ({ file, what, pattern, value }));
}

/** Says, one sentence each, where a place is missing or says something else than package.json. */
export function disagreements(root) {
  return places(root).flatMap(({ file, what, pattern, value }) => {
    const said = pattern.exec(readFileSync(join(root, file), 'utf8'))?.groups.said;
    if (said === value) return [];
    return [
      `${file} ${said === undefined ? `has no ${what}` : `says ${what} ${said}`}, and package.json asks for ${value}.`,
    ];
  });
}

/** Writes into every place what package.json decides, and returns the files that changed. Throws where a place is missing. */
export function agree(root) {
  const changed = new Set();
  for (const { file, what, pattern, value } of places(root)) {
    const before = readFileSync(join(root, file), 'utf8');
    const found = new RegExp(pattern.source, `${pattern.flags}d`).exec(before);
    if (!found) throw new Error(`${file} has no ${what}; scripts/release/places.mjs says where it should be.`);
    const [from, to] = found.indices.groups.said;
    const after = before.slice(0, from) + value + before.slice(to);
    if (after === before) continue;
    writeFileSync(join(root, file), after);
    changed.add(file);
  }
  return [...changed];
}

/** Sets the version in package.json and wherever else it stands, and the date of the release in CITATION.cff. */
export function setVersion(root, version, date) {
  const own = join(root, 'package.json');
  writeFileSync(own, readFileSync(own, 'utf8').replace(/"version": "[^"]+"/, `"version": "${version}"`));
  const citation = join(root, 'CITATION.cff');
  const without = readFileSync(citation, 'utf8').replace(/^date-released: .*\n/m, '');
  writeFileSync(citation, without.replace(/^(version: .*\n)/m, `$1date-released: '${date}'\n`));
  return [...new Set(['package.json', 'CITATION.cff', ...agree(root)])];
}
