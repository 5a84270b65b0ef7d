/** Blocks of the documentation can be copied by somebody who has only installed the package: commands by npx, files by a name in the text. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const pages = [
  'README.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** A block with its info string, its lines, and the lines of text that lead to it. */
interface Block {
  readonly info: string;
  readonly lines: readonly string[];
  readonly before: string;
}

function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let before: string[] = [];
  let open: { readonly info: string; readonly lines: string[] } | undefined;
  for (const line of text.split('\n')) {
    const fence = /^\s*```(.*)$/.exec(line);
    if (fence && open) {
      blocks.push({ ...open, before: before.join('\n') });
      [open, before] = [undefined, []];
    } else if (fence) open = { info: fence[1], lines: [] };
    else if (open) open.lines.push(line);
    else if (/^ {4}\S/.test(line)) blocks.push({ info: 'sh', lines: [line.trim()], before: '' });
    else before = [...before, line].slice(-8);
  }
  return blocks;
}

it.each(pages)('%s', (page) => {
  for (const { info, lines, before } of blocksOf(readFileSync(page, 'utf8'))) {
    if (info.startsWith('sh'))
      for (const line of lines) expect(line).not.toMatch(/(?:^|[|&;] |^[A-Z_]+=\S+ )thermograd /);
    const file = /file=(\S+)/.exec(info)?.[1];
    if (file) expect(before, `the text before the block names ${file}`).toContain(file);
    // a name in a comment would become part of the file, or be taken for a command
    expect(lines[0] ?? '').not.toMatch(/^\s*(?:#|\/\/)\s*[\w./-]+\.(?:ya?ml|m?js|ts|py|json|sh|csv)\s*$/);
  }
});
