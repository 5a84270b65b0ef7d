/** The panel of the variance-flatness relation: points appear one by one, and a switch shows what each control makes of it. */
import { useMemo } from 'preact/hooks';
import { formatCount, formatMarked, formatNumber, MISSING } from '../../../../report/format.js';
import type { ControlResult, FlatnessPart } from '../../../measures.js';
import { CanvasPanel } from '../../charts/canvas-panel.js';
import { Legend } from '../../charts/legend.js';
import { Choice } from '../../controls/choice.js';
import { Panel } from '../../panel.js';
import { keep, lab, results } from '../../store.js';
import { drawRelation, LOOKS, type RelationData, type Shown } from './draw-relation.js';
import { relationFinding } from './findings.js';
import { fitSoFar } from './fit.js';
import { ask, failures, running, widths } from './schedule.js';
import { waitingFor } from './waiting.js';

const NAMES: Readonly<Record<Shown, string>> = {
  same: 'Same window',
  half: 'Other half',
  hessian: 'Fixed basis',
  walk: 'Own-noise walk',
};

export function RelationPanel() {
  const { flatness, controls } = results.value;
  const shown = ((lab.value.controls?.shown as Shown | undefined) ?? 'same') satisfies Shown;
  const measuring = running.value?.kind === 'flatness';
  const parts = measuring || widths.value.length > 0 ? widths.value : (flatness?.parts ?? []);
  const whole = flatness !== undefined && !measuring && parts.length === flatness.parts.length;
  const fit = useMemo(() => (whole ? flatness.fit : fitSoFar(parts)), [parts, whole, flatness]);
  const control = shown === 'same' ? undefined : controls?.controls.find((c) => c.name === shown);
  const data = useMemo(() => ({ parts, fit, control }), [parts, fit, control]);
  const empty = parts.length === 0 && control === undefined;
  const choose = (next: Shown) => {
    keep({ controls: { ...lab.peek().controls, shown: next } });
    if (next !== 'same' && results.peek().controls === undefined) ask('controls');
  };
  return (
    <Panel
      id="relation"
      title="Variance and width of the valley"
      wide
      about="Each point is one direction: how much the weights vary along it, against the distance between the two places where the loss is e times its value at the centre. The controls repeat this with directions that the motion did not choose, and with a walk that feels no landscape."
      waiting={empty && !measuring ? waitingFor('flatness', undefined) : undefined}
      numbers={numbersOf(parts, controls?.controls)}
      finding={relationFinding(shown, whole ? flatness : undefined, controls?.controls)}
      tools={
        <div class="options">
          <button type="button" disabled={measuring} onClick={() => ask('flatness')}>
            Measure widths
          </button>
          <Choice
            label="Directions from"
            value={shown}
            options={(Object.keys(NAMES) as Shown[]).map((value) => ({ value, label: NAMES[value] }))}
            onChange={choose}
          />
          <button type="button" disabled={running.value?.kind === 'controls'} onClick={() => ask('controls')}>
            Measure controls
          </button>
        </div>
      }
    >
      <p class="big" id="psi" role="status">
        {psiWords(shown, fit, whole, parts.length, control)}
      </p>
      <Legend
        entries={[
          { label: NAMES.same, colour: LOOKS.same[1], mark: LOOKS.same[0] },
          ...(control ? [{ label: NAMES[shown], colour: LOOKS[shown][1], mark: LOOKS[shown][0] }] : []),
        ]}
      />
      <CanvasPanel
        id="relation"
        label="Variance along each direction against the width of the valley along it."
        data={data}
        draw={drawRelation}
        aspect={0.45}
      />
    </Panel>
  );
}

function psiWords(
  shown: Shown,
  fit: RelationData['fit'],
  whole: boolean,
  count: number,
  control: ControlResult | undefined,
): string {
  if (shown !== 'same') {
    if (control) return `ψ = ${formatMarked(control.psi)} (${control.words}, ${formatCount(control.points)} points)`;
    if (running.value?.kind === 'controls') return `Measuring controls, ${Math.round(100 * running.value.share)} % …`;
    return failures.value.controls ?? 'This control is not measured yet.';
  }
  if (fit === undefined) return count > 0 ? `${formatCount(count)} directions so far` : '';
  const psi = { ...fit.exponent, value: -fit.exponent.value };
  return `ψ = ${formatMarked(psi)} over ${formatCount(fit.points)} points${whole ? '' : ' so far'}, R² = ${formatNumber(fit.r2, 2)}`;
}

function numbersOf(parts: readonly FlatnessPart[], controls: readonly ControlResult[] | undefined) {
  return {
    caption: 'Widths and exponents',
    columns: ['direction or control', 'width F (weight)', 'variance (weight²)', 'ψ'],
    rows: [
      ...(controls ?? []).map((c) => [NAMES[c.name], `${formatCount(c.points)} points`, '', formatMarked(c.psi)]),
      ...parts.map(({ direction: d }) => [
        `PC${d.index}`,
        d.flatness === null ? `open (${d.open ?? 'not measured'})` : formatNumber(d.flatness),
        formatNumber(d.variance),
        MISSING,
      ]),
    ],
  };
}
