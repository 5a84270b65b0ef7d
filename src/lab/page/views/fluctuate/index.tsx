/** The view Fluctuate: how the weights of the recorded layer move, and what the finding beside each picture says. */
import { useEffect } from 'preact/hooks';
import { Now } from '../train/settings.js';
import { CloudPanel } from './cloud.js';
import { DisplacementPanel } from './displacement.js';
import { Measuring } from './measuring.js';
import { PlanePanel } from './plane.js';
import { RelationPanel } from './relation.js';
import { keepMeasuring } from './schedule.js';
import { SpectrumPanel } from './spectrum.js';
import { TemperaturePanel } from './temperature.js';

export function Fluctuate() {
  useEffect(keepMeasuring, []);
  return (
    <div class="with-side">
      <div class="area-now side">
        <Now />
        <Measuring />
      </div>
      <div class="area-main">
        <div class="panels">
          <RelationPanel />
          <CloudPanel />
          <SpectrumPanel />
          <DisplacementPanel />
          <TemperaturePanel />
          <PlanePanel />
        </div>
      </div>
    </div>
  );
}
