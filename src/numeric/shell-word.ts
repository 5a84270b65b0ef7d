/** Paths inside the commands that messages suggest. */

/** Returns `path` as a POSIX shell reads it as one word: unchanged where nothing in it is special, else in single quotes. */
export function shellWord(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
