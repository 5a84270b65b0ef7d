/** The page of a decomposition, from made-up numbers: everything that it says is in them, and nothing else. */
import { describe, expect, it } from 'vitest';
import { renderDecomposition } from '../src/experiments/decompose/page.js';
import { covarianceSummary, decompositionSummary, vorticesDocument } from '../src/experiments/decompose/summary.js';
import { decomposition, summaryInput, turning } from './support/decompose-results.js';

const run = { config: { drift: 'F.npy', diffusion: 'D.csv' }, versions: { thermograd: 'version' } };
const figure = {
  name: 'potential',
  title: 'Potential',
  svg: '<svg id="p"></svg>',
  narrow: '<svg></svg>',
  data: 'x\r\n1\r\n',
  onPage: '<svg id="p"></svg>',
  caption: 'A caption.',
};
const summary = decompositionSummary(summaryInput({ files: ['sigma.npy', 'q.npy', 'summary.json'] }));
const page = renderDecomposition({ summary, vortices: vorticesDocument(turning, decomposition()), figure, run });
const text = page.html.replace(/<style>[\s\S]*?<\/style>|<[^>]+>/g, ' ').replace(/\s+/g, ' ');

describe('the page of a decomposition', () => {
  it('says what turns, the numbers of the system, and its warnings', () => {
    expect(text).toContain(
      'The stationary state turns in 2 planes; the strongest carries 81.3 % of the flux, with q 2.50.',
    );
    expect(text).toContain('noise strength epsilon 0.7');
    expect(text).toContain('rank of D 2 of 3');
    expect(text).toContain('entropy production per unit of time 8.13');
    expect(text).toMatch(/Warnings D is singular in one direction\. A second thing to know\./);
  });

  it('has every eigenvalue and vortex, on the page and as CSV', () => {
    expect(page.tables['eigenvalues.csv']).toBe('index,real,imaginary\r\n0,0.3,0\r\n1,1.1,2.5\r\n2,1.1,-2.5\r\n');
    expect(page.tables['vortices.csv']).toBe('index,q,share,circulation\r\n0,2.5,0.8125,1.75\r\n1,0.5,0.1875,0.35\r\n');
    expect(text).toMatch(/1\.100 −2\.500/);
    expect(text).toMatch(/2\.500 81\.3 % 1\.750/);
  });

  it('states the residual of each identity beside it', () => {
    expect(text).toMatch(/F W = D \+ Q, where Σ = \S+ W .{0,8} ?1\.2 × 10⁻¹⁶/);
    expect(text).toMatch(/U W = 1 1\.7 × 10⁻¹⁶/);
    expect(text).toContain('Σ is known to about 3.4 × 10⁻¹⁴ of its size');
  });

  it('names the files that were written and no others, and its figure', () => {
    expect(text).toMatch(/sigma\.npy the stationary covariance/);
    expect(text).not.toContain('u.npy');
    expect(Object.keys(page.figures)).toEqual(['potential']);
    expect(JSON.parse(page.json)).toMatchObject({ format: 'thermograd-decomposition-report', summary: { n: 3 } });
  });

  it('says that nothing turns, that F is unstable, and that the potential is lost', () => {
    const of = (changes: object) => renderDecomposition({ summary: { ...summary, ...changes }, run }).html;
    expect(of({ vortices: { count: 0, whitening: 'diffusion', flux: 0, strongest: null } })).toContain(
      'Detailed balance holds',
    );
    expect(of({ stationary: false })).toContain('F is unstable');
    const covariance = {
      ...decomposition(),
      residuals: { lyapunov: 1e-16, force: 2e-16, backward: 3e-16 },
      condition: 1e20,
    };
    const lost = covarianceSummary({
      covariance: {
        ...covariance,
        lost: 'noise does not reach one direction',
        direction: [1, 0, 0],
        rank: 2,
        reached: 2,
        lyapunovCondition: 9,
      } as never,
      provider: 'embedded',
      inputs: { drift: 'F', diffusion: 'D' },
      files: ['sigma.npy'],
    });
    const html = renderDecomposition({ summary: lost, run }).html;
    expect(html).toContain('The covariance is known, and its potential is lost: noise does not reach one direction.');
    expect(html).not.toContain('U W = 1');
  });
});
