/** All parts of the library (`thermograd/parts`): those of parts-core, and those that need Node. The files in door/ list them by room. */

export * from './door/node.js';
export * from './parts-core.js';
