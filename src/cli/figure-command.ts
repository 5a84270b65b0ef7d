/** What `thermograd figure` does. */
import { existsSync, lstatSync } from 'node:fs';
import { extname } from 'node:path';
import { check } from '../numeric/errors.js';
import { writeWhole } from '../record/files.js';
import { FIGURE_FORMATS, type FigureFormat, figureOf, figuresIn } from '../results/disk/figures.js';
import { openResults } from '../results/disk/folder.js';
import { session } from '../terminal/session.js';

interface FigureFlags {
  readonly format?: FigureFormat;
  readonly out?: string;
  readonly width?: number;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Lists the figures of a folder, or writes one of them. */
export async function figure(path: string, name: string | undefined, flags: FigureFlags): Promise<void> {
  const { json = false, force = false } = flags;
  await session(json, async (s) => {
    const folder = await openResults(path);
    if (name === undefined) {
      const given = (['format', 'out', 'width', 'force'] as const).find((key) => flags[key] !== undefined);
      check(given === undefined, 'bad-flag', `--${given} belongs to one figure: name it; without it they are listed.`);
      const figures = await figuresIn(folder);
      const wide = Math.max(0, ...figures.map((f) => f.name.length));
      const lines = figures.map((f) => `${f.name.padEnd(wide)}  ${f.title}`);
      const none = `${path} holds no figures; those of a run appear with its report.`;
      s.result({ folder: path, figures }, lines.join('\n') || none);
      return;
    }
    const format = formatOf(flags);
    check(
      flags.width === undefined || format !== 'csv',
      'bad-flag',
      '--width is that of a drawing; leave it out for csv.',
    );
    const toStdout = flags.out === '-';
    check(!(toStdout && json), 'bad-flag', '--out - writes the figure itself to standard output; leave --json out.');
    const out = flags.out ?? `${name}.${format}`;
    if (!toStdout) checkFile(out, force);
    const content = await figureOf(folder, name, format, flags.width);
    if (toStdout) {
      process.stdout.write(content);
      return;
    }
    writeWhole(out, content);
    const bytes = typeof content === 'string' ? Buffer.byteLength(content) : content.length;
    s.result({ folder: path, figure: name, format, out, bytes }, `${out} (${Math.ceil(bytes / 1000)} kB)`);
  });
}

/** The format asked for, or that of the ending of the file. */
function formatOf({ format, out }: FigureFlags): FigureFormat {
  const ending = extname(out ?? '')
    .slice(1)
    .toLowerCase();
  const known = FIGURE_FORMATS.find((f) => f === ending);
  check(
    format === undefined || known === undefined || known === format,
    'bad-flag',
    () => `--format ${format} and --out ${out} do not agree; leave one of them out.`,
  );
  return format ?? known ?? 'svg';
}

function checkFile(out: string, force: boolean): void {
  if (!existsSync(out)) return;
  check(lstatSync(out).isFile(), 'out-exists', () => `${out} is not a file; choose another with --out.`);
  check(force, 'out-exists', () => `there is a file ${out}; choose another with --out, or replace it with --force.`);
}
