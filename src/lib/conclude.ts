import type { Host } from './host.ts';
import type { Result } from './log.ts';
import { type ActionError, asActionError, exitCode } from './outcome.ts';
import { keepShort } from './upkeep.ts';

/** Ends a run: its outcome stands in the log and in the journal, with a person's reason if any. */
export async function conclude(result: Result, host: Host, reason?: string): Promise<Result> {
  await host.log.outcome(result);
  if (exitCode(result.outcome) === 0 && result.answer !== 'abort') await host.log.say('Ended');
  await keepShort(host, await explained(result, host, reason));
  return result;
}

/** Puts one of several things that a run did into the log and the journal. */
export async function register(result: Result, host: Host): Promise<Result> {
  await host.log.outcome(result);
  await keepShort(host, await explained(result, host, undefined));
  return result;
}

/** The journal's size in bytes once the result is in it. One that cannot be written changes nothing. */
async function explained(
  { detail: _, answer: __, ...entry }: Result,
  host: Host,
  reason: string | undefined,
): Promise<number> {
  try {
    return await host.journal.append({
      at: host.clock.now().toISOString(),
      ...entry,
      ...(reason !== undefined && { reason }),
    });
  } catch (thrown) {
    await host.log.say(`The journal was not written: ${asActionError(thrown).message}`);
    return 0;
  }
}

/** Ends a run whose call could not be understood: there is nothing that a journal could explain. */
export async function misunderstood(
  { kind, message }: ActionError,
  action: string,
  holder: string,
  host: Host,
): Promise<Result> {
  const result = { outcome: kind, detail: message, action, holder, verb: undefined };
  await host.log.say(message);
  await host.log.outcome(result);
  await keepShort(host, 0);
  return result;
}
