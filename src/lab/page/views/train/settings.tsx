/** The settings of the view Train. Sliders act at once; what needs other data, another network or another order begins anew. */
import { useState } from 'preact/hooks';
import { formatCount } from '../../../../report/format.js';
import type { OptimiserSpec, OptimiserType } from '../../../../train/optimisers/spec.js';
import type { LabData } from '../../../protocol.js';
import { FileDrop } from '../../controls/file-drop.js';
import { NumberField } from '../../controls/number.js';
import { Select } from '../../controls/select.js';
import { Slider } from '../../controls/slider.js';
import { dropped } from '../../data.js';
import { lab, reopen, session, set, takesMomentum, values } from '../../store.js';
import { middleLayer, networksFor } from './networks.js';

export function Anew() {
  return (
    <div class="side">
      <Data />
      <Network />
    </div>
  );
}

export function Now() {
  const v = values.value;
  const most = Math.max(2, Math.min(2000, session.value?.samples.train ?? 2000));
  return (
    <section class="side" aria-labelledby="settings-motion">
      <h3 id="settings-motion">Act at once</h3>
      <Slider
        label="Learning rate eta"
        value={v.learningRate}
        min={1e-5}
        max={10}
        log
        onChange={(x) => set('learningRate', x)}
      />
      <Slider
        label="Batch size B"
        unit="samples"
        value={v.batchSize}
        min={1}
        max={most}
        log
        whole
        onChange={(x) => set('batchSize', x)}
      />
      {takesMomentum(lab.value) && (
        <Slider
          label="Momentum mu"
          value={v.momentum}
          min={0}
          max={0.99}
          step={0.01}
          onChange={(x) => set('momentum', x)}
        />
      )}
      <Decay />
    </section>
  );
}

/** Weight decay has a true zero, which a logarithmic slider has not: its lowest position is 0. */
function Decay() {
  const { weightDecay } = values.value;
  return (
    <Slider
      label="Weight decay lambda"
      value={weightDecay}
      min={0}
      max={0.1}
      step={0.0005}
      onChange={(x) => set('weightDecay', x)}
    />
  );
}

const OPTIMISERS: readonly { value: OptimiserType; label: string }[] = [
  { value: 'sgd', label: 'SGD' },
  { value: 'rmsprop', label: 'RMSprop' },
  { value: 'adam', label: 'Adam' },
  { value: 'adamw', label: 'AdamW' },
];

/** A learning rate that each type commonly starts from; SGD's is too large for the others. */
const USUAL: Readonly<Record<OptimiserType, number>> = { sgd: 0.1, rmsprop: 1e-3, adam: 1e-3, adamw: 1e-3 };

function Data() {
  const { data } = lab.value;
  const most = data.kind === 'teacher' ? 20_000 : 60_000;
  const choose = (kind: LabData['kind']) => {
    const limit = kind === 'teacher' ? 2000 : 10_000;
    const [network] = networksFor({ kind, limit });
    void reopen({ data: { kind, limit }, network, layer: middleLayer(network) });
  };
  return (
    <section class="side" aria-labelledby="settings-data">
      <h3 id="settings-data">Begin anew</h3>
      <Select
        label="Data"
        value={data.kind}
        options={[
          { value: 'mnist', label: 'MNIST' },
          { value: 'teacher', label: 'Teacher set' },
          ...(data.kind === 'file' ? [{ value: 'file' as const, label: data.name ?? 'Dropped file' }] : []),
        ]}
        onChange={choose}
      />
      <NumberField
        label="Training samples"
        value={data.limit}
        min={10}
        max={most}
        onChange={(limit) => void reopen({ data: { ...data, limit } })}
      />
      <FileDrop
        label="Other data"
        hint="IDX images and labels, or CSV with the class in a column of that name or in the last one. The files stay in this browser."
        multiple
        onFiles={async (files) => {
          const name = await dropped(files);
          await reopen({ data: { kind: 'file', limit: 10_000, name } });
          return undefined;
        }}
      />
    </section>
  );
}

function Network() {
  const state = lab.value;
  const layers = session.value?.layers ?? [];
  const choose = (type: OptimiserType) => {
    const optimiser: OptimiserSpec = { type, learningRate: USUAL[type] };
    void reopen({ optimiser });
  };
  return (
    <section class="side" aria-label="Network and optimiser">
      <NetworkField />
      <Select
        label="Recorded layer"
        value={state.layer}
        options={
          layers.length > 0
            ? layers.map((l) => ({ value: l.name, label: `${l.name} (${formatCount(l.size)} weights)` }))
            : [{ value: state.layer, label: state.layer }]
        }
        onChange={(layer) => void reopen({ layer })}
      />
      <NumberField
        label="Window"
        unit="epochs"
        value={state.window}
        min={1}
        max={100}
        onChange={(window) => void reopen({ window })}
      />
      <Select label="Optimiser" value={state.optimiser.type} options={OPTIMISERS} onChange={choose} />
      <Select
        label="Order of samples"
        value={state.sampling}
        options={[
          { value: 'shuffled', label: 'Shuffled every epoch' },
          { value: 'replaced', label: 'Drawn with replacement' },
          { value: 'cyclic', label: 'Always the same order' },
        ]}
        onChange={(sampling) => void reopen({ sampling })}
      />
      <NumberField
        label="Seed"
        value={state.seed}
        min={0}
        max={4294967295}
        onChange={(seed) => void reopen({ seed })}
      />
    </section>
  );
}

function NetworkField() {
  const { network, data } = lab.value;
  const offered = networksFor(data);
  const choose = (name: string) => void reopen({ network: name, layer: middleLayer(name) });
  const [own, setOwn] = useState(false);
  const [text, setText] = useState(network);
  const known = offered.includes(network);
  if (own)
    return (
      <div class="control">
        <label for="own-network">Widths, such as 784-20-20-10</label>
        <input
          id="own-network"
          type="text"
          value={text}
          onInput={(e) => setText(e.currentTarget.value)}
          onChange={(e) => {
            setOwn(false);
            choose(e.currentTarget.value.trim());
          }}
        />
      </div>
    );
  return (
    <Select
      label="Network"
      value={network}
      options={[
        ...offered.map((n) => ({ value: n, label: n })),
        ...(known ? [] : [{ value: network, label: network }]),
        { value: 'own', label: 'Other widths …' },
      ]}
      hint={`First and last width follow from the data${session.value ? `: ${session.value.network}` : ''}.`}
      onChange={(n) => {
        if (n !== 'own') return choose(n);
        setText(network);
        setOwn(true);
      }}
    />
  );
}
