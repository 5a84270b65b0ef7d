/** A whole number that is typed, such as a seed. */
import { useEffect, useId, useState } from 'preact/hooks';
import { formatCount } from '../../../report/format.js';

export interface NumberFieldProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly unit?: string;
  readonly hint?: string;
  readonly onChange: (value: number) => void;
}

export function NumberField({ label, value, min, max, unit, hint, onChange }: NumberFieldProps) {
  const id = useId();
  const [text, setText] = useState(String(value));
  const [wrong, setWrong] = useState('');
  useEffect(() => {
    setText(String(value));
    setWrong('');
  }, [value]);
  return (
    <div class="control">
      <label for={id}>
        {label}
        {unit && <span class="unit"> ({unit})</span>}
      </label>
      <input
        id={id}
        type="text"
        inputMode="numeric"
        value={text}
        aria-invalid={wrong !== ''}
        aria-describedby={wrong || hint ? `${id}-hint` : undefined}
        onInput={(e) => setText(e.currentTarget.value)}
        onChange={(e) => {
          const v = Number(e.currentTarget.value);
          const good = e.currentTarget.value.trim() !== '' && Number.isInteger(v) && v >= min && v <= max;
          setWrong(good ? '' : `A whole number from ${formatCount(min)} to ${formatCount(max)}.`);
          if (good) onChange(v);
        }}
      />
      {(wrong || hint) && (
        <p id={`${id}-hint`} class={wrong ? 'hint wrong' : 'hint'}>
          {wrong || hint}
        </p>
      )}
    </div>
  );
}
