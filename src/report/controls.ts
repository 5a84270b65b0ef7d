import type { ControlsInput } from './controls-results.js';
import type { Finding } from './finding.js';

export function renderControls(input: ControlsInput): {
  findings: Finding[];
  html: string;
  figures: Record<string, string>;
  tables: Record<string, string>;
  json: string;
} {
  return { findings: [], html: '', figures: {}, tables: {}, json: `${JSON.stringify(input)}\n` };
}
