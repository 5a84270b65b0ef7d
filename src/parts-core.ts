/**
 * The parts of the library (`thermograd/parts/core`) that need no module of Node, for browsers and other hosts: arithmetic, data in
 * memory, networks and their training, measurements on them, theory, penalties, findings and reports. The files in
 * door/ list the names of each room.
 */

export * from './door/analyse.js';
export * from './door/apply.js';
export * from './door/data.js';
export * from './door/experiments.js';
export * from './door/kernels.js';
export * from './door/model.js';
export * from './door/numeric.js';
export * from './door/record.js';
export * from './door/report.js';
export * from './door/runs.js';
export * from './door/surface.js';
export * from './door/theory.js';
export * from './door/train.js';
