import { ActionError } from '../outcome.ts';

/** The system's word for what went wrong (`ENOENT`), or nothing for an error of another kind. */
export const codeOf = (thrown: unknown): string | undefined =>
  (thrown as NodeJS.ErrnoException | undefined)?.code;

const HINTS: Readonly<Record<string, string>> = {
  EACCES: '; is it root that asks?',
  EAGAIN: '; another process holds a lease on it',
  EDQUOT: '; a quota is used up: make room there',
  ENOSPC: '; the disk is full: make room there',
  EPERM: '; it or its directory may be immutable (see lsattr)',
  EROFS: '; its file system cannot be written: mount it read-write again',
};

/** What went wrong, without the paths that only this process could make sense of. */
export function said(thrown: unknown): string {
  const { code, message, syscall } = thrown as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return message ?? String(thrown);
  return `${message.split(',')[0]} (${syscall})${HINTS[code] ?? ''}`;
}

/** Does something about a thing; what the system says against it gets a kind, and the thing's name. */
export async function about<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof ActionError) throw thrown;
    throw new ActionError('tool-failed', `${what}: ${said(thrown)}`, { cause: thrown });
  }
}
