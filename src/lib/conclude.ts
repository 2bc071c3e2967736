import type { Host } from './host.ts';
import type { Result } from './log.ts';
import { type ActionError, asActionError, exitCode } from './outcome.ts';

/** Ends a run: its outcome stands in the log and in the journal, with a person's reason if any. */
export async function conclude(result: Result, host: Host, reason?: string): Promise<Result> {
  await host.log.outcome(result);
  if (exitCode(result.outcome) === 0 && result.answer !== 'abort') await host.log.say('Ended');
  const { detail: _, answer: __, ...entry } = result;
  try {
    await host.journal.append({
      at: host.clock.now().toISOString(),
      ...entry,
      ...(reason !== undefined && { reason }),
    });
  } catch (thrown) {
    // One that cannot be written changes no outcome.
    await host.log.say(`The journal was not written: ${asActionError(thrown).message}`);
  }
  return result;
}

/** Ends a run whose call could not be understood: there is nothing that a journal could explain. */
export async function misunderstood(
  { kind, message }: ActionError,
  action: string,
  holder: string,
  { log }: Host,
): Promise<Result> {
  const result = { outcome: kind, detail: message, action, holder, verb: undefined };
  await log.say(message);
  await log.outcome(result);
  return result;
}
