/** Colours of the page in light and dark: those of the report's figures, so that a picture means the same in both places. */
import { computed, effect, signal } from '@preact/signals';
import { COLOURS, DARK, rampColour } from '../../report/figures/palette.js';

/** The colours a panel draws with; `series` holds four hues that the colour-blind can tell apart. */
export interface Theme {
  readonly name: 'light' | 'dark';
  readonly ink: string;
  readonly paper: string;
  readonly muted: string;
  readonly grid: string;
  readonly blue: string;
  readonly orange: string;
  readonly green: string;
  readonly purple: string;
  /** The colour at a fraction 0 … 1 of an ordered ramp whose lightness increases. */
  ramp(t: number): string;
}

export type ThemeChoice = 'system' | 'light' | 'dark';

const KEY = 'thermograd-theme';
const darkSystem = matchMedia('(prefers-color-scheme: dark)');
const systemIsDark = signal(darkSystem.matches);
darkSystem.addEventListener('change', (e) => {
  systemIsDark.value = e.matches;
});

const stillSystem = matchMedia('(prefers-reduced-motion: reduce)');
/** Whether the reader asked the system for less motion; nothing turns by itself then. */
export const reducedMotion = signal(stillSystem.matches);
stillSystem.addEventListener('change', (e) => {
  reducedMotion.value = e.matches;
});

/** What the reader chose; remembered where the browser allows it. */
export const themeChoice = signal<ThemeChoice>(remembered());

const dark = (light: string): string => DARK[light] ?? light;

function themeOf(name: 'light' | 'dark'): Theme {
  const pick = name === 'dark' ? dark : (c: string) => c;
  const { ink, paper, muted, blue, orange, green, purple } = COLOURS;
  return {
    name,
    ink: pick(ink),
    paper: pick(paper),
    muted: pick(muted),
    grid: name === 'dark' ? '#2c333c' : '#e3e7ec',
    blue: pick(blue),
    orange: pick(orange),
    green: pick(green),
    purple: pick(purple),
    ramp: (t) => pick(rampColour(t)),
  };
}

const THEMES = { light: themeOf('light'), dark: themeOf('dark') };

/** The theme in use. */
export const theme = computed<Theme>(() => {
  const choice = themeChoice.value;
  return THEMES[choice === 'system' ? (systemIsDark.value ? 'dark' : 'light') : choice];
});

/** Keeps the attribute that the style sheet reads in step with the theme, and remembers the choice. */
export function applyTheme(): void {
  effect(() => {
    document.documentElement.dataset.theme = theme.value.name;
  });
  effect(() => {
    const choice = themeChoice.value;
    try {
      if (choice === 'system') localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, choice);
    } catch {
      // a browser that keeps nothing follows the system at the next visit
    }
  });
}

function remembered(): ThemeChoice {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === 'light' || kept === 'dark' ? kept : 'system';
  } catch {
    return 'system';
  }
}
