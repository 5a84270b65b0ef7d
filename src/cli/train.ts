/** `thermograd train`: its flags and its help. */
import type { Command } from 'commander';
import type { RunFlags } from '../terminal/flags.js';
import { runFlags } from './run-flags.js';

/** Adds the command. */
export function addTrain(root: Command): void {
  const command = root
    .command('train')
    .description('train and record only; continue with reproduce --resume or analyse');
  runFlags(command);
  command
    .addHelpText(
      'after',
      `
Writes trajectory.zarr (zarr.open in Python reads it), model.safetensors, history.json and run.json.

A config also says data: {normalize: {mean: 0.1307, std: 0.3081}} for inputs (x - mean)/std, and network: {loss: squared-error}: the
loss is then half the SUM of (z - y)^2 over the outputs, a mean over samples, and labels become targets 0 and 1.

Examples:
  thermograd train --preset quick --out runs/a
  thermograd reproduce ivf2021 --resume --out runs/a      measure what was recorded`,
    )
    .action(async (flags: RunFlags) => (await import('../experiments/ivf2021/command.js')).train(flags));
}
