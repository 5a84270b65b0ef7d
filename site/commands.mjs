/** The reference of the command line, made from the table of commands. */
import { base } from './place.mjs';

const escaped = (text) => text.replace(/\|/g, '\\|').replace(/</g, '&lt;').replace(/\n/g, ' ');
const row = (...cells) => `| ${cells.join(' | ')} |`;

/** A description as a sentence. */
const sentence = (text) => escaped(text.charAt(0).toUpperCase() + text.slice(1)).replace(/\.?$/, '.');

/** The text that follows the help of a command: notes and examples. */
function after(command) {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text.slice(text.indexOf(command.helpInformation()) + command.helpInformation().length).trim();
}

const usage = (command, above) => `${above} ${command.name()} ${command.usage()}`.trim();

function sections(command, above) {
  const out = [sentence(command.description()), '', '```sh', usage(command, above), '```', ''];
  if (command.registeredArguments.length > 0)
    out.push(
      '| argument | meaning |',
      '|---|---|',
      ...command.registeredArguments.map((a) =>
        row(`\`${a.required ? `<${a.name()}>` : `[${a.name()}]`}\``, escaped(a.description)),
      ),
      '',
    );
  const options = command.options.filter((o) => !o.hidden);
  if (options.length > 0)
    out.push(
      '| option | meaning |',
      '|---|---|',
      ...options.map((o) =>
        row(
          `\`${o.flags.replace(/\|/g, '\\|')}\``,
          escaped(`${o.description}${o.argChoices ? `: ${o.argChoices.join(', ')}` : ''}`),
        ),
      ),
      '',
    );
  const text = after(command);
  if (text) out.push('```text', text, '```', '');
  return out;
}

/** One page for each command, and one that lists them. */
export async function commandPages() {
  const { program } = await import('../dist/cli/commands.js');
  const root = program();
  const commands = root.commands.filter((c) => c.name() !== 'help' && !c._hidden);
  const pages = commands.map((command) => {
    const inner = command.commands.filter((c) => c.name() !== 'help');
    const text = [
      ...sections(command, 'thermograd'),
      ...inner.flatMap((c) => [
        `## thermograd ${command.name()} ${c.name()}`,
        '',
        ...sections(c, `thermograd ${command.name()}`),
      ]),
    ];
    return {
      path: command.name(),
      title: `thermograd ${command.name()}`,
      label: command.name(),
      text: text.join('\n'),
    };
  });
  const list = commands.map((c) => row(`[\`${c.name()}\`](${base}cli/${c.name()}/)`, escaped(c.description())));
  const index = {
    path: 'index',
    title: 'Commands',
    label: 'All commands',
    order: 0,
    text: [
      '```sh',
      'npx thermograd COMMAND',
      '```',
      '',
      '| command | does |',
      '|---|---|',
      ...list,
      '',
      '```text',
      after(root),
      '```',
    ].join('\n'),
  };
  return [index, ...pages];
}
