import { describe, expect, it } from 'vitest';
import { run, type World } from './support/ivf2021-world.js';

const verdict = (id: string, w: World) => run(w).get(id)?.verdict;

describe('findings of ivf2021', () => {
  it('confirm a world made as the paper says, with reasons and sources for all', () => {
    const all = run({});
    expect([...all.keys()]).toEqual([
      'ivf.psi',
      'ivf.psi-head',
      'ivf.rank-law',
      'ivf.rank-law-null',
      'ivf.flatness-rank',
      'ivf.drift-aligned',
      'ivf.drift-ballistic',
      'ivf.drift-share',
      'ivf.diffuse',
      'ivf.quadratic',
    ]);
    for (const f of all.values()) {
      expect(f.verdict, f.id).toBe('reproduced');
      expect(f.reason.length).toBeGreaterThan(30);
      expect(f.source).toMatch(/\[/);
      expect(JSON.stringify(f)).not.toMatch(/NaN|undefined/);
    }
    const psi = all.get('ivf.psi');
    expect(Math.abs((psi?.measured.value ?? 0) - 4)).toBeLessThan(0.2);
    expect(psi?.reason).toMatch(/decades of F/);
    expect(psi?.range).toMatch(/rank ≥ 2/);
    expect(Math.abs((all.get('ivf.rank-law')?.measured.value ?? 0) - 2.5)).toBeLessThan(1e-9);
  });

  it('tell psi = 2 from psi = 4, no relation from another exponent, and a poor run from both', () => {
    expect(verdict('ivf.psi', { psi: 2 })).toBe('reproduced with another exponent');
    expect(verdict('ivf.psi', { psi: 3 })).toBe('reproduced with another exponent');
    expect(verdict('ivf.psi', { psi: 4.3 })).toBe('reproduced'); // within 10 %
    expect(verdict('ivf.psi', { psi: -4 })).toBe('not reproduced');
    expect(verdict('ivf.psi', { psi: 20 })).toBe('not decidable with this run'); // F spans less than a decade
    expect(verdict('ivf.psi', { open: true })).toBe('not decidable with this run');
    expect(run({ open: true }).get('ivf.psi')?.reason).toMatch(/Only 0 closed/);
    expect(verdict('ivf.psi', { P: 18 })).toBe('not decidable with this run');
    // a cloud: F barely knows of sigma²
    expect(['not reproduced', 'not decidable with this run']).toContain(verdict('ivf.psi', { psi: 40, noise: 1 }));
  });

  it('compare gamma with the range of the source and with that of the walk', () => {
    expect(verdict('ivf.rank-law', { gamma: 1 })).toBe('reproduced with another exponent');
    expect(verdict('ivf.rank-law', { gamma: 4 })).toBe('reproduced with another exponent');
    const like = run({ gamma: 2.8, walkGamma: 2.83 });
    expect(like.get('ivf.rank-law')?.verdict).toBe('reproduced');
    expect(like.get('ivf.rank-law-null')?.verdict).toBe('not reproduced');
    expect(verdict('ivf.rank-law-null', { gamma: 2.8, walkGamma: 2.2 })).toBe('reproduced');
    expect(verdict('ivf.rank-law', { P: 30 })).toBe('not decidable with this run');
  });

  it('ask of the drift what a random walk cannot give', () => {
    expect(verdict('ivf.drift-aligned', { cos: 0.3 })).toBe('not reproduced');
    expect(verdict('ivf.drift-aligned', { followed: 0 })).toBe('not decidable with this run');
    expect(verdict('ivf.drift-ballistic', { alphaFirst: 1.2 })).toBe('not reproduced');
    expect(verdict('ivf.drift-ballistic', { followed: 0 })).toBe('not decidable with this run');
    expect(verdict('ivf.drift-share', { share: 0.62 })).toBe('not decidable with this run');
    expect(verdict('ivf.drift-share', { share: 0.3 })).toBe('not reproduced');
    expect(run({ alphaFirst: 2 }).get('ivf.drift-ballistic')?.reason).toMatch(/theta₁|theta_1/);
  });

  it('judge diffusion, the order of the widths and the shape of the valley', () => {
    expect(verdict('ivf.diffuse', { alphaRest: 0.2 })).toBe('not reproduced');
    expect(verdict('ivf.diffuse', { followed: 8 })).toBe('not decidable with this run');
    expect(verdict('ivf.flatness-rank', { psi: -4 })).toBe('not reproduced');
    expect(verdict('ivf.flatness-rank', { open: true })).toBe('not decidable with this run');
    expect(verdict('ivf.quadratic', { ratio: 0.76 })).toBe('not reproduced');
    expect(run({ ratio: 0.76 }).get('ivf.quadratic')?.predicted).toMatch(/0\.763/); // 1/√(e−1)
  });

  it('draw the same bootstrap each time', () => {
    expect([...run({}).values()]).toEqual([...run({}).values()]);
  });

  it('need a walk for what is set against it, and say what is missing', () => {
    const all = run({ noWalk: true });
    const without = ['ivf.rank-law-null', 'ivf.drift-ballistic', 'ivf.drift-share'];
    for (const [id, f] of all) {
      expect(f.verdict, id).toBe(without.includes(id) ? 'not decidable with this run' : 'reproduced');
      if (without.includes(id)) expect(f.reason).toContain('Full batches have no noise.');
    }
  });
});
