/** What differs between two runs of the same computation: times, durations, memory and the machine. */

/** Keys of JSON documents that hold times, durations, memory or the machine, and no result. */
const TIMES =
  /^(?:seconds|cpuSeconds|wallSeconds|elapsed|started|finished|startedAt|finishedAt|created|updated|time|date|machine|host|hostname|pid|rssBytes|peakMemory|timings|stepsPerSecond|memoryBytes)$/;

/** Keys of settings and of what follows from them, which do not count where two kinds of machine or threads are compared. */
const SETTINGS = /^(?:workers|memory|versions)$/;
/** The same on a page. */
export const PAGE_SETTINGS = /(<dt>workers<\/dt><dd>)\d+|<h3>(?:Memory|Versions)<\/h3>.*?<\/section>/gs;

/** Files without times, whose digests in a record are compared. */
const WITHOUT_TIMES = /\.(npz|npy|safetensors|csv|svg)$|\.zarr\//;

/**
 * Returns the reviver of JSON.parse that leaves out times (the keys of `times`), with `settings` those too. A record lists digests of what it wrote: those
 * of documents that hold times are left out, as the documents themselves are compared.
 */
export const timeless =
  (settings = false, times = TIMES) =>
  (key, value) => {
    if (times.test(key) || (settings && SETTINGS.test(key))) return undefined;
    if (typeof value?.sha256 !== 'string') return value;
    const { sha256, bytes, ...rest } = value;
    return WITHOUT_TIMES.test(key) ? { sha256, bytes, ...rest } : rest;
  };

/** A text without times, durations and sizes of memory. */
export const textWithoutTimes = (text) =>
  text
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'WHEN')
    .replace(/\b\d+(?:\.\d+)? (?:s|ms|min|h)\b(?: \d+ (?:s|min)\b)?/g, 'DURATION') // also 2 min 05 s
    .replace(/\b\d+(?:\.\d+)? (?:[MG]B)\b/g, 'MEMORY');
