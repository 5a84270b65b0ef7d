/** What makes the particles of the view Valley start again: the landscape as formulas, its range, particles, seed. */
import { useId } from 'preact/hooks';
import { valleyConfig } from '../../../engine/valley/config.js';
import { VALLEY_PRESETS, type ValleyPreset, type ValleyState } from '../../../engine/valley/state.js';
import { Choice } from '../../controls/choice.js';
import { NumberField } from '../../controls/number.js';
import { Select } from '../../controls/select.js';
import { saveBytes } from '../../share/save.js';
import { change, frame, openValley, shown, wrong } from './store.js';

const NAMES: Readonly<Record<ValleyPreset, string>> = {
  valley: 'A level valley, sharp to flat',
  tilted: 'A valley with a slope',
  'two valleys': 'Two valleys with a barrier',
  parabola: 'One parabola (one dimension)',
  circle: 'A circular valley (any formula)',
};

const same = (a: ValleyState, b: ValleyState): boolean =>
  a.shape === b.shape && (a.shape === 'loss' ? a.loss === b.loss : a.floor === b.floor && a.curvature === b.curvature);

export function Formulas() {
  const s = shown.value;
  const names = Object.keys(VALLEY_PRESETS) as ValleyPreset[];
  const preset = names.find((n) => same(VALLEY_PRESETS[n], s)) ?? 'own';
  return (
    <section class="side" aria-label="Landscape">
      <h3>Landscape</h3>
      <Select
        label="Ready made"
        value={preset}
        options={[
          ...names.map((n) => ({ value: n as string, label: NAMES[n] })),
          ...(preset === 'own' ? [{ value: 'own', label: 'A formula of your own' }] : []),
        ]}
        onChange={(n) => n !== 'own' && openValley(VALLEY_PRESETS[n as ValleyPreset])}
      />
      <Choice<ValleyState['shape']>
        label="Written as"
        value={s.shape}
        options={[
          { value: 'valley', label: 'a valley' },
          { value: 'loss', label: 'one formula' },
        ]}
        onChange={(shape) => change({ shape })}
      />
      {s.shape === 'valley' ? (
        <>
          <Formula label="Loss on the floor, L0(x)" value={s.floor} onChange={(floor) => change({ floor })} />
          <Formula
            label="Curvature across, λ(x) > 0"
            value={s.curvature}
            onChange={(curvature) => change({ curvature })}
          />
        </>
      ) : (
        <Formula label="Loss L(x) or L(x, y)" value={s.loss} onChange={(loss) => change({ loss })} />
      )}
      <p class="hint" id="formula-help">
        In x, y and the ratio r, with + − * / ^, exp, log, sqrt, sin, cos, tanh, abs, min, max, if, pi and e. A formula
        acts when you leave its field or press Enter.
      </p>
      <p class="hint wrong" id="formula-wrong" role="alert">
        {wrong.value}
      </p>
      <Range name="x" value={[s.box[0], s.box[1]]} onChange={([a, b]) => change({ box: [a, b, s.box[2], s.box[3]] })} />
      <Range name="y" value={[s.box[2], s.box[3]]} onChange={([a, b]) => change({ box: [s.box[0], s.box[1], a, b] })} />
      <Pair label="Start at x, y" value={s.start} onChange={(start) => change({ start })} />
      <NumberField
        label="Particles"
        value={s.particles}
        min={2}
        max={100_000}
        onChange={(particles) => change({ particles })}
      />
      <NumberField label="Seed" value={s.seed} min={0} max={4294967295} onChange={(seed) => change({ seed })} />
      <div class="buttons">
        <button type="button" id="valley-config" onClick={saveConfig}>
          Save as config (YAML)
        </button>
      </div>
      <p class="hint">For the command line: thermograd simulate thermograd-valley.yaml</p>
    </section>
  );
}

function saveConfig(): void {
  try {
    const now = frame.peek()?.state ?? shown.peek();
    saveBytes('thermograd-valley.yaml', valleyConfig(now), 'text/yaml');
  } catch (error) {
    wrong.value = error instanceof Error ? error.message : String(error);
  }
}

function Formula({ label, value, onChange }: { label: string; value: string; onChange: (v: string) => void }) {
  const id = useId();
  return (
    <div class="control">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="text"
        class="formula"
        spellcheck={false}
        autocomplete="off"
        value={value}
        aria-describedby="formula-help formula-wrong"
        aria-invalid={wrong.value !== ''}
        onChange={(e) => onChange(e.currentTarget.value)}
        onKeyDown={(e) => {
          if (e.key === 'Enter' && e.currentTarget.value !== value) onChange(e.currentTarget.value);
        }}
      />
    </div>
  );
}

type Two = readonly [number, number];

function Range({ name, value, onChange }: { name: string; value: Two; onChange: (v: Two) => void }) {
  return <Pair label={`Range of ${name}`} value={value} onChange={onChange} />;
}

/** Two numbers in one field, separated by a comma or a space. */
function Pair({ label, value, onChange }: { label: string; value: Two; onChange: (v: Two) => void }) {
  const id = useId();
  return (
    <div class="control">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="text"
        value={value.join(', ')}
        onChange={(e) => {
          const [a, b, ...rest] = e.currentTarget.value
            .replaceAll('−', '-')
            .split(/[\s,;…]+/)
            .filter(Boolean)
            .map(Number);
          if (Number.isFinite(a) && Number.isFinite(b) && rest.length === 0) onChange([a, b]);
          else wrong.value = `${label}: two numbers, such as −2, 2; got '${e.currentTarget.value}'.`;
        }}
      />
    </div>
  );
}
