/** The public entry point of the library: the names of core, and those that need Node. The files in door/ list them by room. */

export * from './core.js';
export * from './door/node.js';
