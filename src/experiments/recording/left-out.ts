/** What an analysis of a recording left out, and what each part would need. */
import type { LeftOut, MeasuredRecording } from './measured.js';

const SURFACE = 'the model with its loss and data, as a surface, which this version does not take for a recording';

/** Lists what was left out: first what this recording lacks, then what no recording has. */
export function leftOut({ rotation, temperatures, walk, rankLaw, recording }: MeasuredRecording): LeftOut[] {
  const own: readonly (readonly [string, { readonly missing?: string } | object])[] = [
    ['rotation in planes of settled directions', rotation],
    ['temperatures of the directions', temperatures],
    ['the walk with the recording’s own steps', walk],
    ['the rank law', rankLaw],
  ];
  return [
    ...own.flatMap(([what, part]) => ('missing' in part ? [{ what, needs: String(part.missing) }] : [])),
    ...(recording.loss
      ? []
      : [{ what: 'the loss while the weights were recorded', needs: 'a series named loss beside the weights' }]),
    { what: 'flatness along the directions and the variance-flatness relation', needs: SURFACE },
    {
      what: 'curvature (Hessian) and noise of the gradients along the directions',
      needs: `${SURFACE}, with gradients of single samples`,
    },
    {
      what: 'the walk with the covariance of the gradients [N1]',
      needs: `${SURFACE}, with gradients of single samples`,
    },
    {
      what: 'the decomposition into potential and circulation, and the predicted variance',
      needs: `${SURFACE}, with curvature and noise`,
    },
    { what: 'advice on learning rate and batch size', needs: `${SURFACE}, and training steps from its last state` },
  ];
}
