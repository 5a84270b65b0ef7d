/** What this machine offers a run, and what could be installed to go faster. */
import { type KernelBuild, kernelBuild } from '../kernels/load.js';
import { allVersions, type Machine, thisMachine, type Versions } from '../run/machine.js';
import { gigabytes } from '../run/memory.js';

export interface Diagnosis {
  readonly versions: Versions;
  readonly machine: Machine;
  readonly kernelBuild: KernelBuild;
  readonly linearAlgebra: { readonly name: string; readonly kind: string };
  /** Sentences on what would make runs faster. */
  readonly advice: readonly string[];
}

export function diagnose(): Diagnosis {
  const build = kernelBuild();
  const advice: string[] = [];
  if (build === 'simd')
    advice.push(
      'Node 20 or newer on a processor with fused multiply-add runs the FMA kernels, which train up to 1.5 times faster.',
    );
  return {
    versions: allVersions(),
    machine: thisMachine(),
    kernelBuild: build,
    linearAlgebra: { name: '?', kind: 'embedded' },
    advice,
  };
}

export function describeDiagnosis(d: Diagnosis): string {
  const rows = [
    ['thermograd', d.versions.thermograd],
    ['Node', `${d.versions.node} (V8 ${d.versions.v8})`],
    ['system', d.machine.system],
    ['processor', `${d.machine.cpu}, ${d.machine.cores} ${d.machine.cores === 1 ? 'core' : 'cores'}`],
    ['memory', gigabytes(d.machine.memory)],
    ['kernels', d.kernelBuild === 'fma' ? 'fma (SIMD with fused multiply-add)' : 'simd (without fused multiply-add)'],
    ['linear algebra', d.linearAlgebra.name],
  ];
  const lines = rows.map(([name, value]) => `${name.padEnd(15)} ${value}`);
  return [...lines, '', ...(d.advice.length ? d.advice : ['Nothing to add: this is as fast as it gets here.'])].join(
    '\n',
  );
}
