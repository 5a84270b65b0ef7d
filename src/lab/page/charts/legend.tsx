/** The legend of a panel: shape, colour and meaning of each mark, as text beside small drawings that screen readers skip. */
import { theme } from '../theme.js';

export interface LegendEntry {
  readonly label: string;
  readonly colour: 'ink' | 'muted' | 'blue' | 'orange' | 'green' | 'purple';
  readonly mark: 'line' | 'dash' | 'dots' | 'dot' | 'ring' | 'square' | 'diamond' | 'triangle' | 'cross';
}

export function Legend({ entries }: { entries: readonly LegendEntry[] }) {
  return (
    <ul class="legend">
      {entries.map((e) => (
        <li key={e.label}>
          <svg width="22" height="12" viewBox="0 0 22 12" aria-hidden="true">
            <Swatch mark={e.mark} colour={theme.value[e.colour]} />
          </svg>
          {e.label}
        </li>
      ))}
    </ul>
  );
}

function Swatch({ mark, colour }: { mark: LegendEntry['mark']; colour: string }) {
  switch (mark) {
    case 'line':
      return <path d="M1 6H21" stroke={colour} stroke-width="2" />;
    case 'dash':
      return <path d="M1 6H21" stroke={colour} stroke-width="2" stroke-dasharray="6 4" />;
    case 'dots':
      return <path d="M1 6H21" stroke={colour} stroke-width="2" stroke-dasharray="2 3" />;
    case 'dot':
      return <circle cx="11" cy="6" r="4" fill={colour} />;
    case 'ring':
      return <circle cx="11" cy="6" r="4" fill="none" stroke={colour} stroke-width="1.5" />;
    case 'square':
      return <rect x="7.5" y="2.5" width="7" height="7" fill={colour} />;
    case 'diamond':
      return <path d="M11 1L16 6L11 11L6 6Z" fill={colour} />;
    case 'triangle':
      return <path d="M11 1.5L15.5 9.5H6.5Z" fill={colour} />;
    case 'cross':
      return <path d="M7 2L15 10M15 2L7 10" stroke={colour} stroke-width="1.5" fill="none" />;
  }
}
