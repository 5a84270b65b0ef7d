/**
 * The checks of a surface before anything is measured on it. A model whose losses change from one request to the next, whose
 * gradient is not that of its loss, or whose weights are not those of the recording gives numbers that look like results.
 */
import { check, InputError } from '../numeric/errors.js';
import { matrix } from '../numeric/linalg/index.js';
import type { Key } from '../numeric/random.js';
import * as is from '../numeric/wants.js';
import { wholeBlock } from './blocks.js';
import { gradientChecks, hessianChecks, unitDirections, unitMixture, worstOf } from './check-derivatives.js';
import { checkPrecision } from './check-precision.js';
import { apart, judged, percent, SAME, type SurfaceCheck, type SurfaceReport, skipped } from './check-report.js';
import { checkSamplesOf } from './check-samples.js';
import { weightsHash } from './hash.js';
import { norm, ROUNDING } from './made-derivatives.js';
import { partOf, progressOf } from './requests.js';
import type { RequestOptions, SampleSubset, Subset, Surface } from './surface.js';

/** Sets what a surface is checked against. */
export interface SurfaceCheckOptions extends RequestOptions {
  /** Randomness of the directions and of the samples that are asked for. */
  readonly key: Key;
  /** SHA-256 of the recording's weights, as `weightsHash` gives it. */
  readonly expectedHash?: string;
  /**
   * Time that the checks may take. Where passes over all samples take longer, what is compared over all of them is compared over some,
   * drawn at random.
   */
  readonly budget?: { readonly seconds: number /** A clock, seconds. */; readonly now: () => number };
}

/** Says what a `Surface` needs. */
export const SURFACE_WANTS = is.having(
  'a surface, such as functionSurface or networkSurface makes',
  'losses',
  'gradient',
);
const OPTIONS = is.shape<SurfaceCheckOptions>({
  key: is.key,
  expectedHash: is.maybe(is.text),
  budget: is.maybe(is.shape({ seconds: is.positive, now: is.func })),
  signal: is.maybe(is.object),
  onProgress: is.maybe(is.func),
});

/** Samples over which differences are compared, where there are more; fewer where their losses are made one by one. */
const [MOST, FEW] = [512, 32];
/** What is compared over all samples after the first gradient, in times of that gradient. */
const PASSES = 9;

/**
 * Checks a surface at a point and returns what was found, also where something failed. Costs some ten losses and two gradients
 * over all samples (or, with a budget, over as many as it allows), and over at most 512 samples 60 losses, four gradients and, where
 * products with the Hessian are offered, 36 more.
 * @throws InputError for weights of another number, and where the loss or the gradient at the point is not finite
 */
export async function examineSurface(
  surface: Surface,
  w: Float64Array,
  options: SurfaceCheckOptions,
): Promise<SurfaceReport> {
  is.given('examineSurface', { surface, w, options }, { surface: SURFACE_WANTS, w: is.numbers, options: OPTIONS });
  const { key, expectedHash, budget, ...request } = options;
  const { name, precision, offers } = surface;
  check(w.length === surface.size, 'weight-count', () => `${name} has ${surface.size} weights; got ${w.length}.`);
  const part = partOf(request);
  const step = progressOf(request, 5);
  const hash = await weightsHash(w);
  const whole = wholeBlock(surface.parameters);
  const checks: SurfaceCheck[] = [
    expectedHash === undefined
      ? skipped('weights', 'No hash of recorded weights was given.')
      : judged(
          'weights',
          hash === expectedHash.toLowerCase() ? 0 : 1,
          0,
          'The weights are those of the recording, by SHA-256.',
          `the weights of ${name} are not those of the recording: their SHA-256 begins with ${hash.slice(0, 12)}, that of the recording with ${expectedHash.slice(0, 12)}; load the weights that were saved at the end of the recording.`,
        ),
  ];

  const started = budget?.now() ?? 0;
  const { loss, gradient } = await surface.gradient(w, undefined, part);
  const over = budget && partWithin(surface, budget.seconds, budget.now() - started, key);
  const gradientNorm = norm(gradient);
  check(Number.isFinite(loss) && gradient.every(Number.isFinite), 'not-finite', () =>
    Number.isFinite(loss)
      ? `the gradient of ${name} must be finite at the weights that are analysed; it has ${gradient.filter((g) => !Number.isFinite(g)).length} numbers that are not.`
      : `the loss of ${name} must be finite at the weights that are analysed; it is ${loss}. Did the training diverge?`,
  );
  checks.push(judged('finite', 0, 0, 'The loss and its gradient are finite.', ''));
  await step();

  // repeated in another order, so that a generator of random numbers stands elsewhere
  const centre = { block: whole, direction: new Float64Array(w.length), displacements: [0] };
  const own = over ? await surface.gradient(w, over, part) : { loss, gradient };
  const [first] = await surface.losses(w, [centre], over, part);
  const again = await surface.gradient(w, over, part);
  const [second] = await surface.losses(w, [centre], over, part);
  const changed = Math.max(
    apart(second.losses, first.losses),
    apart(again.gradient, own.gradient),
    apart([again.loss], [own.loss]),
  );
  checks.push(
    judged('repeatable', changed, 0, 'Two requests at the same weights give the same bits.', () =>
      changed > 100 * ROUNDING[precision]
        ? `two requests for the loss and gradient of ${name} at the same weights differ by ${percent(changed)}: switch off what draws random numbers or shuffles (dropout, augmentation, batch statistics), in PyTorch with the line model.eval() and shuffle=False.`
        : `two requests for the loss and gradient of ${name} at the same weights differ in their last bits (${changed.toExponential(1)}): sums must be taken in the same order every time, in PyTorch with the line torch.use_deterministic_algorithms(True).`,
    ),
  );
  await step();

  checks.push(
    judged(
      'loss',
      apart([own.loss], first.losses),
      SAME[precision],
      'The loss beside the gradient is the loss along a line.',
      `the loss of ${name} beside its gradient is ${own.loss}, and at the centre of a line ${first.losses[0]}: both must be the same mean over the same samples, without a penalty.`,
    ),
  );
  const samples = await checkSamplesOf(
    surface,
    w,
    { over, loss: first.losses[0], gradient },
    SAME[precision],
    key,
    part,
  );
  checks.push(...samples.checks);
  await step();

  const compare = { surface, w, whole, part, directions: unitDirections(surface, gradient, key) };
  // errors of a subset need the losses of its samples, which may be as many requests
  const most = offers.sampleLosses === 'exact' ? MOST : FEW;
  const some =
    offers.sampleLosses !== 'missing' && surface.samples > most ? randomSubset(surface.samples, most, key) : undefined;
  checks.push(
    await checkPrecision(
      { ...compare, subset: some },
      await largestOf(surface, w, some, { loss, gradient }, key, part),
    ),
  );
  if (offers.gradient === 'exact') {
    const here = some ? await surface.gradient(w, some, part) : own;
    const found = await gradientChecks({ ...compare, subset: some, steps: 9 }, here);
    if (some) {
      const mixed = matrix(1, surface.size, unitMixture(compare.directions));
      found.push(...(await gradientChecks({ ...compare, directions: mixed, subset: over, steps: 6 }, own)));
    }
    checks.push(worstOf(found));
  } else
    checks.push(
      skipped('gradient', 'The gradient is made from differences of losses, so there is nothing to compare.'),
    );
  await step();
  checks.push(...(await hessianChecks({ ...compare, subset: some, steps: 9 })));
  await step();
  return {
    surface: name,
    loss,
    gradientNorm,
    hash,
    samples: samples.count,
    ...(over && { over: over.samples.length }),
    checks,
  };
}

/**
 * Checks a surface at a point before anything is measured on it, and returns the report of what agreed.
 * @throws InputError with the sentence of the first check that failed, which says what to change
 */
export async function checkSurface(
  surface: Surface,
  w: Float64Array,
  options: SurfaceCheckOptions,
): Promise<SurfaceReport> {
  is.given('checkSurface', { surface, w, options }, { surface: SURFACE_WANTS, w: is.numbers, options: OPTIONS });
  const report = await examineSurface(surface, w, options);
  const failed = report.checks.find((c) => c.verdict === 'failed');
  if (failed) throw new InputError(`surface-${failed.name.replaceAll(' ', '-').toLowerCase()}`, failed.sentence);
  return report;
}

/** Returns the largest loss of a sample, and the root mean square of the norms of the gradients of 32 of them, where there are such. */
async function largestOf(
  surface: Surface,
  w: Float64Array,
  some: Subset,
  { loss, gradient }: { readonly loss: number; readonly gradient: Float64Array },
  key: Key,
  part: RequestOptions | undefined,
): Promise<{ loss: number; gradient: number }> {
  const { offers, samples } = surface;
  if (offers.sampleLosses === 'missing' || samples === 1) return { loss: Math.abs(loss), gradient: norm(gradient) };
  const few = samples > FEW ? randomSubset(samples, FEW, key) : undefined;
  const losses = await surface.sampleLosses(w, offers.sampleLosses === 'exact' ? some : few, part);
  const norms = await surface.squaredNorms(w, wholeBlock(surface.parameters), few, part);
  return {
    loss: losses.reduce((most, x) => Math.max(most, Math.abs(x)), Math.abs(loss)),
    gradient: Math.sqrt(norms.reduce((sum, x) => sum + x / norms.length, 0)),
  };
}

/** Draws the samples over which is compared what takes too long over all; undefined where all are taken. */
function partWithin({ samples, offers }: Surface, seconds: number, each: number, key: Key): Subset {
  const fits = each > 0 ? Math.floor((samples * (seconds - each)) / (PASSES * each)) : samples;
  if (offers.sampleLosses === 'missing' || fits >= samples || samples <= MOST) return undefined;
  return randomSubset(samples, Math.max(MOST, fits), key.child('within'));
}

/** Draws samples over which differences are compared. */
function randomSubset(all: number, count: number, key: Key): SampleSubset {
  const samples = key.child('differences').stream().permutation(all).slice(0, count);
  return { samples, strata: [{ count, of: all }] };
}
