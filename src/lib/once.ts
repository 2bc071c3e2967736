import type { Deed, Once } from './action.ts';
import { type Asked, circumstanceOf, type Done } from './call.ts';
import { type Answer, converse } from './dialogue.ts';
import type { Host } from './host.ts';
import { wordsOf } from './options.ts';
import { Unfinished } from './outcome.ts';
import { ask, WORK } from './perform.ts';

/** Does what is done once: after the agent's answer, where it is asked. */
export async function perform(deed: Deed, call: Asked, host: Host): Promise<Done> {
  const once = deed.once(call.values, circumstanceOf(call, undefined, host));
  for (const step of once.checks ?? []) await ask(step, host);
  const answer = await asked(deed, call, host);
  if (answer === 'unanswered') {
    const detail = 'the agent did not answer the keys; nothing was done';
    return { outcome: 'unanswered', detail };
  }
  if (answer === 'abort') {
    return {
      outcome: 'already',
      answer,
      detail: 'the agent knows of it already; nothing was done',
    };
  }
  const fresh = await doOnce(deed.name, once, host);
  await host.log.honoured(call.request);
  return {
    outcome: fresh ? 'applied' : 'already',
    ...(answer !== undefined && { answer }),
    detail: fresh ? once.what : (once.already ?? `${once.what}: it was done before`),
  };
}

/** A delete of what the agent cannot undo. */
export async function ignore({ name }: Deed): Promise<Done> {
  return { outcome: 'ignored', detail: `${name} has nothing that a delete could undo` };
}

async function asked(
  deed: Deed,
  { agent, program, values }: Asked,
  host: Host,
): Promise<Answer | undefined> {
  const keys = deed.keys?.(values);
  if (!agent || !keys) return undefined;
  const told = async () => {};
  const untold = async () => 'nothing was done';
  return converse({ agent, program, keys, known: wordsOf(deed), told, untold }, host);
}

/** Whether there was anything to do. */
async function doOnce(action: string, once: Once, host: Host): Promise<boolean> {
  const { dedupe, steps, patience } = once;
  if (dedupe !== undefined && !(await host.records.first(action, dedupe))) return false;
  const budget = patience === undefined ? WORK : { tool: patience, end: Number.POSITIVE_INFINITY };
  let fresh = false;
  try {
    for (const step of steps) fresh = (await ask(step, host, budget)) === 'done' || fresh;
  } catch (thrown) {
    // Unless it may have been done all the same, it may be tried again.
    if (dedupe !== undefined && !(thrown instanceof Unfinished)) {
      await host.records.unlearn(action, dedupe);
    }
    throw thrown;
  }
  return fresh;
}
