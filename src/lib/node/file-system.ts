import fs from 'node:fs';
import { ON_WINDOWS } from './system.ts';
import { windowsFiles } from './windows-files.ts';

/** The file system of this machine, as what is ours is kept in it. */
export const FILE_SYSTEM: typeof fs = ON_WINDOWS ? windowsFiles(fs) : fs;
