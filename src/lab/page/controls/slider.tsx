/** A number that is set by a slider or typed: linear or logarithmic, with its unit. Every move is told at once. */
import { useEffect, useId, useState } from 'preact/hooks';
import { formatPlain } from '../../../report/format.js';

export interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly log?: boolean;
  /** Step of a linear slider; a logarithmic one has 40 positions a decade. */
  readonly step?: number;
  readonly whole?: boolean;
  readonly unit?: string;
  readonly hint?: string;
  readonly disabled?: boolean;
  readonly onChange: (value: number) => void;
}

/** Positions of a logarithmic slider in one decade. */
const PER_DECADE = 40;

export function Slider(props: SliderProps) {
  const { label, value, min, max, log = false, whole = false, unit, hint, disabled = false, onChange } = props;
  const id = useId();
  const [text, setText] = useState(write(value));
  const [wrong, setWrong] = useState('');
  useEffect(() => {
    setText(write(value));
    setWrong('');
  }, [value]);
  const positions = log
    ? { min: Math.log10(min) * PER_DECADE, max: Math.log10(max) * PER_DECADE, step: 1 }
    : { min, max, step: props.step ?? (whole ? 1 : (max - min) / 100) };
  const toPosition = (v: number) => (log ? Math.log10(Math.max(v, min)) * PER_DECADE : v);
  const fromPosition = (p: number) => {
    const v = log ? Number((10 ** (p / PER_DECADE)).toPrecision(3)) : Number(p.toPrecision(6));
    return whole ? Math.round(v) : v;
  };
  const typed = (input: string) => {
    setText(input);
    const v = Number(input.trim().replace(',', '.').replace('−', '-'));
    if (input.trim() === '' || !Number.isFinite(v)) setWrong(`'${input}' is no number.`);
    else if (v < min || v > max) setWrong(`From ${formatPlain(min)} to ${formatPlain(max)}.`);
    else if (whole && !Number.isInteger(v)) setWrong('A whole number.');
    else {
      setWrong('');
      onChange(v);
    }
  };
  return (
    <div class="control">
      <label for={id}>
        {label}
        {unit && <span class="unit"> ({unit})</span>}
      </label>
      <div class="slider">
        <input
          type="range"
          aria-label={label}
          aria-valuetext={`${formatPlain(value)}${unit ? ` ${unit}` : ''}`}
          {...positions}
          step={log ? 'any' : positions.step}
          value={toPosition(value)}
          disabled={disabled}
          onInput={(e) => onChange(fromPosition(Number(e.currentTarget.value)))}
          onKeyDown={(e) => {
            const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[e.key];
            if (!log || by === undefined) return;
            e.preventDefault();
            const p = Math.round(toPosition(value)) + by;
            const next = fromPosition(Math.min(positions.max, Math.max(positions.min, p)));
            onChange(whole && next === value ? Math.min(max, Math.max(min, value + Math.sign(by))) : next);
          }}
        />
        <input
          id={id}
          type="text"
          inputMode="decimal"
          size={7}
          value={text}
          disabled={disabled}
          aria-invalid={wrong !== ''}
          aria-describedby={wrong || hint ? `${id}-hint` : undefined}
          onInput={(e) => setText(e.currentTarget.value)}
          onChange={(e) => typed(e.currentTarget.value)}
        />
      </div>
      {(wrong || hint) && (
        <p id={`${id}-hint`} class={wrong ? 'hint wrong' : 'hint'}>
          {wrong || hint}
        </p>
      )}
    </div>
  );
}

/** Writes a number so that it can be typed back. */
const write = (v: number): string => String(Number(v.toPrecision(6)));
