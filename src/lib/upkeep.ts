import { boundsIn } from './bounds.ts';
import type { Host } from './host.ts';
import { asActionError } from './outcome.ts';

/**
 * After a run: keeps the journal, of `journalSize` bytes, and the log as short as root wants them. It
 * never fails and waits for nobody: where another run is at it, that one does it.
 */
export async function keepShort(
  { files, journal, lock, log }: Host,
  journalSize: number,
): Promise<void> {
  const { bounds, complaints } = await boundsIn(files);
  if (complaints.length > 0) await log.say(`With the usual bounds: ${complaints.join('; ')}`);

  const alone = async (what: 'journal' | 'log', work: () => Promise<void>) => {
    try {
      await lock.with(what, work, 0);
    } catch (thrown) {
      const { kind, message } = asActionError(thrown);
      if (kind !== 'locked') await log.say(`The ${what} was not shortened: ${message}`);
    }
  };
  if (journalSize > bounds.journal) {
    await alone('journal', () => journal.shorten(bounds.journal));
  }
  const max = bounds.log;
  if (max !== undefined && log.size() > max) await alone('log', () => log.putAside(max));
}
