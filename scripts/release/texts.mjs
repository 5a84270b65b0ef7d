/** The texts of a release: the changelog with its section cut, and pages whose links hold outside the repository. */
import { posix } from 'node:path';

const HEADING = '## Unreleased';

/** Compares two versions of three numbers; undefined where one is none. */
export function greater(version, than) {
  const [a, b] = [version, than].map((v) => /^(\d+)\.(\d+)\.(\d+)$/.exec(v)?.slice(1).map(Number));
  if (!a || !b) return undefined;
  const k = a.findIndex((n, i) => n !== b[i]);
  return k >= 0 && a[k] > b[k];
}

/** Returns what the changelog says under "Unreleased", without the blank lines around it; undefined where it has no such heading. */
export function unreleased(changelog) {
  const at = changelog.split('\n').indexOf(HEADING);
  if (at < 0) return undefined;
  const rest = changelog.split('\n').slice(at + 1);
  const end = rest.findIndex((line) => line.startsWith('## '));
  return (end < 0 ? rest : rest.slice(0, end)).join('\n').trim();
}

/** Puts what is under "Unreleased" under the version and its date, and leaves an empty "Unreleased" above it. */
export function cut(changelog, version, date) {
  return changelog.replace(new RegExp(`^${HEADING}$`, 'm'), `${HEADING}\n\n## ${version} (${date})`);
}

/**
 * Makes the relative links of a Markdown page absolute, as registries need them: pictures lead to the bytes of the file at the tag of the
 * version, other links to its page. Fenced code stays as it is. `folder` is that of the page in the repository, such as 'python/'.
 */
export function absolute(markdown, { web, version }, folder = '') {
  const parts = markdown.split(/(^```[\s\S]*?^```[ \t]*$)/m); // prose and code in turns
  return parts
    .map((part, i) => {
      if (i % 2 === 1) return part;
      return part.replace(/(!?)(\[[^\]]*\])\(([^()\s]+)\)/g, (whole, picture, text, target) => {
        if (/^(?:[a-z][a-z0-9+.-]*:|#|\/)/i.test(target)) return whole;
        const [, file, anchor] = /^([^#]*)(.*)$/.exec(target);
        const path = posix.join('/', folder, file).slice(1) + anchor;
        return `${picture}${text}(${web}/${picture ? 'raw' : 'blob'}/v${version}/${path})`;
      });
    })
    .join('');
}

/** Lists the relative links that a Markdown page still has. */
export function relativeLinks(markdown) {
  const found = [];
  absolute(markdown, { web: '', version: '' }).replace(/\]\((\/(?:raw|blob)\/v\/[^)]*)\)/g, (_, to) => found.push(to));
  return found.map((to) => to.replace(/^\/(?:raw|blob)\/v\//, ''));
}
