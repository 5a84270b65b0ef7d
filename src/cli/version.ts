/** `thermograd version` and `thermograd completion`: what the program is, and how a shell completes it. */
import { Argument, type Command } from 'commander';
import { allVersions, VERSION } from '../jobs/machine.js';
import { kernelBuild } from '../kernels/load.js';
import { completionScript, SHELLS } from '../terminal/completion/script.js';
import { session } from '../terminal/session.js';

/** Adds `thermograd version`. */
export function addVersion(root: Command): void {
  root
    .command('version')
    .description('print the versions of thermograd and Node, the kernel build, and what does the linear algebra')
    .option('--json', 'print one JSON document on stdout')
    .action(({ json = false }: { json?: boolean }) =>
      session(json, async (s) => {
        const { chooseProvider } = await import('../numeric/linalg/index.js');
        const { node } = allVersions();
        const { name } = await chooseProvider();
        const build = kernelBuild();
        s.result(
          { thermograd: VERSION, node, kernelBuild: build, linearAlgebra: name },
          [
            `thermograd      ${VERSION}`,
            `Node            ${node}`,
            `kernels         ${build}`,
            `linear algebra  ${name}`,
          ].join('\n'),
        );
      }),
    );
}

/** Adds `thermograd completion`. */
export function addCompletion(root: Command): void {
  root
    .command('completion')
    .description('print a script that completes commands, flags, presets and file names in a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText(
      'after',
      `
Examples:
  source <(thermograd completion bash)                                       in ~/.bashrc
  thermograd completion zsh > "\${fpath[1]}/_thermograd"                      before compinit
  thermograd completion fish > ~/.config/fish/completions/thermograd.fish`,
    )
    .action((shell: (typeof SHELLS)[number]) => {
      process.stdout.write(completionScript(root, shell));
    });
}
