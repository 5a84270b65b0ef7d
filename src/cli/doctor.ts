/** The diagnosis of a machine: what it offers a run, and what would make runs faster. */

import { allVersions, type Machine, thisMachine, type Versions } from '../jobs/machine.js';
import { gigabytes } from '../jobs/memory.js';
import { type KernelBuild, kernelBuild } from '../kernels/load.js';
import { chooseProvider, type LinearAlgebra } from '../numeric/linalg/index.js';

/** Reports what this machine offers a run. */
interface Diagnosis {
  readonly versions: Versions;
  readonly machine: Machine;
  readonly kernelBuild: KernelBuild;
  /** What computes, and for a library where it lies, its core and the bits of its integers. */
  readonly linearAlgebra: Pick<LinearAlgebra, 'kind' | 'name' | 'library'>;
  /** Sentences on what would make runs faster. */
  readonly advice: readonly string[];
}

/** Examines the machine, and loads the linear algebra provider that runs would use. */
export async function diagnose(): Promise<Diagnosis> {
  const build = kernelBuild();
  const { kind, name, library } = await chooseProvider();
  const machine = thisMachine();
  const advice: string[] = [];
  if (kind === 'embedded') {
    const reason = await chooseProvider({ prefer: 'system' }).then(
      () => '',
      (error: Error) => ` (${error.message})`,
    );
    advice.push(
      'No system linear algebra is in use: with OpenBLAS the eigenproblem of 2500 weights takes seconds instead of half a minute. ' +
        "On Debian: apt-get install libopenblas0, or anywhere activate a Python environment with NumPy, whose OpenBLAS is then used; keep npm's " +
        `optional package koffi.${reason}`,
    );
  }
  advice.push(...(library?.advice ?? []));
  if (build === 'simd')
    advice.push(
      'The kernels run without fused multiply-add: a newer Node, on a processor that has it, trains up to 1.5 times faster.',
    );
  if (machine.cores < 2) advice.push('Only one core is available: the flatness stage would use as many as there are.');
  if (machine.memory < 2e9)
    advice.push('Less than 2 GB of memory: keep analysis.directions small, or record a smaller layer.');
  return {
    versions: allVersions(),
    machine,
    kernelBuild: build,
    linearAlgebra: { kind, name, ...(library && { library }) },
    advice,
  };
}

/** Writes a diagnosis as text, one property a line, then the advice. */
export function describeDiagnosis(d: Diagnosis): string {
  const rows = [
    ['thermograd', d.versions.thermograd],
    ['Node', `${d.versions.node} (V8 ${d.versions.v8})`],
    ['system', d.machine.system],
    ['processor', `${d.machine.cpu}, ${d.machine.cores} ${d.machine.cores === 1 ? 'core' : 'cores'}`],
    ['memory', gigabytes(d.machine.memory)],
    ['kernels', d.kernelBuild === 'fma' ? 'fma (SIMD with fused multiply-add)' : 'simd (without fused multiply-add)'],
    ['linear algebra', d.linearAlgebra.name],
    ...(d.linearAlgebra.library ? [['', d.linearAlgebra.library.path]] : []),
  ];
  const lines = rows.map(([name, value]) => `${name.padEnd(15)} ${value}`);
  const advice = d.advice.length > 0 ? d.advice : ['Nothing would make it faster here.'];
  return [...lines, '', ...advice].join('\n');
}
