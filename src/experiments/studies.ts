/** The studies in cells by the record in their folder; each is loaded when a folder of its kind is opened. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { joined, type OpenStudy, openCells } from '../jobs/open-study.js';
import { check } from '../numeric/errors.js';

/** Opens a folder of cells, given that it holds the record. */
type Open = (path: string) => Promise<OpenStudy>;

const valleyNetworks: Open = async (path) => {
  const { NETWORK_STUDY } = await import('./valley2023/network/study.js');
  return openCells(NETWORK_STUDY, path, 'a study of real networks');
};

/** Finds, by the name of its record, how a study is opened. */
const STUDIES: Readonly<Record<string, Open>> = {
  'controls.json': async (path) =>
    openCells((await import('./controls/study.js')).CONTROLS_STUDY, path, 'a study of controls'),
  'forget.json': async (path) =>
    openCells((await import('./forget/study.js')).FORGET_STUDY, path, 'an experiment on forgetting'),
  'generality.json': async (path) =>
    openCells((await import('./generality/study.js')).GENERALITY_STUDY, path, 'a study of generality'),
  'ceilings.json': async (path) =>
    openCells((await import('./ceilings/study.js')).CEILINGS_STUDY, path, 'a study of ceilings'),
  'valley2023.json': async (path) => {
    const { VALLEY_STUDY } = await import('./valley2023/study.js');
    const what = 'a reproduction of valley2023';
    const model = openCells(VALLEY_STUDY, path, what);
    const inside = join(path, 'network');
    if (!existsSync(join(inside, 'network.json'))) return model;
    return joined(path, what, [
      { at: '', study: model },
      { at: 'network', study: await valleyNetworks(inside) },
    ]);
  },
  'network.json': valleyNetworks,
  'sweep.json': async (path) => openCells((await import('./sweep/study.js')).SWEEP_STUDY, path, 'a sweep'),
};

/**
 * Opens a folder of cells, without its lock.
 * @throws InputError for a folder that is no study in cells, and for one that this version cannot read
 */
export async function studyAt(path: string): Promise<OpenStudy> {
  check(
    existsSync(path) && statSync(path).isDirectory(),
    'no-study',
    `there is no folder ${path}; name the folder of a study in cells.`,
  );
  const found = Object.entries(STUDIES).find(([record]) => existsSync(join(path, record)));
  check(
    found !== undefined,
    'no-study',
    `${path} is not the folder of a study in cells: it has none of ${Object.keys(STUDIES).join(', ')}; begin one with --prepare, as in thermograd reproduce generality --prepare --out ${path}.`,
  );
  return found[1](path);
}
