/** Completion scripts: made from the tree of commands, and tried in the shells themselves. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, describe, expect, it } from 'vitest';
import { program } from '../src/cli/commands.js';
import { completionScript, SHELLS } from '../src/terminal/completion/script.js';
import { nodesOf } from '../src/terminal/completion/tree.js';

const folder = mkdtempSync(join(tmpdir(), 'thermograd-completion-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
for (const name of ['a run', 'runs']) mkdirSync(join(folder, name));
for (const name of ['my.yaml', 'my config.yaml']) writeFileSync(join(folder, name), '');
for (const shell of SHELLS) writeFileSync(join(folder, `script.${shell}`), completionScript(program(), shell));

const has = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;

/** Runs a script in a shell and returns its lines. */
function told(shell: string, args: readonly string[], script: string): string[] {
  const { status, stdout, stderr } = spawnSync(shell, [...args, '-c', script], { cwd: folder, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout.split('\n').filter((line) => line !== '');
}

/** The words that bash offers at the end of a line, which is given as bash takes it apart. */
const bash = (...words: readonly string[]): string[] =>
  told(
    'bash',
    ['--norc'],
    `. ./script.bash; COMP_WORDS=(thermograd ${words.map((w) => `'${w}'`).join(' ')}); COMP_CWORD=${words.length}; _thermograd; printf '%s\\n' "\${COMPREPLY[@]}"`,
  );

/** All commands of the program, with their names. */
const commands = (of: Command, path: readonly string[] = []): { path: readonly string[]; command: Command }[] => [
  { path, command: of },
  ...of.commands.flatMap((c) => commands(c, [...path, c.name()])),
];

describe('the table of what can follow', () => {
  it('holds every command and every flag of the program', () => {
    const nodes = nodesOf(program());
    for (const { path, command } of commands(program())) {
      const node = nodes.find((n) => n.path.join(' ') === path.join(' '))!;
      const flags = node.flags.flatMap(({ names }) => names);
      for (const option of command.options.filter((o) => !o.hidden)) expect(flags).toContain(option.long);
      expect(node.commands.map(({ name }) => name)).toEqual(command.commands.map((c) => c.name()));
    }
  });
  it('knows presets, choices, files and folders', () => {
    const reproduce = nodesOf(program()).find((n) => n.path[0] === 'reproduce')!;
    const place = (name: string) => reproduce.flags.find(({ names }) => names.includes(name))!.value;
    expect(place('--preset')).toEqual({ kind: 'words', words: ['quick', 'standard', 'paper'] });
    expect(place('--config')!.kind).toBe('files');
    expect(place('--out')!.kind).toBe('folders');
    expect(place('--network')!.words).toContain('lenet5');
    expect(place('--seed')!.kind).toBe('other');
    expect(place('--resume')).toBeUndefined();
    expect(reproduce.arguments[0].words).toContain('valley2023');
  });
});

describe.skipIf(!has('bash'))('in bash', () => {
  it.each([
    [['rep'], ['reproduce', 'report']],
    [['reproduce', 'iv'], ['ivf2021']],
    [
      ['reproduce', 'ivf2021', '--preset', ''],
      ['quick', 'standard', 'paper'],
    ],
    [['reproduce', '--preset', '=', 'q'], ['quick']],
    [
      ['reproduce', '--preset', '='],
      ['quick', 'standard', 'paper'],
    ],
    [['train', '--net'], ['--network']],
    [['train', '--network', 'lenet5,cnn'], ['lenet5,cnn-small']],
    [['train', '--data', 'id'], ['idx:']],
    [['train', '--data', 'idx', ':', 'ru'], ['runs']],
    [['train', '--data', 'idx', ':', 'runs', '--see'], ['--seed']],
    [
      ['train', '--config', 'my'],
      ['my config.yaml', 'my.yaml'],
    ],
    [
      ['train', '--out', ''],
      ['a run', 'runs'],
    ],
    [
      ['report', ''],
      ['a run', 'runs'],
    ],
    [['lab', 'runs', 'a'], ['a run']],
    [['simulate', 'my.'], ['my.yaml']],
    [['simulate', '--example', 'wash'], ['washboard']],
    [['train', '--seed', ''], []],
    [
      ['completion', ''],
      ['bash', 'fish', 'zsh'],
    ],
    [['--vers'], ['--version']],
  ])('%j', (words, offered) => {
    expect(bash(...words).sort()).toEqual([...offered].sort());
  });
  it('is a script that bash reads, and it registers itself', () => {
    expect(told('bash', ['--norc'], '. ./script.bash; complete -p thermograd')).toEqual([
      'complete -F _thermograd thermograd',
    ]);
  });
});

describe.skipIf(!has('zsh'))('in zsh', () => {
  it('is a script that zsh reads, and it offers what bash offers', () => {
    const zsh = (line: string) =>
      told(
        'zsh',
        ['-f'],
        `compdef() { : }; compset() { : }; _files() { print files $@ }; _describe() { print -l -- \${(P)@[-1]} }
compadd() { while [[ $1 != -- ]]; do shift; done; shift; print -l -- $@ }
. ./script.zsh; words=(thermograd ${line}); CURRENT=$#words; _thermograd`,
      );
    expect(zsh("reproduce ivf2021 --preset ''")).toEqual(['quick', 'standard', 'paper']);
    expect(zsh('rep').map((line) => line.split(':')[0])).toEqual(
      nodesOf(program())[0].commands.map(({ name }) => name),
    );
    expect(zsh("train --config ''")).toEqual(['files']);
    expect(zsh("train --out ''")).toEqual(['files -/']);
    expect(zsh('train --res').map((line) => line.split(':')[0])).toContain('--resume');
    expect(zsh("train --seed ''")).toEqual([]);
  });
});

describe.skipIf(!has('fish'))('in fish', () => {
  const fish = (line: string) =>
    told('fish', ['--no-config'], `source ./script.fish; complete -C '${line}'`).map((l) => l.split('\t')[0]);
  it.each([
    ['thermograd rep', ['report', 'reproduce']],
    ['thermograd reproduce iv', ['ivf2021']],
    ['thermograd reproduce ivf2021 --preset ', ['paper', 'quick', 'standard']],
    ['thermograd train --config my', ['my config.yaml', 'my.yaml']],
    ['thermograd train --netw', ['--network']],
    ['thermograd train --seed ', []],
  ])('%s', (line, offered) => {
    expect(fish(line).sort()).toEqual(offered);
  });
});
