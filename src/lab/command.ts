/** `thermograd lab`: its flags, its help, and what it prints. */
import { spawn } from 'node:child_process';
import { type Command, Option } from 'commander';
import { InputError } from '../numeric/errors.js';
import { session } from '../terminal/session.js';
import { wholeNumber } from '../terminal/values.js';

interface Flags {
  readonly port: number;
  readonly host?: string;
  readonly open?: boolean;
  readonly json?: boolean;
}

/** Adds the command. */
export function addLab(root: Command): void {
  root
    .command('lab')
    .description('open the live page: train a network and see its fluctuations; look at runs and compare them')
    .argument('[runs...]', 'run folders, folders that hold some, or recordings, to open and compare on the page')
    .addOption(new Option('--port <n>', 'port on this machine; 0: a free one').argParser(wholeNumber).default(0))
    .option(
      '--host <address>',
      'address to listen on; beyond this machine, others can read the given folders (127.0.0.1)',
    )
    .option('--open', 'open the page in the browser (as is done where a terminal asks)')
    .option('--no-open', 'only print the address')
    .option('--json', 'print {url, port, runs} as one JSON document, for errors too')
    .addHelpText(
      'after',
      `
The page trains in the browser with the same kernels as this program, so that the same settings give the same numbers.
Without folders it opens all the same: runs and recordings can also be dropped on it.

Only the page itself and files below the given folders can be read, and nothing is written. The server answers on this machine
alone, under the names 127.0.0.1 and localhost; --host opens it to others, who can then read the same files without a password.
Ctrl-C ends it. The page needs no server: npm run site, in a copy of the sources, builds it as static files.

Examples:
  thermograd lab                                     a network that trains in the browser
  thermograd lab ivf2021-standard-seed0              beside it, the findings and figures of a run
  thermograd lab runs/                               an index of all runs in a folder, to sort, open and compare
  thermograd lab runs/a runs/b --port 8080 --no-open  at an address that stays the same, for links`,
    )
    .action(async (runs: string[], { port, host, open, json = false }: Flags) => {
      await session(json, async ({ signal, result, line }) => {
        if (port > 65_535) throw new InputError('bad-port', `--port is a number from 0 to 65535, not ${port}.`);
        const { serveLab } = await import('./server/serve.js');
        const lab = await serveLab({ folders: runs, port, ...(host !== undefined && { host }) });
        const { url, port: taken, runs: count, open: reachable } = lab;
        const held = count === 1 ? '1 run' : `${count} runs`;
        result({ url, port: taken, runs: count }, `${url}  ${runs.length > 0 ? `with ${held}; ` : ''}Ctrl-C ends it`);
        if (reachable)
          line.say(
            `warning: everybody who reaches ${host} can read the page and the given folders; there is no password.`,
          );
        if (open ?? (process.stdout.isTTY && !json)) openInBrowser(url);
        await new Promise<void>((resolve) => {
          if (signal.aborted) resolve();
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
        await lab.close();
      });
    });
}

/** Asks the system to show an address; where it cannot, the printed address is what remains. */
function openInBrowser(url: string): void {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  if (process.platform === 'linux' && !DISPLAY && !WAYLAND_DISPLAY) return; // xdg-open would start a browser for terminals
  const [program, ...words] =
    process.platform === 'darwin'
      ? ['open', url]
      : process.platform === 'win32'
        ? ['rundll32', 'url.dll,FileProtocolHandler', url]
        : ['xdg-open', url];
  const child = spawn(program, words, { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}
