import type { Host } from './host.ts';
import { ActionError, asActionError } from './outcome.ts';
import { type Agent, LIMIT } from './ports.ts';
import { checkKeys, parseReply } from './protocol.ts';

/** How the agent took the keys. */
export type Answer = 'continue' | 'abort' | 'unanswered';

/** Who talks to whom about what. */
export interface Dialogue {
  readonly agent: Agent;
  /** The program's name as the agent calls it. */
  readonly program: string;
  readonly keys: readonly string[];
  /** Words that may be shown of the extra arguments. */
  readonly known: ReadonlySet<string>;
  /** When no answer is waited for any more, in milliseconds since the process began. */
  readonly end?: number;
  /** What is done when the keys are out. */
  readonly told: () => Promise<void>;
  /** What is done where nobody can be told, and a sentence about what is left then. */
  readonly untold: () => Promise<string>;
}

/**
 * Gives the agent the keys of a block that holds, and hears its answer. Before the keys are out the
 * agent knows of no block, so one that it cannot be told of is withdrawn; afterwards it has
 * registered the block and will undo it, so that silence changes nothing.
 */
export async function converse(
  { agent, program, keys, known, end = LIMIT.run, told, untold }: Dialogue,
  host: Host,
): Promise<Answer> {
  const line = checkKeys(program, keys);
  if (!(await agent.tell(line))) {
    const text = `the agent closed its end before it had the keys; ${await untold()}`;
    throw new ActionError('undelivered', text);
  }
  await told();
  await host.log.say(line);
  const rest = Math.max(0, end - host.clock.elapsed());
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
