/** What differs between two runs of the same computation: times, durations, memory and the machine. */

/** Keys of JSON documents that hold times, durations, memory or the machine, and no result. */
export const TIMES =
  /^(?:seconds|cpuSeconds|wallSeconds|elapsed|started|finished|startedAt|finishedAt|created|updated|time|date|machine|host|hostname|pid|rssBytes|peakMemory|timings|stepsPerSecond|memoryBytes)$/;

/** A text without times, durations and sizes of memory. */
export const textWithoutTimes = (text) =>
  text
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'WHEN')
    .replace(/\b\d+(?:\.\d+)? (?:s|ms|min|h)\b/g, 'DURATION')
    .replace(/\b\d+(?:\.\d+)? (?:[MG]B)\b/g, 'MEMORY');
