/** Windows of single layers from rows of the whole network. */
import { ROW_SOURCE_WANTS, type RowSource } from '../analyse/trajectory/rows.js';
import { layersOf, NETWORK_SPEC_WANTS, type NetworkSpec } from '../model/network.js';
import * as is from '../numeric/wants.js';

/** Makes a source of the columns from … from + count − 1 of every row, copied piece by piece. */
export function columnsOf(source: RowSource, from: number, count: number): RowSource {
  return {
    T: source.T,
    P: count,
    async *chunks() {
      for await (const chunk of source.chunks()) {
        const rows = chunk.length / source.P;
        const out = chunk instanceof Float64Array ? new Float64Array(rows * count) : new Float32Array(rows * count);
        for (let r = 0; r < rows; r++) {
          const at = r * source.P + from;
          out.set(chunk.subarray(at, at + count), r * count);
        }
        yield out;
      }
    },
  };
}

/** Returns the window of each layer's weights, by name, from rows of the whole network (`recordWindow`). */
export function layerWindows(spec: NetworkSpec, rows: RowSource): Record<string, RowSource> {
  is.given('layerWindows', { spec, rows }, { spec: NETWORK_SPEC_WANTS, rows: ROW_SOURCE_WANTS });
  return Object.fromEntries(
    layersOf(spec).map(({ name, weightOffset, inputs, outputs }) => [
      name,
      columnsOf(rows, weightOffset, inputs * outputs),
    ]),
  );
}
