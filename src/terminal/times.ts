/**
 * How long commands take: the one place from which help texts have their times; a test compares README and docs with it.
 *
 * Seconds on two idle cores with OpenBLAS, for commands as they are typed after `thermograd`. A machine that is busy, or has
 * no system linear algebra, takes longer. Times of the long studies are those of docs/results.
 */
const SECONDS = {
  'reproduce ivf2021 --preset quick': 20,
  'reproduce ivf2021': 35,
  'reproduce ivf2021 --preset paper': 120,
  'reproduce ivf2021 --seeds 10': 300,
  'reproduce ao2022': 60,
  'reproduce controls --preset quick': 15,
  'reproduce controls': 1200,
  'reproduce ceilings --preset quick': 15,
  'reproduce ceilings': 1500,
  'reproduce generality --preset quick': 900,
  'reproduce generality': 43_200,
  'reproduce valley2023 --part model --preset quick': 10,
  'reproduce valley2023 --part model': 102,
  'reproduce valley2023': 1500,
  'forget --preset quick': 30,
} as const;

/** A command whose time is known. */
export type TimedCommand = keyof typeof SECONDS;

/** Lists the commands. */
export const TIMED = Object.keys(SECONDS) as TimedCommand[];

/** Says how long a command takes, in rounded words: `20 seconds`, `half a minute`, `40 minutes`, `12 hours`. */
export const takes = (command: TimedCommand): string => roughly(SECONDS[command]);

/** Writes seconds in rounded words. */
export function roughly(seconds: number): string {
  const counted = (n: number, word: string) => `${n} ${word}${n === 1 ? '' : 's'}`;
  if (seconds < 27.5) return counted(Math.max(5, 5 * Math.round(seconds / 5)), 'second');
  if (seconds < 45) return 'half a minute';
  if (seconds < 80) return 'a minute';
  const minutes = Math.round(seconds / 60);
  if (minutes < 10) return counted(minutes, 'minute');
  if (minutes >= 13 && minutes <= 17) return 'a quarter of an hour';
  if (minutes < 55) return counted(5 * Math.round(minutes / 5), 'minute');
  const hours = Math.round(seconds / 3600);
  return hours === 1 ? 'an hour' : counted(hours, 'hour');
}
