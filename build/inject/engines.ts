import type { Injector } from './injector.ts';
import { pkg } from './pkg.ts';
import { postject } from './postject.ts';

/** Every way to make a binary, the usual one first. */
export const engines: readonly Injector[] = [pkg, postject];
