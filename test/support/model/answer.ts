import type { Completed } from '../../../src/lib/effect.ts';

/** A modelled tool's success. */
export const ok = (stdout = ''): Completed => ({ exitCode: 0, stdout, stderr: '' });

/** A modelled tool's refusal, in the real one's words. */
export const no = (exitCode: number, stderr: string, stdout = ''): Completed => ({
  exitCode,
  stdout,
  stderr: `${stderr}\n`,
});

/** Names sorted, so that states compare as text. */
export const sorted = <V>(map: ReadonlyMap<string, V>): [string, V][] =>
  [...map].sort(([one], [other]) => (one < other ? -1 : 1));
