/** Windows of single layers from rows of the whole network. */
import { ROW_SOURCE_WANTS, type RowSource } from '../analyse/trajectory/rows.js';
import { ANY_NETWORK_WANTS, type AnyNetwork } from '../model/any-network.js';
import * as is from '../numeric/wants.js';
import { layerBlocks } from './blocks.js';

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
export function layerWindows(network: AnyNetwork, rows: RowSource): Record<string, RowSource> {
  is.given('layerWindows', { network, rows }, { network: ANY_NETWORK_WANTS, rows: ROW_SOURCE_WANTS });
  return Object.fromEntries(
    layerBlocks(network).map(({ name, offset, size }) => [name, columnsOf(rows, offset, size)]),
  );
}
