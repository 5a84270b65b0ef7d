/** What `thermograd export` does. */
import { type Exported, type ExportRequest, exportResults } from '../results/disk/export.js';
import { openResults } from '../results/disk/folder.js';
import { session } from '../terminal/session.js';

/** Writes the numbers of a folder for another program. */
export async function exportRun(
  path: string,
  { json = false, ...request }: ExportRequest & { readonly json?: boolean },
): Promise<void> {
  await session(json, async (s) => {
    const written = await exportResults(await openResults(path), { ...request, signal: s.signal });
    s.result({ folder: path, ...written }, describeExport(written));
  });
}

/** Writes what is in an export as text, and how it is opened. */
function describeExport({ out, format, contents }: Exported): string {
  const wide = Math.max(0, ...contents.map(({ name }) => name.length));
  const unit = { npz: '', csv: ' rows', tensorboard: ' values' }[format];
  const lines = contents.map(({ name, size }) => `  ${name.padEnd(wide)}  ${size.join(' × ')}${unit}`);
  const opened = {
    npz: `numpy.load(${JSON.stringify(out)})`,
    csv: `pandas.read_csv(${JSON.stringify(`${out}/${contents[0]?.name}`)})`,
    tensorboard: `tensorboard --logdir ${JSON.stringify(out)}`,
  }[format];
  return [out, ...lines, `open it with:  ${opened}`].join('\n');
}
