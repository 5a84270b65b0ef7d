/** Style sheets that a module of the page imports; the build puts them beside its code. */
declare module '*.css';
