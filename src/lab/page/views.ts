/** The views of the page, in the order of their tabs. */
import type { ComponentType } from 'preact';
import type { LabState } from '../protocol.js';
import { later } from './later.js';
import { Train } from './views/train/index.js';

export interface View {
  readonly id: LabState['view'];
  readonly title: string;
  /** One plain sentence under the title. */
  readonly says: string;
  /** Whether it shows the network that trains; the bar that starts and pauses is above it then. */
  readonly trains: boolean;
  readonly component: ComponentType;
}

export const views: readonly View[] = [
  {
    id: 'train',
    title: 'Train',
    says: 'Train a network in this browser and change the settings while it runs.',
    trains: true,
    component: Train,
  },
  {
    id: 'fluctuate',
    title: 'Fluctuate',
    says: 'How the weights of one layer move around: along which directions, how far, how fast, and how flat the loss is there.',
    trains: true,
    component: later(() => import('./views/fluctuate/index.js').then((m) => m.Fluctuate)),
  },
  {
    id: 'landscape',
    title: 'Landscape',
    says: 'The loss around the weights, and the potential that the fluctuations follow.',
    trains: true,
    component: later(() => import('./views/landscape/index.js').then((m) => m.Landscape)),
  },
  {
    id: 'valley',
    title: 'Valley',
    says: 'Particles in a valley whose noise depends on the place: drift to the flat end, divergence, freezing.',
    trains: false,
    component: later(() => import('./views/valley/index.js').then((m) => m.Valley)),
  },
  {
    id: 'open',
    title: 'Open',
    says: 'Look at run folders, recordings and weight files.',
    trains: false,
    component: later(() => import('./views/open/index.js').then((m) => m.Open)),
  },
  {
    id: 'compare',
    title: 'Compare',
    says: 'Two or more runs side by side, with their differences and how sure those are.',
    trains: false,
    component: later(() => import('./views/compare/index.js').then((m) => m.Compare)),
  },
  {
    id: 'lessons',
    title: 'Lessons',
    says: 'Six short tours; each sets the page and points at what to see.',
    trains: false,
    component: later(() => import('./views/lessons/index.js').then((m) => m.Lessons)),
  },
];
