/** Takes the place of the package koffi outside Node, where no system library can be loaded. */
/** Says that there is no loader. */
export const load = undefined;
