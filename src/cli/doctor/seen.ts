import fs from 'node:fs';
import { codeOf } from '../../lib/node/errors.ts';

/** What kind of thing has a name. */
export type Kind = 'file' | 'folder' | 'link' | 'other';

/** What a name in the file system leads to, itself and not through a link. */
export interface Seen {
  readonly kind: Kind;
  /** The bits of rights: 0o750. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Names of one thing have one of these. */
  readonly inode: string;
  readonly links: number;
  /** In bytes. */
  readonly size: number;
}

/** Looks at a name; `hidden` where we may not, nothing where there is none. */
export function see(path: string): Seen | 'hidden' | undefined {
  try {
    // The numbers of files on Windows need all their digits.
    const status = fs.lstatSync(path, { bigint: true });
    return {
      kind: kindOf(status),
      mode: Number(status.mode) & 0o7777,
      uid: Number(status.uid),
      gid: Number(status.gid),
      inode: `${status.dev}:${status.ino}`,
      links: Number(status.nlink),
      size: Number(status.size),
    };
  } catch (thrown) {
    return ['ENOENT', 'ENOTDIR'].includes(codeOf(thrown) ?? '') ? undefined : 'hidden';
  }
}

function kindOf(status: fs.BigIntStats): Kind {
  if (status.isFile()) return 'file';
  if (status.isDirectory()) return 'folder';
  return status.isSymbolicLink() ? 'link' : 'other';
}

/** The text of a file of the kernel's or the system's; nothing where there is none for us. */
export function textOf(path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** The names in a folder; none where there is none for us. */
export function namesIn(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** Rights as `chmod` takes them: 0750. */
export const octal = (mode: number): string => mode.toString(8).padStart(4, '0');
