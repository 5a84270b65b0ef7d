/** The search for the rate at which runs leave: against ladders of known thresholds, by the number of rungs that it tries. */
import { describe, expect, it } from 'vitest';
import { nextRung, type RungSeen, rungBracket } from '../src/apply/advice-ladder.js';

const LIMITS = { from: -12, to: 20 };

/** Plays the search on a ladder where `left(rung)` of six runs leave; returns what was tried, in order, and the bracket. */
function play(left: (rung: number) => number, limits = LIMITS) {
  const seen: RungSeen[] = [];
  for (let rung = nextRung(seen, limits); rung !== undefined; rung = nextRung(seen, limits)) {
    expect(seen.map((r) => r.rung)).not.toContain(rung);
    expect(rung).toBeGreaterThanOrEqual(limits.from);
    expect(rung).toBeLessThanOrEqual(limits.to);
    seen.push({ rung, runs: 6, left: left(rung) });
  }
  return { tried: seen.map((r) => r.rung), ...rungBracket(seen) };
}

describe('on a ladder with one threshold', () => {
  it.each(Array.from({ length: 30 }, (_, k) => k - 10))('finds all staying at %i and all leaving one above', (last) => {
    const { low, high, tried } = play((rung) => (rung <= last ? 0 : 6));
    expect([low, high]).toEqual([last, last + 1]);
    expect(tried.length).toBeLessThanOrEqual(10);
  });

  it('begins at the present rate, and takes doubling strides', () => {
    expect(play((rung) => (rung <= 5 ? 0 : 6)).tried).toEqual([0, 1, 3, 7, 5, 6]);
    expect(play((rung) => (rung <= -3 ? 0 : 6)).tried).toEqual([0, -1, -3, -2]);
  });

  it('has no end where the ladder has none', () => {
    expect(play(() => 0)).toMatchObject({ low: 20, high: null });
    expect(play(() => 6)).toMatchObject({ low: null, high: -12 });
  });
});

describe('on a ladder with rungs at which some runs leave', () => {
  it.each([
    [2, 5],
    [-4, 1],
    [0, 1],
    [7, 15],
  ])('finds the last rung without and the first with most: %i, %i', (last, most) => {
    const { low, high } = play((rung) => (rung <= last ? 0 : rung < most ? 3 : 4));
    expect([low, high]).toEqual([last, most]);
  });

  it('half of the runs leaving is not most of them', () => {
    expect(rungBracket([{ rung: 0, runs: 6, left: 0 }, { rung: 1, runs: 6, left: 3 }])).toEqual({ low: 0, high: null }); // biome-ignore format: one case
    expect(rungBracket([{ rung: 0, runs: 6, left: 0 }, { rung: 1, runs: 6, left: 4 }])).toEqual({ low: 0, high: 1 }); // biome-ignore format: one case
  });
});

it('the bracket counts what lies beneath and above: a rung that stays over one that leaves does not raise it', () => {
  const seen = [0, 1, 2, 3].map((rung) => ({ rung, runs: 6, left: [0, 1, 0, 6][rung] }));
  expect(rungBracket(seen)).toEqual({ low: 0, high: 3 });
  expect(rungBracket([...seen].reverse())).toEqual({ low: 0, high: 3 });
});
