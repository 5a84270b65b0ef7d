/** All guided tours. */
import type { Lesson } from './lesson.js';
import { NETWORK_LESSONS } from './network-lessons.js';
import { VALLEY_LESSONS } from './valley-lessons.js';

export const LESSONS: readonly Lesson[] = [...NETWORK_LESSONS, ...VALLEY_LESSONS];
