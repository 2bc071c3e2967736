import path from 'node:path';

/** The checkout. */
export const root = path.resolve(import.meta.dirname, '..');

/** What may be deleted at any time and is then made again; git ignores it. */
export const cache = path.join(root, '.cache');

/** Where bundles and the lists of what they hold are written. */
export const bundleFolder = path.join(cache, 'bundle');
