/** The public entry point of the library: the names of core, and those that need Node. All parts of the library are in parts. */

export * from './core.js';
export * from './door/main-node.js';
export * from './door/nouns-node.js';
