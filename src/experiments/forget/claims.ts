/** The claims that `forget` tests: which method prevents forgetting, and which is better than which, with their sources. */
import { constraintNamed, findConstraint } from '../../apply/constraints/table.js';
import { type Method, nameOf } from './measured.js';

/** Claims that `a` protects better than `b`. */
export interface Claim {
  readonly id: string;
  readonly a: Method;
  readonly b: Method;
  readonly claim: string;
  readonly source: string;
  readonly stated: string;
}

const claim = (id: string, a: Method, b: Method, text: string, source: string, stated: string): Claim => ({
  id,
  a,
  b,
  claim: text,
  source,
  stated,
});

const CLAIMS: readonly Claim[] = [
  claim(
    'l2',
    'ldc',
    'l2',
    'LDC protects better than a constraint that pulls all weights equally, each at its best strength',
    'ivf2021; theory [C1], [C2]',
    'LDC better',
  ),
  claim(
    'random',
    'ldc',
    'random',
    'The choice of axes matters: LDC along principal directions protects better than random axes, each at its best strength',
    'ivf2021; theory [C2]',
    'LDC better',
  ),
  claim(
    'variance',
    'ldc',
    'variance',
    'On the same axes the weight 1/F² protects better than 1/sigma², each at its best strength, as expected where flat directions have small variances',
    'ivf2021; theory [C2]',
    '1/F² better',
  ),
  claim(
    'ewc',
    'ldc',
    'ewc',
    'LDC protects better than EWC, each at its best strength',
    'theory [C2]',
    'rivals on equal terms',
  ),
  claim(
    'hessian',
    'ldc',
    'hessian',
    'LDC along principal directions protects better than the same number of directions of largest curvature, each at its best strength',
    'theory [C2]',
    'rivals on equal terms',
  ),
  claim(
    'potential',
    'potential',
    'ldc',
    'The potential of the stochastic decomposition protects better than LDC, each at its best strength',
    'ao2022; theory [C2]',
    'an outlook, not tested there',
  ),
  claim(
    'vortex',
    'vortex',
    'random',
    'Constraining the planes of strongest circulation protects better than constraining random axes, each at its best strength',
    'ao2022; theory [C2]',
    'an outlook, not tested there',
  ),
];

/** Methods that are claimed to prevent forgetting, with the source of the claim. */
const PREVENT: readonly (readonly [Method, source: string, stated: string])[] = [
  ['ldc', 'ivf2021; theory [C1]', 'forgetting is prevented'],
  ['ewc', 'kirkpatrick2017; theory [C2]', 'forgetting is prevented'],
  ['potential', 'ao2022; theory [C2]', 'an outlook, not tested there'],
  ['vortex', 'ao2022; theory [C2]', 'an outlook, not tested there'],
];

/** Says whether a method is one of the trivial rivals of constraints, which no constraint is worth its cost without beating. */
export const isRival = (m: Method): boolean => ['frozen', 'replay'].includes(findConstraint(m)?.kind ?? '');

const rivalWords = (m: Method): string => {
  const { kind, memory } = constraintNamed(m);
  if (kind === 'frozen') return 'layers frozen after task 1';
  return memory === 'validation'
    ? 'replay of as many old samples as its strength is chosen by'
    : `replay of ${memory} stored samples`;
};

/** Returns the methods of which it is tested whether they prevent forgetting, among those that ran. */
export const preventing = (methods: readonly Method[]): (readonly [Method, source: string, stated: string])[] => [
  ...PREVENT.filter(([m]) => methods.includes(m)),
  ...methods.filter(isRival).map((m) => [m, 'theory [N6]', 'a trivial rival'] as const),
];

/** Returns the claims whose two methods ran: the constraints of papers against the trivial rivals, then against each other. */
export const claimsOf = (methods: readonly Method[]): Claim[] => [
  ...['ldc', 'ewc'].flatMap((a) =>
    methods
      .filter(isRival)
      .map((b) =>
        claim(
          `control.${a}.${b}`,
          a,
          b,
          `${nameOf(a)} at its best strength protects better than ${rivalWords(b)}`,
          'theory [N6]',
          'a constraint is worth its cost if it is better',
        ),
      )
      .filter(() => methods.includes(a)),
  ),
  ...CLAIMS.filter(({ a, b }) => methods.includes(a) && methods.includes(b)),
];
