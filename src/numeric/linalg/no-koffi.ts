/** The replacement of the package koffi outside Node, where no system library can be loaded. */
/** Undefined: there is no loader. */
export const load = undefined;
