/** Rank-ordered variances of a run beside those of walks with its noise. docs/theory [P4], [S5], [N1]. */
import type { Analysis } from '../../../analyse/trajectory/results.js';
import type { Drawn } from '../../../report/figures/frame.js';
import { rankedVariances as draw } from '../../../report/figures/window/variances.js';
import { FORMS } from '../walk-words.js';

export const rankedVariances = ({ pca, scaling, walk }: Analysis): Drawn =>
  draw({
    pca,
    scaling,
    walks:
      'missing' in walk
        ? []
        : walk.forms.map((f) => ({ form: FORMS[f.sampling], variances: f.variances, share: f.share.mean })),
    about:
      'Dashed lines show walks without any landscape: two with the gradient covariance, learning rate and window of this run, on the same absolute scale (mean over draws), and an isotropic one with the same total variance.',
  });
