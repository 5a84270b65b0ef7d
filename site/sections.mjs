/** The sections of the site in the order of its sidebar: name, folder of pages, and whether it begins open. */
export const SECTIONS = [
  ['Tutorials', 'tutorials', true],
  ['How to', 'how-to', false],
  ['Concepts', 'concepts', false],
  ['Theory', 'theory', false],
  ['Results', 'results', false],
  ['Rules of verdicts', 'rules', false],
  ['Command line', 'cli', false],
  ['Configs and formats', 'reference', false],
  ['API: thermograd', 'api/thermograd', false],
  ['API: thermograd/parts', 'api/parts', false],
  ['Decisions', 'decisions', false],
  ['Project', 'project', false],
];
