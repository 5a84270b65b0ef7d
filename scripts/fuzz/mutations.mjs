/** Small mistakes in files, texts and trees of settings, drawn from a seeded stream of random numbers. */

/** Texts that have misled readers of numbers and settings. */
const WORDS = ['0x10', '1e999', 'NaN', '-1', '0', '', 'null', '[]', '{}', '99999999999999999999', '__proto__', '&a [*a]', '*a', '1,5', ';', '\t', "'", '"', 'é', '\u0000', 'true', '-Infinity', '1e-400', '2000000000', '0.1.2', 'x'.repeat(300)]; // biome-ignore format: a list
const VALUES = [null, -1, 0, 1, 0.5, 1e12, 2 ** 53, -0.001, Number.NaN, '', 'x', '0x10', true, [], {}, [1, 2], [-1], { x: 1 }, 'y'.repeat(500)]; // biome-ignore format: a list

/** A stream of random numbers from the keyed generator of the program. */
export function drawing(stream) {
  const below = (n) => (n <= 0 ? 0 : stream.integer(n));
  const one = (list) => list[below(list.length)];
  return { below, one, chance: (p) => stream.uniform() < p };
}

/** Changes bytes in one to three places. */
export function mutateBytes(bytes, draw) {
  let out = Uint8Array.from(bytes);
  for (let k = 0, n = 1 + draw.below(3); k < n; k++) {
    const at = draw.below(out.length);
    // half of the changes fall into the head, where the meaning of the rest is decided
    const place = draw.chance(0.5) ? draw.below(Math.min(out.length, 160)) : at;
    const length = 1 + draw.below(draw.chance(0.8) ? 8 : Math.max(1, out.length));
    const join = (...parts) => Uint8Array.from(parts.flatMap((p) => Array.from(p)));
    const kind = draw.below(9);
    if (kind === 0 && out.length > 0) out[place] ^= 1 << draw.below(8);
    else if (kind === 1 && out.length > 0) out[place] = draw.below(256);
    else if (kind === 2) out = out.slice(0, at);
    else if (kind === 3) out = join(out, Array.from({ length: Math.min(length, 64) }, () => draw.below(256)));
    else if (kind === 4) out = join(out.subarray(0, place), out.subarray(place + length));
    else if (kind === 5) out = join(out.subarray(0, place), out.subarray(place, place + length), out.subarray(place));
    else if (kind === 6) out.fill(draw.one([0, 255]), place, place + length);
    else if (kind === 7) out = join(out.subarray(0, place), new TextEncoder().encode(draw.one(WORDS)), out.subarray(place));
    else if (out.length > 4) new DataView(out.buffer).setUint32(draw.below(out.length - 3), draw.one([0, 1, 2 ** 31, 2 ** 32 - 1, 65536, draw.below(2 ** 31)]), draw.chance(0.5)); // biome-ignore format: one choice
  }
  return out;
}

/** Changes a text in one to three places: words, lines, characters. */
export function mutateText(text, draw) {
  let out = text;
  for (let k = 0, n = 1 + draw.below(3); k < n; k++) {
    const words = [...out.matchAll(/[^\s,:;{}[\]]+/g)];
    const lines = out.split('\n');
    const kind = draw.below(6);
    const at = draw.below(out.length + 1);
    if (kind <= 1 && words.length > 0) {
      const word = draw.one(words);
      out = out.slice(0, word.index) + draw.one(WORDS) + out.slice(word.index + word[0].length);
    } else if (kind === 2) lines.splice(draw.below(lines.length), 1);
    else if (kind === 3) lines.splice(draw.below(lines.length), 0, draw.one(lines));
    else if (kind === 4) out = out.slice(0, at) + draw.one(WORDS) + out.slice(at);
    else out = out.slice(0, at) + out.slice(at + 1 + draw.below(5));
    if (kind === 2 || kind === 3) out = lines.join('\n');
  }
  return out;
}

/** Changes one to three values of a tree: another value, a missing key, a key too many. */
export function mutateTree(tree, draw) {
  const out = structuredClone(tree);
  for (let k = 0, n = 1 + draw.below(3); k < n; k++) {
    let node = out;
    for (;;) {
      const keys = Object.keys(node);
      if (keys.length === 0) break;
      const key = draw.one(keys);
      const below = node[key];
      if (typeof below === 'object' && below !== null && draw.chance(0.75)) {
        node = below;
        continue;
      }
      const kind = draw.below(5);
      if (kind === 0) delete node[key];
      else if (kind === 1 && !Array.isArray(node))
        node[draw.one(['wdiths', 'seed2', 'constructor', 'length', key.toUpperCase()])] = below;
      else if (kind === 2 && typeof below === 'number') node[key] = below * draw.one([-1, 0, 1e6, 1e-6, 2, 0.5]);
      else node[key] = structuredClone(draw.one(VALUES));
      break;
    }
  }
  return out;
}
