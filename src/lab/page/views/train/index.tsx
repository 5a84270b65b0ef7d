/** The view Train: settings at the side, curves and facts beside them. */
import { Curves } from './curves.js';
import { Divergence } from './divergence.js';
import { Facts } from './facts.js';
import { Settings } from './settings.js';

export function Train() {
  return (
    <div class="with-side">
      <Settings />
      <div>
        <Divergence />
        <Facts />
        <Curves />
      </div>
    </div>
  );
}
