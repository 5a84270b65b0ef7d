/** Help, README and docs name the same times for the same commands. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { program } from '../src/cli/commands.js';
import { roughly, TIMED, type TimedCommand, takes } from '../src/terminal/times.js';
import { thermogradHere } from './support/here.js';

const texts = [
  'README.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' }).flatMap((name) =>
    name.endsWith('.md') ? [`docs/${name}`] : [],
  ),
];
/** A time in words or in units, with the seconds that it may mean. */
const TIME =
  /(?<words>half a minute|half an hour|a quarter of an hour|an hour|a minute)|(?<n>\d+|two|three|five|ten) (?<unit>s|seconds|min|minutes|h|hours)(?: (?<more>\d+) s)?\b/g;
const WORDS: Record<string, number> = {
  'half a minute': 30,
  'a minute': 60,
  'a quarter of an hour': 900,
  'half an hour': 1800,
  'an hour': 3600,
  two: 2,
  three: 3,
  five: 5,
  ten: 10,
};
const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600 };

/** The seconds that a text names. */
const secondsIn = (text: string): number[] =>
  [...text.matchAll(TIME)].map(({ groups }) => {
    const { words, n, unit, more } = groups!;
    return words ? WORDS[words] : (WORDS[n] ?? Number(n)) * UNITS[unit[0]] + Number(more ?? 0);
  });

/** The command of a line of a block, without the program and without what changes no time. */
const commandOf = (line: string): string | undefined =>
  /(?:^|[\s`])thermograd (.*?)(?:`| {2,}|\s*#|\s&&|$)/
    .exec(line)?.[1]
    .replace(/ --(?:out|seed|workers) \S+| --(?:resume|json)| [\w/.-]*seed0/g, '')
    .trim();

it('README and docs name the times of the table', () => {
  const wrong: string[] = [];
  let compared = 0;
  for (const name of texts)
    for (const line of readFileSync(name, 'utf8').split('\n')) {
      const command = commandOf(line);
      if (!TIMED.includes(command as TimedCommand)) continue;
      const own = secondsIn(takes(command as TimedCommand))[0];
      // processor time is another matter
      for (const seconds of secondsIn(line.replace(/[^;]*processor time/, ''))) {
        compared++;
        if (Math.abs(Math.log(seconds / own)) > Math.log(1.35))
          wrong.push(`${name}: ${line.trim()}; the table says ${takes(command as TimedCommand)}`);
      }
    }
  expect(wrong).toEqual([]);
  expect(compared).toBeGreaterThan(5);
});

it('the table of presets in README has the times of the table', () => {
  const readme = readFileSync('README.md', 'utf8');
  for (const preset of ['quick', 'standard', 'paper'] as const) {
    const row = readme.split('\n').find((line) => line.startsWith(`| \`${preset}\` |`))!;
    const [own] = secondsIn(
      takes(preset === 'standard' ? 'reproduce ivf2021' : `reproduce ivf2021 --preset ${preset}`),
    );
    const told = secondsIn(row).at(-1)!;
    expect(Math.abs(Math.log(told / own)), row).toBeLessThanOrEqual(Math.log(1.35));
  }
});

it('help takes its times from the table alone', async () => {
  const timed = new Map(TIMED.map((command) => [command, takes(command)]));
  let named = 0;
  for (const command of ['', ...program().commands.map((c) => c.name())]) {
    const { stdout } = await thermogradHere(...(command === '' ? [] : [command]), '--help');
    const examples = stdout.slice(stdout.indexOf('\nExamples:')).replace(/\n {6}(?! )/g, '  ');
    for (const line of examples.split('\n')) {
      const own = timed.get(commandOf(line) as TimedCommand);
      if (own === undefined || secondsIn(line).length === 0) continue;
      named++;
      expect(line).toContain(own);
    }
    // and none is written in vague words
    expect(examples).not.toMatch(/(?:, |; )(?:seconds|minutes|a few minutes|most of (?:an hour|a day))\b/);
  }
  expect(named).toBeGreaterThan(8);
});

it('words a time', () => {
  expect([7, 20, 35, 60, 102, 300, 900, 1500, 2400, 3600, 43_200].map(roughly)).toEqual([
    '5 seconds',
    '20 seconds',
    'half a minute',
    'a minute',
    '2 minutes',
    '5 minutes',
    'a quarter of an hour',
    '25 minutes',
    '40 minutes',
    'an hour',
    '12 hours',
  ]);
});
