/** What an analysis of a recording left out, and what each part would need. */
import type { LeftOut, MeasuredRecording } from './measured.js';
import { surfaceLeftOut } from './surface/tables.js';

const SURFACE = 'a surface: the model with its loss and data (--surface)';

/** Lists what was left out: first what this recording lacks, then what a recording without a surface, or every one, has not. */
export function leftOut({
  rotation,
  temperatures,
  walk,
  rankLaw,
  recording,
  surface,
  surfaceMissing,
}: MeasuredRecording): LeftOut[] {
  const own: readonly (readonly [string, { readonly missing?: string } | object])[] = [
    ['rotation in planes of settled directions', rotation],
    ['temperatures of the directions', temperatures],
    ['the walk with the recording’s own steps', walk],
    ['the rank law', rankLaw],
    ...(surface ? [['the predicted variance', surface.predicted] as const] : []),
  ];
  const tooSlow = surfaceMissing !== undefined;
  const without: LeftOut[] = [
    { what: 'flatness along the directions and the variance-flatness relation', needs: SURFACE },
    {
      what: 'curvature (Hessian) and noise of the gradients along the directions',
      needs: `${SURFACE}, with gradients of single samples`,
    },
    {
      what: 'the decomposition into potential and circulation, and the predicted variance',
      needs: `${SURFACE}, with curvature and noise`,
    },
  ];
  return [
    ...(tooSlow ? [{ what: 'everything that needs the loss', needs: surfaceMissing }] : []),
    ...own.flatMap(([what, part]) => ('missing' in part ? [{ what, needs: String(part.missing) }] : [])),
    ...(recording.loss
      ? []
      : [{ what: 'the loss while the weights were recorded', needs: 'a series named loss beside the weights' }]),
    ...(surface ? surfaceLeftOut(surface) : tooSlow ? [] : without),
    {
      what: 'the walk with the covariance of the gradients [N1]',
      needs: 'that covariance as a matrix, which is measured for runs of this program alone',
    },
    {
      what: 'advice on learning rate and batch size',
      needs: 'training steps from the last state, which only runs of this program allow',
    },
  ];
}
