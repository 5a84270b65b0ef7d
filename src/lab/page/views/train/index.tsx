/** The view Train: settings at the side, curves and facts beside them. */
import { Curves } from './curves.js';
import { Divergence } from './divergence.js';
import { Facts } from './facts.js';
import { Anew, Now } from './settings.js';

export function Train() {
  return (
    <div class="with-side">
      <div class="area-now">
        <Now />
      </div>
      <div class="area-main">
        <Divergence />
        <Facts />
        <Curves />
      </div>
      <div class="area-anew">
        <Anew />
      </div>
    </div>
  );
}
