/** The guided tours followed without a page: what each step promises is there, and was not before. */
import { beforeAll, describe, expect, it } from 'vitest';
import { benchOf } from '../../src/lab/engine/bench.js';
import { measurements } from '../../src/lab/engine/measurements.js';
import type { Bench, Measure } from '../../src/lab/engine/registry.js';
import { LabSession } from '../../src/lab/engine/session.js';
import { VALLEY_SLIDERS } from '../../src/lab/engine/valley/state.js';
import { ValleyRun } from '../../src/lab/engine/valley.js';
import type { MeasureArguments, MeasureResults } from '../../src/lab/measures.js';
import type { Lesson, LessonStep } from '../../src/lab/page/views/lessons/lesson.js';
import { LESSONS } from '../../src/lab/page/views/lessons/lessons.js';
import { NETWORK_LESSONS, ratios, TRAINED } from '../../src/lab/page/views/lessons/network-lessons.js';
import { slope, VALLEY_LESSONS } from '../../src/lab/page/views/lessons/valley-lessons.js';
import type { MeasureKind, Snapshot } from '../../src/lab/protocol.js';
import { teacherState } from './support.js';

/** What the page asks with. */
const ARGUMENTS: Partial<MeasureArguments> = {
  flatness: { directions: 24, rows: 600 },
  controls: { directions: 24, rows: 600 },
  potential: { ranks: [2, 3], directions: 8 },
};

describe('every tour', () => {
  it.each(LESSONS.map((l) => [l.id, l] as const))('%s names panels and sliders that there are', (_id, lesson) => {
    expect(lesson.steps.length).toBeGreaterThan(1);
    for (const step of lesson.steps) {
      expect(['train', 'fluctuate', 'landscape', 'valley']).toContain(step.view);
      expect(step.view === 'valley').toBe(step.lab === undefined);
      for (const { key } of step.sliders ?? []) expect(VALLEY_SLIDERS).toContain(key);
      expect(step.see({ step: 0, results: {} })).toBeUndefined();
    }
  });

  it('has a name of its own, and there are six', () => {
    expect(new Set(LESSONS.map((l) => l.id)).size).toBe(6);
  });
});

/** Follows a tour in the valley as the page does, and returns what was seen at each step, before and after particles moved. */
function follow(lesson: Lesson) {
  let run: ValleyRun | undefined;
  return lesson.steps.map((step: LessonStep) => {
    if (step.valley) run = new ValleyRun({ ...step.valley, particles: 1000 });
    const before = step.valley ? step.see({ step: 0, results: {}, valley: run!.frame() }) : undefined;
    for (const { key, value } of step.sliders ?? []) run!.set(key, value);
    run!.runTo(run!.step + (step.moves ?? 0));
    const numbers = { step: 0, results: {}, valley: run!.frame() };
    return { title: step.title, before, after: step.see(numbers), numbers };
  });
}

describe('tours in the valley', () => {
  const followed = new Map<string, ReturnType<typeof follow>>();
  beforeAll(() => {
    for (const lesson of VALLEY_LESSONS) followed.set(lesson.id, follow(lesson));
  }, 60_000);

  it.each(VALLEY_LESSONS.map((l) => l.id))('%s shows what it promises', (id) => {
    for (const { title, before, after } of followed.get(id)!) {
      expect(before?.seen ?? false, title).toBe(false);
      expect(after?.seen, `${title}: ${after?.words}`).toBe(true);
    }
  });

  it('flat by noise: the slopes are those of −Delta kappa ln F', () => {
    const [, potential, equal] = followed.get('flat')!;
    // Delta = 0.01·40/2 = 0.2; ln F rises by ln(8)/8·2 from x = −1 to 1
    const rise = (Math.log(8) / 8) * 2;
    expect(slope(potential.numbers)!.potential / (-0.2 * 8 * rise)).toBeCloseTo(1, 1);
    expect(slope(equal.numbers)!.potential / (-0.2 * rise)).toBeCloseTo(1, 0);
  });
});

describe('tours of the network', () => {
  let bench: Bench;
  let snapshot: Snapshot;
  const results: Partial<MeasureResults> = {};
  const state = teacherState(TRAINED);

  beforeAll(async () => {
    bench = await benchOf(state);
    const session = await LabSession.open(state);
    session.trainTo(state.at);
    snapshot = session.snapshot(true);
    const kinds = new Set(NETWORK_LESSONS.flatMap((l) => l.steps.map((s) => s.ask!)));
    for (const kind of kinds) {
      const measure = measurements[kind] as Measure<MeasureKind>;
      Object.assign(results, { [kind]: await measure(bench, snapshot, ARGUMENTS[kind] ?? {}, async () => {}) });
    }
  }, 120_000);

  it.each(NETWORK_LESSONS.flatMap((l) => l.steps.map((s) => [`${l.id}: ${s.title}`, s] as const)))(
    '%s',
    (_name, step) => {
      const sight = step.see({ step: state.at, results });
      expect(sight?.seen, sight?.words).toBe(true);
    },
  );

  it('the true energy: the ratio of variances of the loss is that of its curvatures', () => {
    const r = ratios({ step: 0, results })!;
    const [xx, xy, yy] = results.potential!.planes[0].hessian;
    expect(r.loss).toBeCloseTo(yy / xx, 1);
    expect(Math.abs(xy)).toBeLessThan(0.3 * Math.min(xx, yy));
  });
});
