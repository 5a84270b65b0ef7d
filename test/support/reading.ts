/** Reads numbers back from what a report shows: marks of figures, cells of tables, text of pages. Shares no code with the drawing. */
export * from './reading/axes.js';
export * from './reading/csv.js';
export * from './reading/figure.js';
export * from './reading/page.js';
export * from './reading/printed.js';
export * from './reading/snapshots.js';
