import { realpathSync, statfsSync } from 'node:fs';
import { parse } from 'node:path';
import { BSD_LIKE, ON_WINDOWS } from '../../lib/node/system.ts';
import { textOf } from './seen.ts';

/** The mount that a path is on. */
export interface Mount {
  readonly point: string;
  readonly noexec: boolean;
  readonly readOnly: boolean;
  /** Bytes that are left; infinite where that is not known. */
  readonly free: number;
}

/** Reads `/proc/self/mountinfo` for the mount of a path with no link in it. */
export function mountIn(info: string, path: string): Omit<Mount, 'free'> | undefined {
  const rows = info.split('\n').flatMap((row) => {
    const [, , , , point, options] = row.split(' ');
    if (point === undefined || options === undefined) return [];
    return [{ point: unescaped(point), options: options.split(',') }];
  });
  const holds = (point: string) => point === '/' || path === point || path.startsWith(`${point}/`);
  // Of several mounts on one point the last one is seen.
  const found = rows
    .filter(({ point }) => holds(point))
    .reduce<(typeof rows)[number] | undefined>(
      (best, row) => (best && best.point.length > row.point.length ? best : row),
      undefined,
    );
  return (
    found && {
      point: found.point,
      noexec: found.options.includes('noexec'),
      readOnly: found.options.includes('ro'),
    }
  );
}

const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)));

/** The mount of a path on this machine; nothing where that is not known. */
export function mountOf(path: string): Mount | undefined {
  try {
    const real = realpathSync(path);
    const { bavail, bsize } = statfsSync(real);
    const free = bavail * bsize;
    // No file tells of mounts there; what a mount forbids is seen when a program is tried.
    if (BSD_LIKE) return { point: real, noexec: false, readOnly: false, free };
    // A volume of Windows is what its drive letter says, and forbids nothing.
    if (ON_WINDOWS) return { point: parse(real).root, noexec: false, readOnly: false, free };
    const mount = mountIn(textOf('/proc/self/mountinfo') ?? '', real);
    return mount && { ...mount, free };
  } catch {
    return undefined;
  }
}
