import { ActionError } from './outcome.ts';
import { type Agent, LIMIT } from './ports.ts';

/** The agent's first line; throws `bad-request` where none comes in time. */
export async function firstLine(agent: Agent): Promise<string> {
  const heard = await agent.hear(LIMIT.request);
  if (typeof heard !== 'string') return heard.line;
  const why = {
    end: 'it ended before a message came',
    silence: `no message came within ${LIMIT.request / 1000} s`,
    flood: 'the line is longer than any message',
  }[heard];
  throw new ActionError('bad-request', `Cannot read input from stdin: ${why}`);
}
