import { isDeed } from './action.ts';
import { afresh } from './afresh.ts';
import { execute } from './execute.ts';
import type { Host } from './host.ts';
import { type Actions, type Holding, holdersOf, inventory, surveysOf } from './inventory.ts';
import { asActionError, exitCode } from './outcome.ts';
import { ask } from './perform.ts';
import { requestFor, textsFor } from './retold.ts';

/** What came of it. */
export interface LiftedAll {
  readonly lifted: number;
  /** Sentences about what may still be there. */
  readonly failures: readonly string[];
}

// A tool may have thousands of things to take away, and nobody waits but a person.
const PATIENT = { tool: 120_000, end: Number.POSITIVE_INFINITY };

/** Undoes one block, in the name of whoever holds it; a sentence where that failed. */
export async function liftOne(
  { action: name, holder, target, entry }: Holding,
  actions: Actions,
  host: Host,
): Promise<string | undefined> {
  const action = actions.get(name);
  if (!action || isDeed(action)) return `${target}: ${name} is no action of this program`;
  const request = requestFor('delete', textsFor(action, entry ?? { target }), {
    alert: entry?.alert,
    rule: entry?.rule,
  });
  const call = { request, program: name, holder };
  const { outcome, detail } = await execute(action, call, afresh(host));
  return exitCode(outcome) === 0 ? undefined : `${outcome}: ${detail}`;
}

/**
 * Undoes all there is, whoever holds it: what is marked at once, with the tables and sets that it
 * stood on; what is on record alone one by one.
 */
export async function liftAll(actions: Actions, host: Host): Promise<LiftedAll> {
  const { holdings, blind } = await inventory(actions, host);
  const failures: string[] = [...blind];
  const alone = holdings.filter(({ unmarked }) => unmarked);
  for (const holding of alone) {
    const failure = await liftOne(holding, actions, host);
    if (failure !== undefined) failures.push(failure);
  }
  // Without its record nobody makes again what is taken away now; a mark tells whose it is.
  const marked = holdings.filter(({ unmarked }) => !unmarked);
  for (const holding of marked) {
    const keep = (thrown: unknown) => void failures.push(asActionError(thrown).message);
    await host.records.forget(holding).catch(keep);
  }
  for (const { survey } of surveysOf(actions, host)) {
    try {
      await ask(survey.raze(holdersOf(actions)), host, PATIENT);
    } catch (thrown) {
      const { kind, message } = asActionError(thrown);
      // Where the tool is not there nothing that it made is.
      if (kind !== 'missing-tool') failures.push(`${survey.name}: ${message}`);
    }
  }
  return { lifted: holdings.length, failures };
}
