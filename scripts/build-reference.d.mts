import type * as schemas from '../src/experiments/config-schemas.js';
import type { controlsConfig } from '../src/experiments/controls/config.js';
import type { FORGET_PRESETS } from '../src/experiments/forget/schema.js';
import type { MEASURES } from '../src/experiments/sweep/measures/registry.js';
import type { PRESETS } from '../src/runs/presets.js';

export function referenceDocuments(parts: {
  readonly schemas: Pick<typeof schemas, 'configNodes' | 'configSchemas'>;
  readonly PRESETS: typeof PRESETS;
  readonly FORGET_PRESETS: typeof FORGET_PRESETS;
  readonly controlsConfig: typeof controlsConfig;
  readonly MEASURES: typeof MEASURES;
}): Record<string, string>;
