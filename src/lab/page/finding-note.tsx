/** A finding beside its picture: the claim, what was measured, what the null gives, the verdict and its reason. */
import type { Verdict } from '../../report/finding.js';

/** What a live panel can say about a claim; the words are complete, with numbers and errors in them. */
export interface LiveFinding {
  readonly claim: string;
  readonly measured: string;
  /** What the null model or theory gives for the same quantity. */
  readonly nullModel?: string;
  /** What it is called where it is no null model. */
  readonly nullName?: string;
  readonly verdict: Verdict;
  readonly reason: string;
}

const MARKS: Readonly<Record<Verdict, readonly [shape: string, kind: string]>> = {
  reproduced: ['✓', 'reproduced'],
  'reproduced with another exponent': ['≈', 'near'],
  'not reproduced': ['✗', 'not'],
  'not decidable with this run': ['?', 'undecided'],
};

export function FindingNote({ finding: f }: { finding: LiveFinding }) {
  const [shape, kind] = MARKS[f.verdict];
  return (
    <div class="finding">
      <p>
        <span class={`badge ${kind}`}>
          <span aria-hidden="true">{shape} </span>
          {f.verdict}
        </span>{' '}
        {f.claim}
      </p>
      <dl>
        <dt>Measured</dt>
        <dd>{f.measured}</dd>
        {f.nullModel && (
          <>
            <dt>{f.nullName ?? 'Null'}</dt>
            <dd>{f.nullModel}</dd>
          </>
        )}
        <dt>Reason</dt>
        <dd>{f.reason}</dd>
      </dl>
    </div>
  );
}
