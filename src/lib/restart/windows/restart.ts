import type { Circumstance, Once, Option } from '../../action.ts';
import { asking } from '../../asking.ts';
import { type Step, spell } from '../../effect.ts';
import { windows } from '../../windows/command-line.ts';
import { apart, asked, withinOption } from '../asked.ts';
import { unlessCovered } from '../covered.ts';
import { cycle, SETTLED, TRIES } from './cycle.ts';
import { registered, SERVICES, serviceOf } from './service.ts';

/** The options of `restartService`. */
export const restartServiceOptions = {
  within: withinOption,
} as const satisfies Readonly<Record<string, Option>>;

const OPERATION = 'restart';

/**
 * Restarts the service that runs what is in the agent's home: for a person here and now, for an agent
 * by somebody who outlives it. Once for an alert; a call without an alert's id is always obeyed.
 */
export const restartService = (circumstance: Circumstance): Once =>
  asked(circumstance, {
    operation: OPERATION,
    spelled,
    checks: [isThere],
    carryOut: (host, timeout) =>
      unlessCovered(OPERATION, host, timeout, async () => {
        const name = await serviceOf(host, asking(host, timeout));
        const before = await cycle(name, host, timeout);
        const so = before === 'ran' ? 'it runs' : 'it runs, though it was stopped before';
        return `the restart of the service ${name} is over, and ${so}`;
      }),
    handOver: (errand, host) => apart(errand, OPERATION, [], host),
  });

const [FIRST, ...OTHERS] = SERVICES;

const isThere: Step<'good'> = {
  spelled: `${spell(registered(FIRST))}    # or ${OTHERS.join(', ')}: the one of the agent’s home`,
  act: async (host, timeout) => {
    await serviceOf(host, asking(host, timeout));
    return 'good';
  },
};

const spelled = [
  spell(windows('sc', 'stop', FIRST)),
  `${spell(windows('sc', 'query', FIRST))}    # until STATE is 1`,
  `${spell(windows('sc', 'start', FIRST))}    # up to ${TRIES} times`,
  `${spell(windows('sc', 'query', FIRST))}    # until STATE is 4, and still is ${SETTLED} seconds later`,
].join('\n');
