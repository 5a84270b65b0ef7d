/** The walk with the run's own noise, in words. docs/theory [N1]. */
import { formatNumber } from '../../report/format.js';

/** Names the forms of the walk in words. */
export const FORMS = { replaced: 'independent batches', shuffled: 'shuffled batches' } as const;

/** Writes a number of the walk for each of its forms. */
export function walkWords(
  forms: readonly {
    readonly sampling: keyof typeof FORMS;
    readonly value: { readonly mean: number; readonly deviation: number };
  }[],
): string {
  const each = forms.map(
    ({ sampling, value }) =>
      `${formatNumber(value.mean)} (${FORMS[sampling]}; standard deviation over draws ${formatNumber(value.deviation, 2)})`,
  );
  return `walk with the run's own noise and no landscape [N1]: ${each.join(', ')}`;
}
