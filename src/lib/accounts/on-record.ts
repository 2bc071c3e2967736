import type { Backend, Memory } from '../effect.ts';

/**
 * A way to lock an account: it lasts until it is undone, and whose it is, and what was there before,
 * stands on record alone. One run at a time, since tools write the whole of a file, whosever line it is.
 */
export const accountOnRecord = (
  name: string,
  memory: Memory,
  besides: Pick<Backend, 'afterwards' | 'caveat'>,
): Backend => ({
  name,
  effects: [],
  memory,
  ...besides,
  longest: 0,
  lock: 'accounts',
  record: true,
  persistent: true,
});
