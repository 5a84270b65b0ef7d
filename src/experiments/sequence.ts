/** Experiments one after another. An experiment imports no other, so what runs two of them is here. */

import { FOLDER_WANTS } from '../jobs/context.js';
import * as is from '../numeric/wants.js';
import { CONFIG_WANTS } from '../runs/run.js';
import type { PartialConfig } from '../runs/schema.js';
import { type Ao2022Request, type Ao2022Result, measureAo2022 } from './ao2022/experiment.js';
import { reproduceIvf2021 } from './ivf2021/experiment.js';

/**
 * Runs the experiment of ao2022 on a run of ivf2021, which is made first where none is given and completed where it was
 * stopped. Any network, layer and optimiser: docs/theory [O1] says of which linear system. About 25 s of one core after the training of
 * ivf2021's network, and 1 GB of memory.
 * @throws InputError for runs with a cyclic order, and for layers whose matrices do not fit the memory
 */
export async function reproduceAo2022(
  config: PartialConfig | readonly PartialConfig[],
  request: Ao2022Request = {},
): Promise<Ao2022Result> {
  const wants = { ...FOLDER_WANTS, run: is.maybe(is.path), onTraining: is.maybe(is.func) };
  is.given('reproduceAo2022', { config, request }, { config: CONFIG_WANTS, request: is.shape(wants) });
  return measureAo2022(config, reproduceIvf2021, request);
}
