/** A folder of results as the page and its server read it, wherever its files are: on disk, behind the server, or dropped on the page. */

/** Reads the files of one folder of results. */
export interface ResultFolder {
  /** What the folder is called, with its place among the folders that were given: `sweep/seed3`. */
  readonly name: string;
  /** Returns the names of all its files, with forward slashes, relative to it. */
  files(): Promise<readonly string[]>;
  /** Returns the bytes of a file, or undefined where there is none. */
  read(file: string): Promise<Uint8Array | undefined>;
}

/** Returns a document of a folder, or undefined where there is none. */
export async function readDocument(folder: ResultFolder, file: string): Promise<unknown> {
  const bytes = await folder.read(file);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Error(`${file} in ${folder.name} is not JSON: it is damaged, or was being written.`);
  }
}

/** Returns two words of FNV-1a over the code units of a text, as 16 hexadecimal digits. It tells texts apart and protects nothing. */
export function digestOf(text: string): string {
  let [a, b] = [0x811c9dc5, 0x9747b28c];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ (unit + i), 0x01000193);
  }
  return [a, b].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

/** Returns the name by which links and addresses call a folder: readable, and one for each name. */
export const idOf = (name: string): string =>
  `${name
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(-40)}-${digestOf(name).slice(0, 8)}`;
