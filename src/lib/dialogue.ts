import { type Held, withdraw } from './block.ts';
import { type Agent, DEADLINE, type Host } from './host.ts';
import { ActionError, asActionError } from './outcome.ts';
import { checkKeys, parseReply } from './protocol.ts';
import type { Request } from './request.ts';

/** How the agent took the keys. */
export type Answer = 'continue' | 'abort' | 'unanswered';

/**
 * Gives the agent the keys of a block that holds, and hears its answer. Before the keys are out the
 * agent knows of no block, so one that it cannot be told of is withdrawn; afterwards it has
 * registered the block and will undo it, so that silence changes nothing.
 */
export async function converse(
  agent: Agent,
  request: Request,
  program: string,
  keys: readonly string[],
  held: Held,
  host: Host,
): Promise<Answer> {
  const line = checkKeys(program, keys);
  if (!(await agent.tell(line))) {
    const kept = await withdraw(held, host);
    const left =
      held.made.length > 0 ? (kept ?? 'the block was taken back') : 'the block was there before';
    const text = `the agent closed its end before it had the keys; ${left}`;
    throw new ActionError('undelivered', text);
  }
  await host.log.honoured(request);
  await host.log.say(line);
  const left = Math.max(0, DEADLINE.run - host.clock.elapsed());
  const heard = await agent.hear(Math.min(DEADLINE.reply, left));
  if (typeof heard === 'string') {
    await host.log.say(`Cannot read input from stdin: ${heard} instead of the agent's answer`);
    return 'unanswered';
  }
  try {
    const reply = parseReply(heard.line);
    await host.log.answered(request, heard.line);
    if (reply === 'abort') await host.log.say('Aborted');
    return reply;
  } catch (thrown) {
    await host.log.say(asActionError(thrown).message);
    return 'unanswered';
  }
}
