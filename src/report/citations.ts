/** The works that reports cite, as text and as BibTeX, under the keys that docs/theory uses. */
import type { Finding } from './finding.js';

export interface Citation {
  readonly key: string;
  readonly authors: string;
  readonly title: string;
  readonly where: string;
  readonly year: number;
  /** Address of the version of record, where it has a permanent one. */
  readonly url?: string;
  readonly bibtex: string;
}

const entry = (kind: string, key: string, fields: Record<string, string>): string =>
  `@${kind}{${key},\n${Object.entries(fields)
    .map(([k, v]) => `  ${k} = {${v}}`)
    .join(',\n')}\n}`;

export const CITATIONS: readonly Citation[] = [
  {
    key: 'ivf2021',
    authors: 'Yu Feng, Yuhai Tu',
    title: 'The inverse variance–flatness relation in stochastic gradient descent is critical for finding flat minima',
    where: 'Proceedings of the National Academy of Sciences 118(9), e2015617118',
    year: 2021,
    url: 'https://doi.org/10.1073/pnas.2015617118',
    bibtex: entry('article', 'ivf2021', {
      author: 'Feng, Yu and Tu, Yuhai',
      title:
        'The inverse variance--flatness relation in stochastic gradient descent is critical for finding flat minima',
      journal: 'Proceedings of the National Academy of Sciences',
      volume: '118',
      number: '9',
      pages: 'e2015617118',
      year: '2021',
      doi: '10.1073/pnas.2015617118',
    }),
  },
  {
    key: 'ao2022',
    authors: 'Xia Xiong, Yong-Cong Chen, Chunxiao Shi, Ping Ao',
    title: 'On the stochastic gradient descent and inverse variance-flatness relation in artificial neural networks',
    where: 'arXiv:2207.04932',
    year: 2022,
    url: 'https://arxiv.org/abs/2207.04932',
    bibtex: entry('misc', 'ao2022', {
      author: 'Xiong, Xia and Chen, Yong-Cong and Shi, Chunxiao and Ao, Ping',
      title: 'On the stochastic gradient descent and inverse variance-flatness relation in artificial neural networks',
      year: '2022',
      eprint: '2207.04932',
      archivePrefix: 'arXiv',
    }),
  },
  {
    key: 'valley2023',
    authors: 'Ning Yang, Chao Tang, Yuhai Tu',
    title:
      'Stochastic gradient descent introduces an effective landscape-dependent regularization favoring flat solutions',
    where: 'Physical Review Letters 130, 237101',
    year: 2023,
    url: 'https://doi.org/10.1103/PhysRevLett.130.237101',
    bibtex: entry('article', 'valley2023', {
      author: 'Yang, Ning and Tang, Chao and Tu, Yuhai',
      title:
        'Stochastic gradient descent introduces an effective landscape-dependent regularization favoring flat solutions',
      journal: 'Physical Review Letters',
      volume: '130',
      pages: '237101',
      year: '2023',
      doi: '10.1103/PhysRevLett.130.237101',
    }),
  },
  {
    key: 'antognini2018',
    authors: 'Joseph M. Antognini, Jascha Sohl-Dickstein',
    title: 'PCA of high dimensional random walks with comparison to neural network training',
    where: 'Advances in Neural Information Processing Systems 31; arXiv:1806.08805',
    year: 2018,
    url: 'https://arxiv.org/abs/1806.08805',
    bibtex: entry('inproceedings', 'antognini2018', {
      author: 'Antognini, Joseph M. and Sohl-Dickstein, Jascha',
      title: '{PCA} of high dimensional random walks with comparison to neural network training',
      booktitle: 'Advances in Neural Information Processing Systems',
      volume: '31',
      year: '2018',
      eprint: '1806.08805',
      archivePrefix: 'arXiv',
    }),
  },
  {
    key: 'kirkpatrick2017',
    authors: 'James Kirkpatrick, Razvan Pascanu, Neil Rabinowitz, Joel Veness and others',
    title: 'Overcoming catastrophic forgetting in neural networks',
    where: 'Proceedings of the National Academy of Sciences 114(13), 3521–3526',
    year: 2017,
    url: 'https://doi.org/10.1073/pnas.1611835114',
    bibtex: entry('article', 'kirkpatrick2017', {
      author: 'Kirkpatrick, James and Pascanu, Razvan and Rabinowitz, Neil and Veness, Joel and others',
      title: 'Overcoming catastrophic forgetting in neural networks',
      journal: 'Proceedings of the National Academy of Sciences',
      volume: '114',
      number: '13',
      pages: '3521--3526',
      year: '2017',
      doi: '10.1073/pnas.1611835114',
    }),
  },
  {
    key: 'mnist',
    authors: 'Yann LeCun, Corinna Cortes, Christopher J. C. Burges',
    title: 'The MNIST database of handwritten digits',
    where: 'data set, yann.lecun.com/exdb/mnist',
    year: 1998,
    bibtex: entry('misc', 'mnist', {
      author: 'LeCun, Yann and Cortes, Corinna and Burges, Christopher J. C.',
      title: 'The {MNIST} database of handwritten digits',
      year: '1998',
      howpublished: 'http://yann.lecun.com/exdb/mnist/',
    }),
  },
  {
    key: 'fashionmnist',
    authors: 'Han Xiao, Kashif Rasul, Roland Vollgraf',
    title: 'Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms',
    where: 'arXiv:1708.07747',
    year: 2017,
    url: 'https://arxiv.org/abs/1708.07747',
    bibtex: entry('misc', 'fashionmnist', {
      author: 'Xiao, Han and Rasul, Kashif and Vollgraf, Roland',
      title: '{Fashion-MNIST}: a novel image dataset for benchmarking machine learning algorithms',
      year: '2017',
      eprint: '1708.07747',
      archivePrefix: 'arXiv',
    }),
  },
];

/**
 * Selects the works that a report cites: always the protocol and the null model, others where a text contains their key, and the data
 * set that the configuration names.
 */
export function citationsUsed(texts: readonly string[], config = ''): Citation[] {
  const all = texts.join('\n');
  const data = /fashion/i.test(config) ? 'fashionmnist' : /mnist/i.test(config) ? 'mnist' : '';
  return CITATIONS.filter(
    (c) => c.key === 'ivf2021' || c.key === 'antognini2018' || c.key === data || all.includes(c.key),
  );
}

/** Selects the works that findings name, the data set that the text of a configuration names, and others by their keys. */
export const citationsOf = (findings: readonly Finding[], config = '', keys: readonly string[] = []): Citation[] =>
  citationsUsed([...keys, ...findings.flatMap((f) => [f.source, f.stated, f.predicted ?? '', f.reason])], config);
