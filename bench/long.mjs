// The long sections of the bench: dense linear algebra (bench/linalg.mjs, SciPy included) and the whole chain.
import { peers } from './environment.mjs';
import { unfairTo } from './identity.mjs';
import { median, ours, peer } from './rounds.mjs';

/**
 * Compares every task of linalg.mjs: SciPy's time over ours, for each provider, from processor seconds of the same
 * round.
 */
export function linalgLines(size, rounds) {
  const all = Array.from({ length: size === 'full' ? Math.min(rounds, 2) : 1 }, () =>
    ours('linalg.mjs', ...(size === 'full' ? [] : ['--quick'])),
  );
  const label = all[0].find((l) => l.label)?.label ?? 'SciPy';
  const unfair = all[0].find((l) => l.unfair)?.unfair;
  const first = all[0].filter((l) => l.provider && !/scipy/i.test(l.provider));
  return first.map(({ task, provider, gflops, error }) => {
    const pairs = all.map((lines) => [
      lines.find((l) => l.task === task && l.provider === provider),
      lines.find((l) => l.task === task && /scipy/i.test(l.provider)),
    ]);
    const seconds = (k) => {
      const values = pairs.map((p) => p[k]?.cpu).filter((v) => v > 0);
      return values.length ? { median: median(values), best: Math.min(...values) } : undefined;
    };
    const ratios = pairs.filter(([o, p]) => o && p?.cpu > 0).map(([o, p]) => p.cpu / o.cpu);
    const [own, theirs] = [seconds(0), seconds(1)];
    return {
      task: `${task}, ${provider}`,
      peer: label,
      unit: 'processor second',
      ours: own,
      theirs: theirs ?? { skipped: 'SciPy does not do it here' },
      ratio: theirs && {
        median: median(ratios),
        lowest: Math.min(...ratios),
        highest: Math.max(...ratios),
        best: theirs.best / own.best,
      },
      gflops,
      ...(unfair && { unfair }),
      ...(error !== undefined && { note: `error ${error}` }),
    };
  });
}

/**
 * Runs ours with each provider, then the peer over as many epochs, the same window and the same number of directions,
 * once each. The ratio is of processor seconds: one run of minutes has no rounds that would even out what else the machine does.
 */
export function chainLines(size) {
  const settings = size === 'full' ? { preset: 'standard', directions: 'all' } : { preset: 'quick', directions: 60 };
  const own = ['embedded', 'system'].map((provider) => {
    try {
      return ours('chain.mjs', { ...settings, provider })[0];
    } catch (error) {
      return { provider, skipped: error.message };
    }
  });
  const done = own.find((o) => !o.skipped);
  const needs = ['torch', 'numpy', 'scipy'];
  const asked = {
    epochs: done.epochsBeforeWindow,
    window: done.steps,
    directions: settings.directions === 'all' ? 'all' : done.directions,
  };
  const theirs = peer('chain', asked, needs);
  const { identity } = peers(needs);
  const unfair = identity && unfairTo(identity, needs);
  return own.map((o) => ({
    task: `chain ${settings.preset}, ${o.skipped ? o.provider : o.linearAlgebra}`,
    peer: identity ? needs.map((name) => identity.labels[name]).join(', ') : 'PyTorch/NumPy/SciPy',
    ...(unfair && { unfair }),
    unit: 'processor second',
    ours: o.skipped ? { median: Number.NaN } : { median: o.cpuSeconds, best: o.cpuSeconds },
    theirs: theirs.skipped ? theirs : { median: theirs.cpuSeconds, best: theirs.cpuSeconds },
    ...(!o.skipped &&
      !theirs.skipped && {
        ratio: Object.fromEntries(
          ['median', 'lowest', 'highest', 'best'].map((k) => [k, theirs.cpuSeconds / o.cpuSeconds]),
        ),
      }),
    target: 2,
    ...(!o.skipped && {
      note: `peak ${Math.round(o.peakBytes / 1e6)} MB (wanted ≤ 1500), peer ${theirs.skipped ? '-' : Math.round(theirs.peakBytes / 1e6)} MB`,
    }),
    details: { ours: o, peer: theirs },
  }));
}
