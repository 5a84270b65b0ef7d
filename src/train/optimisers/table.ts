/** All optimisers by name. */
import { adam } from './adam.js';
import type { OptimiserEntry } from './entry.js';
import { rmsprop } from './rmsprop.js';
import { sgd } from './sgd.js';
import type { OptimiserType } from './spec.js';

export const OPTIMISERS: Readonly<Record<OptimiserType, OptimiserEntry>> = { sgd, rmsprop, adam, adamw: adam };
