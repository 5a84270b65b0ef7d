/** The page of a penalty, from made-up numbers. */
import { describe, expect, it } from 'vitest';
import { stiffnessByAxis } from '../src/experiments/protect/figures/stiffness.js';
import { renderProtection } from '../src/experiments/protect/page.js';
import { protection } from './support/protect-results.js';

const run = { config: { seed: 11 } };
const layers = [
  { block: 'layer1', constrained: 3, excluded: 1, why: 'the loss falls on one side', stiffness: [0.81, 0.12, 0.37] },
  { block: 'layer2', constrained: 1234, excluded: 0, why: '', stiffness: [0.02, 2.13] },
];
const page = renderProtection(protection({ layers, file: 'penalty.npz' }), run);
const text = page.html.replace(/<style>[\s\S]*?<\/style>|<[^>]+>/g, ' ').replace(/\s+/g, ' ');

describe('the page of a penalty', () => {
  it('says what the terminal says, and how PyTorch reads the file', () => {
    expect(text).toContain('Principal directions by 1/F². The penalty is in penalty.npz.');
    expect(text).toMatch(
      /strength 0\.502 \(exact; 4\(e−1\)L0 with L0 = 0\.0731\); start there, and try some decades above it/,
    );
    expect(text).toContain('load_penalty(&quot;penalty.npz&quot;, model)');
  });

  it('has the layers, and every stiffness that is known, as CSV', () => {
    expect(page.tables['layers.csv']).toBe(
      'layer,held,left_out,why,least_stiffness,largest_stiffness\r\nlayer1,3,1,the loss falls on one side,0.12,0.81\r\nlayer2,1234,0,,0.02,2.13\r\n',
    );
    expect(page.tables['stiffness.csv']).toBe(
      'layer,axis,stiffness\r\nlayer1,1,0.81\r\nlayer1,2,0.12\r\nlayer1,3,0.37\r\nlayer2,1,0.02\r\nlayer2,2,2.13\r\n',
    );
    expect(text).toMatch(/layer1 3 1 the loss falls on one side 0\.120 0\.810/);
  });

  it('draws the spectrum of layers that are held along axes, and says where there is none', () => {
    const drawn = stiffnessByAxis(layers);
    expect('svg' in drawn && drawn.svg).toContain('layer1');
    expect('svg' in drawn && drawn.svg).not.toContain('layer2'); // of 1234 weights two stiffnesses are known: the ends of their range
    expect('svg' in drawn && drawn.svg.match(/<circle /g)).toHaveLength(3);
    expect(stiffnessByAxis(layers.slice(1))).toMatchObject({
      missing: expect.stringContaining('no layer is held along several axes'),
    });
  });
});
