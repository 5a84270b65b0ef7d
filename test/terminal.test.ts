/** What the terminal shows: a table of findings and progress that fit any width, and signs of life at least every 10 s. */
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Finding, Verdict } from '../src/report/finding.js';
import { findingLines } from '../src/terminal/findings.js';
import { describe as describeProgress, duration, progressLine, TICK } from '../src/terminal/progress.js';
import { brokenAt, layoutOf, widthOf, wrapped } from '../src/terminal/wrap.js';

const finding = (id: string, verdict: Verdict, stated: string): Finding => ({
  id,
  claim: 'a claim',
  source: 'a source',
  measured: { value: 2.5, standardError: 0.25, n: 9, method: 'made up', converged: true },
  unit: 'weight/step',
  stated,
  verdict,
  reason: 'made up',
});
const LONG = 'the variance grows with the flatness as a power law whose exponent lies between three and five';
const FINDINGS = [
  finding('a.undecided', 'not decidable with this run', LONG),
  finding('a.line-sharp-almost-surely-and-a-long-name', 'reproduced', LONG),
  finding('a.refuted', 'not reproduced', 'zero'),
  finding('a.plain', 'reproduced', 'zero'),
];
const plain = (columns: number) => findingLines(FINDINGS, { columns, bold: false });

describe('the table of findings', () => {
  it('is grouped by verdict, with totals at the end', () => {
    const lines = plain(80);
    expect(lines.filter((line) => /^\S/.test(line))).toEqual([
      'reproduced (2)',
      'not reproduced (1)',
      'not decidable with this run (1)',
      '4 findings: 2 reproduced, 1 not reproduced, 1 not decidable with this run',
    ]);
    const at = (text: string) => lines.findIndex((line) => line.includes(text));
    expect(at('a.plain')).toBeLessThan(at('not reproduced (1)'));
    expect(at('a.undecided')).toBeGreaterThan(at('not decidable with this run (1)'));
    expect(findingLines([], { columns: 80, bold: false })).toEqual([]);
  });

  it.each([20, 40, 59, 60, 80, 100, 200])('fits %i columns, and loses no word', (columns) => {
    const lines = plain(columns);
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(columns);
    const letters = lines.join('').replace(/\s/g, '');
    // words of one cell stay in their order; cells stand beside each other
    for (const word of LONG.split(' ')) expect(letters).toContain(word);
    if (columns >= 80) for (const line of lines) expect(line).not.toMatch(/ (?:varianc|expone|betwee)$/);
  });

  it('uses the width of the terminal: one line a finding where there is room', () => {
    expect(plain(200)).toHaveLength(2 + 4 + 3 + 3 + 1);
    expect(plain(200)[0]).toMatch(/^ {2}finding +measured +stated by the source$/);
    expect(plain(80).length).toBeGreaterThan(plain(200).length);
  });

  it('shows bold verdicts on a terminal alone', () => {
    expect(plain(80).join('')).not.toContain('\x1b');
    expect(findingLines(FINDINGS, { columns: 80, bold: true })[2]).toBe('\x1b[1mreproduced (2)\x1b[0m');
    expect(layoutOf({ isTTY: true, columns: 132 }, {})).toEqual({ columns: 132, bold: true });
    expect(layoutOf({ isTTY: true, columns: 132 }, { NO_COLOR: '1' }).bold).toBe(false);
    expect(layoutOf({ columns: 132 }, {})).toEqual({ columns: 80, bold: false });
  });
});

describe('broken lines', () => {
  it('hold every letter in its order and fit', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme-ascii', minLength: 1 })),
        fc.integer({ min: 4, max: 90 }),
        (words, n) => {
          const text = words.map((w) => w.replaceAll(' ', '')).join(' ');
          const lines = brokenAt(text, n);
          expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
          expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(n);
        },
      ),
      { seed: 5, numRuns: 1000 },
    );
  });
  it('go on behind the label', () => {
    expect(wrapped('rate     a b c d e f g h', 20)).toBe('rate     a b c d e f\n         g h');
    expect(wrapped('a sentence of several words', 14)).toBe('a sentence of\n  several\n  words');
    expect(wrapped('short\n', 20)).toBe('short\n');
  });
});

describe('progress', () => {
  const at = { stage: 'train', done: 250, total: 1000, unit: 'steps', note: `loss 0.0144, ${LONG}` };
  it.each([30, 40, 80])('keeps share and time left on %i columns', (columns) => {
    const line = describeProgress(at, 10, 0, columns);
    expect(widthOf(line)).toBeLessThanOrEqual(columns);
    expect(line).toMatch(/^train .* 25 % .*30 s left$/);
    const long = describeProgress({ ...at, stage: 'seed 3 (1 of 10) dynamics' }, 4000, 0, columns);
    expect(widthOf(long)).toBeLessThanOrEqual(columns);
    expect(long).toMatch(/^seed.* 25 % .*3 h 20 min left$/);
  });
  it('estimates the time left from the rate of the stage', () => {
    const line = describeProgress({ stage: 'train', done: 250, total: 1000, unit: 'steps', note: 'epoch 3' }, 10, 0);
    expect(line).toBe('train       25 %  250/1000 steps  epoch 3  30 s left');
    // resumed at 200: only 50 steps were done in these 10 s
    expect(describeProgress({ stage: 'train', done: 250, total: 1000, unit: 'steps' }, 10, 200)).toContain(
      '2 min 30 s left',
    );
    expect(describeProgress({ stage: 'train', done: 250, unit: 'steps' }, 2)).toBe('train      250 steps');
    expect(describeProgress({ stage: 'train', done: 250, unit: 'steps' }, 10)).toBe(
      'train      250 steps  10 s so far',
    );
  });
  it('durations in words', () => {
    expect([0.44, 12.4, 99.4, 125, 3725].map(duration)).toEqual(['0.4 s', '12 s', '99 s', '2 min 05 s', '1 h 02 min']);
  });
  it('one updating line on a terminal, sparse lines elsewhere', () => {
    for (const isTTY of [true, false]) {
      let [text, time] = ['', 0];
      const line = progressLine({ write: (t: string) => (text += t), isTTY, columns: 80 }, () => time);
      for (let k = 1; k <= 100; k++) {
        time = k * 1000;
        line.show({ stage: 'train', done: k, total: 100, unit: 'steps' });
      }
      line.show({ stage: 'pca', done: 0, unit: 'steps' });
      line.end(true);
      const lines = text.split('\n').filter((l) => l !== '');
      expect(text).toContain('train     done in 99 s');
      if (isTTY) expect(text.split('\r').length).toBeGreaterThan(100);
      else expect(lines.length).toBeLessThanOrEqual(13);
    }
  });
  it('cuts the note first', () => {
    expect(describeProgress(at, 10, 0, 80)).toContain('250/1000 steps  loss 0.0144, the');
    expect(describeProgress(at, 10, 0, 45)).toBe('train       25 %  250/1000 steps  30 s left');
  });

  /** Drives a line by an injected clock, with a tick every `TICK`, and returns what it wrote and when. */
  function driven(
    isTTY: boolean,
    events: Readonly<Record<number, (line: ReturnType<typeof progressLine>) => void>>,
    end: number,
  ) {
    let time = 0;
    const written: { readonly time: number; readonly text: string }[] = [];
    const line = progressLine(
      { write: (text: string) => written.push({ time, text }), isTTY, columns: 40 },
      () => time,
    );
    for (time = 0; time <= end; time += TICK) {
      events[time]?.(line);
      line.tick();
    }
    return written;
  }
  const gaps = (times: readonly number[], end: number) => [...times, end].map((t, k, all) => t - (all[k - 1] ?? 0));

  it('says something at least every 10 s, whether or not anything is reported', () => {
    const written = driven(
      false,
      {
        20000: (line) => line.show({ stage: 'matrices', done: 0, unit: '%' }),
        50000: (line) => line.show({ stage: 'matrices', done: 20, total: 100, unit: '%', note: 'rows' }),
        90000: (line) => line.show({ stage: 'modes', done: 0, unit: '%' }),
      },
      120_000,
    );
    expect(
      Math.max(
        ...gaps(
          written.map(({ time }) => time),
          120_000,
        ),
      ),
    ).toBeLessThanOrEqual(10_000);
    const text = written.map((w) => w.text).join('');
    expect(text).toMatch(/^at work, 9\.0 s so far\n/);
    expect(text).toContain('matrices   7.0 s so far\n');
    // 30 s for 20 %: the time left counts down from two minutes until something is reported
    expect(text).toContain('matrices    20 %  rows  1 min 56 s left\n');
    expect(text).toContain('matrices    20 %  rows  89 s left\n');
    expect(text).toContain('matrices  done in 70 s\n');
    expect(text).toMatch(/modes {6}\d+(?:\.0)? s so far\n/);
  });
  it('counts the time up on a terminal while nothing is reported', () => {
    const written = driven(true, { 0: (line) => line.show({ stage: 'modes', done: 0, unit: '%' }) }, 30_000);
    expect(written.at(-1)!.text).toContain('30 s so far');
    expect(Math.max(...written.map(({ text }) => widthOf(text)))).toBeLessThanOrEqual(40);
  });
  it('leaves no line of a stage that is over at once', () => {
    const written = driven(
      false,
      {
        0: (line) => line.show({ stage: 'load', done: 0, unit: '' }),
        500: (line) => line.show({ stage: 'train', done: 1, total: 2, unit: 'steps' }),
        4500: (line) => line.end(true),
      },
      5000,
    );
    expect(written.map(({ text }) => text).join('')).toBe('train       50 %  1/2 steps\ntrain     done in 4.0 s\n');
  });
});

describe('a session', () => {
  afterEach(() => void vi.useRealTimers());
  it('gives signs of life while its body waits', async () => {
    vi.useFakeTimers();
    const { session } = await import('../src/terminal/session.js');
    const said: string[] = [];
    const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
    const done = session(false, () => new Promise((resolve) => void setTimeout(resolve, 35_000)));
    await vi.advanceTimersByTimeAsync(35_000);
    await done;
    write.mockRestore();
    expect(said.length).toBeGreaterThanOrEqual(3);
    expect(said[0]).toMatch(/^at work, \d/);
  });
});
