import type * as fs from 'node:fs';

/**
 * File systems that answer from this machine. Others ask a server or a process, which may be the
 * attacker's, and which may keep us waiting for ever.
 */
const LOCAL: ReadonlySet<string> = new Set([
  ...[
    'bcachefs',
    'btrfs',
    'devtmpfs',
    'exfat',
    'ext2',
    'ext3',
    'ext4',
    'f2fs',
    'hfsplus',
    'jfs',
    'msdos',
  ],
  ...['nilfs2', 'ntfs3', 'overlay', 'ramfs', 'reiserfs', 'tmpfs', 'ubifs', 'vfat', 'xfs', 'zfs'],
]);

/** The number of the mount that an open file is on; it is asked of nobody but the kernel. */
export function mountOf(fd: number, system: Pick<typeof fs, 'readFileSync'>): string {
  const info = system.readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
  return /^mnt_id:\s*(\d+)$/m.exec(info)?.[1] ?? '';
}

/** The kind of a mounted file system if it may keep us waiting, nothing for one of this machine. */
export function remoteKind(
  mount: string,
  system: Pick<typeof fs, 'readFileSync'>,
): string | undefined {
  const line = system
    .readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .find((row) => row.startsWith(`${mount} `));
  const kind = line?.split(' - ')[1]?.split(' ')[0] ?? 'unknown';
  return LOCAL.has(kind) ? undefined : kind;
}
