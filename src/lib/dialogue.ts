import { type Standing, withdraw } from './block.ts';
import type { Host } from './host.ts';
import { ActionError, asActionError } from './outcome.ts';
import { type Agent, LIMIT } from './ports.ts';
import { checkKeys, parseReply } from './protocol.ts';
import type { Request } from './request.ts';

/** How the agent took the keys. */
export type Answer = 'continue' | 'abort' | 'unanswered';

/** Who talks to whom about what. */
export interface Dialogue {
  readonly agent: Agent;
  readonly request: Request;
  /** The program's name as the agent calls it. */
  readonly program: string;
  readonly keys: readonly string[];
  /** Words that may be shown of the extra arguments. */
  readonly known: ReadonlySet<string>;
}

/**
 * Gives the agent the keys of a block that holds, and hears its answer. Before the keys are out the
 * agent knows of no block, so one that it cannot be told of is withdrawn; afterwards it has
 * registered the block and will undo it, so that silence changes nothing.
 */
export async function converse(
  { agent, request, program, keys, known }: Dialogue,
  standing: Standing,
  host: Host,
): Promise<Answer> {
  const line = checkKeys(program, keys);
  if (!(await agent.tell(line))) {
    const kept = await withdraw(standing, host);
    const left =
      standing.made.length > 0
        ? (kept ?? 'the block was taken back')
        : 'the block was there before';
    const text = `the agent closed its end before it had the keys; ${left}`;
    throw new ActionError('undelivered', text);
  }
  await host.log.honoured(request);
  await host.log.say(line);
  const rest = Math.max(0, LIMIT.run - host.clock.elapsed());
  const heard = await agent.hear(Math.min(LIMIT.reply, rest));
  if (typeof heard === 'string') {
    await host.log.say(`Cannot read input from stdin: ${heard} instead of the agent's answer`);
    return 'unanswered';
  }
  try {
    const { verb, raw } = parseReply(heard.line, known);
    await host.log.say(raw);
    if (verb === 'abort') await host.log.say('Aborted');
    return verb;
  } catch (thrown) {
    await host.log.say(asActionError(thrown).message);
    return 'unanswered';
  }
}
