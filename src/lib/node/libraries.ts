import type * as fs from 'node:fs';

// Where the loader looks by itself; a distribution for several processors has folders for each below.
const FOLDERS = ['/lib', '/lib64', '/usr/lib', '/usr/lib64'];

/** Whether a shared library (`libwrap.so`), of whatever version, is where the loader looks for them. */
export function hasLibrary(name: string, system: Pick<typeof fs, 'readdirSync'>): boolean {
  const namesIn = (folder: string): readonly string[] => {
    try {
      return system.readdirSync(folder);
    } catch {
      return [];
    }
  };
  const isIn = (folder: string) => namesIn(folder).some((one) => one.startsWith(`${name}.`));
  return FOLDERS.some(
    (folder) =>
      isIn(folder) ||
      namesIn(folder).some((one) => one.includes('-linux-') && isIn(`${folder}/${one}`)),
  );
}
