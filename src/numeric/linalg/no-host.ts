/** The replacement of host.ts outside Node, where no library can be loaded. */
/** Undefined: there is no machine to ask. */
export const host = undefined;
