/**
 * The part of the public entry point that needs no module of Node, for browsers and other hosts: the nouns, and what they are given.
 * All parts of the library are in parts-core. The files in door/ list the names.
 */

export * from './door/main.js';
export * from './door/nouns.js';
