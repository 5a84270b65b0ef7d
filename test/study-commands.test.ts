/** `reproduce controls`, `ceilings` and `valley2023`: from flags to a request, and from a result to the terminal, with the work left out. */
import { describe, expect, it, vi } from 'vitest';
import { reproduceCeilings } from '../src/experiments/ceilings/experiment.js';
import { reproduceControls } from '../src/experiments/controls/experiment.js';
import { reproduceValley2023 } from '../src/experiments/valley2023/experiment.js';
import { InterruptedError } from '../src/jobs/context.js';
import { estimate } from '../src/numeric/estimate.js';
import type { Finding } from '../src/report/finding.js';
import { callHere } from './support/here.js';

vi.mock('../src/experiments/controls/experiment.js', () => ({ reproduceControls: vi.fn() }));
vi.mock('../src/experiments/ceilings/experiment.js', () => ({ reproduceCeilings: vi.fn() }));
vi.mock('../src/experiments/valley2023/experiment.js', () => ({ reproduceValley2023: vi.fn() }));

const finding: Finding = {
  id: 'some.claim',
  claim: 'something falls',
  measured: estimate(2.5, 0.25, 4, 'by hand'),
  stated: 'it falls',
  verdict: 'reproduced',
  reason: 'it does',
  source: 'somewhere',
  unit: '',
};
const DONE = { folder: 'some/where', findings: [finding] };

describe.each([
  {
    name: 'controls',
    experiment: vi.mocked(reproduceControls),
    result: { cause: ['The cause is known.'] },
    lines: ['The cause is known.'],
    flags: ['--seeds', '3'],
    asked: { seeds: 3 },
    again: '',
  },
  {
    name: 'ceilings',
    experiment: vi.mocked(reproduceCeilings),
    result: { conclusion: ['One rule holds.', 'The other does not.'] },
    lines: ['One rule holds.', 'The other does not.'],
    flags: [],
    asked: {},
    again: '',
  },
  {
    name: 'valley2023',
    experiment: vi.mocked(reproduceValley2023),
    result: { seconds: { potential: 3, phase: 130 } },
    lines: ['time: potential 3.0 s, phase 2 min 10 s'],
    flags: ['--part', 'model', '--seeds', '2'],
    asked: { part: 'model', seeds: 2 },
    again: ' --part model',
  },
])('reproduce $name', ({ name, experiment, result, lines, flags, asked, again }) => {
  const given = (value: unknown) => experiment.mockReset().mockResolvedValue(value as never);
  const words = ['reproduce', name, ...flags];

  it('asks for what its flags say and for nothing else', async () => {
    given({ ...DONE, ...result });
    await callHere(...words, '--preset', 'quick', '--workers', '2', '--out', 'there', '--resume');
    const {
      signal: _,
      onProgress: __,
      onStart: ___,
      ...request
    } = experiment.mock.calls[0][0] as Record<string, unknown>;
    expect(request).toEqual({ ...asked, preset: 'quick', workers: 2, out: 'there', resume: true });
    await callHere('reproduce', name);
    const { signal, onProgress, onStart, ...least } = experiment.mock.calls[1][0] as Record<string, unknown>;
    expect(least).toEqual({ resume: false });
    expect(signal).toBeInstanceOf(AbortSignal);
    expect([typeof onProgress, typeof onStart]).toEqual(['function', 'function']);
  });

  it('passes on where cells are computed, and prints what was done instead with how to go on', async () => {
    const instead = { did: 'prepared', sentence: 'All is prepared.' };
    given({ ...DONE, ...result, findings: [], instead });
    const text = await callHere(...words, '--on', 'threads', '--prepare', '--take-over');
    expect(experiment.mock.calls[0][0]).toMatchObject({ ...asked, on: 'threads', prepare: true, takeOver: true });
    const goOn = `thermograd reproduce ${name}${again} --out some/where --resume`;
    const said = text.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.trim().split('    ')[0]);
    expect(said).toEqual([
      'All is prepared.',
      'go on with:',
      'thermograd cells some/where --missing',
      'thermograd cell some/where INDEX…',
      `${goOn} --on threads`,
    ]);
    given({ ...DONE, ...result, findings: [], instead: { did: 'cancelled', sentence: 'Three were ended.' } });
    const json = await callHere(...words, '--cancel', '--json');
    expect(experiment.mock.calls[0][0]).toMatchObject({ cancel: true });
    const next = [goOn];
    expect(JSON.parse(json.stdout)).toEqual({
      folder: 'some/where',
      did: 'cancelled',
      sentence: 'Three were ended.',
      next,
    });
  });

  it('prints one document, or a table of findings and the path of the page', async () => {
    given({ ...DONE, ...result });
    const json = await callHere(...words, '--json');
    expect(json.code).toBe(0);
    expect(JSON.parse(json.stdout)).toEqual({ ...DONE, report: 'some/where/report.html', ...result });
    const text = await callHere(...words);
    const [head, gap, verdict, first, ...rest] = text.stdout.trimEnd().split('\n');
    expect([head.trim().split(/ +/)[0], gap]).toEqual(['finding', '']);
    expect(verdict).toBe('reproduced (1)');
    expect(first).toMatch(/^ {2}some\.claim +2\.50 ± 0\.25 /);
    expect(rest).toEqual(['', '1 finding: 1 reproduced', '', ...lines, 'report: some/where/report.html']);
  });

  it('says how to go on when it is stopped', async () => {
    experiment.mockReset().mockRejectedValue(new InterruptedError("a run's"));
    const { code, stderr } = await callHere(...words);
    expect(code).toBe(130);
    expect(stderr).toContain(`continue with:  thermograd reproduce ${name}${again} --out 'a run'\\''s' --resume\n`);
  });
});
