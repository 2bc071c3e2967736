import type { FilePath } from './fields.ts';

/**
 * What the packages of a system own and what it needs to start, by the names of the file hierarchy
 * standard; the libraries' folders have more names than a list can hold.
 */
const SYSTEM =
  /^(?:bin|boot|dev|efi|etc|gnu|lib(?:[nox]?\d+)?|lost\+found|nix|ostree|proc|run|sbin|snap|sys|sysroot|usr|var)$/;

/**
 * What that standard leaves, inside of these, to the site, to web pages, or to everybody who wants to
 * write. A folder at the top that the standard does not know, like /home, /srv or /data, is the
 * site's anyway.
 */
const OPEN: readonly string[] = [
  '/dev/shm',
  '/run/lock',
  '/run/user',
  '/usr/local',
  '/var/crash',
  '/var/local',
  '/var/opt',
  '/var/tmp',
  '/var/www',
];

/** What is spared on this host beside the system. */
export interface Sanctuary {
  /** The agent's home directory. */
  readonly home: string | undefined;
  /** Absolute paths; what lies below them is spared too. */
  readonly never: readonly string[];
}

/** The names on the way from the root to a file; `//` and `/.` are no step. */
export const stepsTo = (path: string): readonly string[] =>
  path.split('/').filter((name) => name !== '' && name !== '.');

const spelt = (path: string) => `/${stepsTo(path).join('/')}`;

const within = (path: string, place: string) =>
  place === '/' || path === place || path.startsWith(`${place}/`);

/** Whether a directory at the root of the file system belongs to the system. */
export const isSystem = (name: string): boolean => SYSTEM.test(name);

/** Why no file at this path is ever taken away, or nothing. */
export function placeProtection(
  { text }: FilePath,
  { home, never }: Sanctuary,
): string | undefined {
  const steps = stepsTo(text);
  const path = spelt(text);
  const spared = never.find((place) => within(path, spelt(place)));
  if (/\/\.?$/.test(text)) return `${text} names a directory`;
  if (home !== undefined && within(path, spelt(home))) return `${path} is the agent’s own`;
  if (spared !== undefined) return `${path} is spared by the settings (${spared})`;
  // Without it an administrator may not get in again; a key is taken out with an editor.
  if (steps.includes('.ssh')) return `${path} decides who may log in`;
  // Kernels and swap files lie there.
  if (steps.length < 2) return `${path} lies in the root directory`;
  if (!isSystem(steps[0] ?? '') || OPEN.some((place) => within(path, place) && path !== place)) {
    return undefined;
  }
  return `${path} is in a directory of the system (/${steps[0]})`;
}
