import type { Circumstance, Once, Option } from '../action.ts';
import { run, type Step } from '../effect.ts';
import type { Host } from '../host.ts';
import { ActionError } from '../outcome.ts';

const SHORTEST = 5;
const LONGEST = 3_600;
/** Stopping alone may take a minute for each program that does not want to end. */
const WITHIN = 300;

/** How long a restart may take. */
export const withinOption = {
  help: 'seconds after which a restart that does not end is given up',
  example: '20',
  settings: true,
  parse: (text) => {
    const seconds = /^\d{1,4}$/.test(text) ? Number(text) : 0;
    if (seconds >= SHORTEST && seconds <= LONGEST) return `${seconds}`;
    throw new ActionError('usage', `it must be from ${SHORTEST} to ${LONGEST} seconds`);
  },
} as const satisfies Option;

/** What an agent's call is about. */
export interface Errand {
  /** The name that the agent called the program by. */
  readonly program: string;
  readonly alert: string | undefined;
}

/** How a system restarts what is installed. Each resolves to half a sentence about what was done. */
export interface Way {
  /** What is done, in a word. */
  readonly operation: string;
  readonly spelled: string;
  readonly checks: readonly Step<'good'>[];
  /** Here and now; nothing where another one has done the same meanwhile. */
  readonly carryOut: (host: Host, timeout: number) => Promise<string | undefined>;
  /** By somebody who outlives the agent, since the agent waits for us and we are its child. */
  readonly handOver: (errand: Errand, host: Host, timeout: number) => Promise<string>;
}

/**
 * A restart: for a person here and now, for an agent by somebody who outlives it. Once for an alert; a
 * call without an alert's id is always obeyed.
 */
export function asked({ holder, message, options }: Circumstance, way: Way): Once {
  const { operation, checks, spelled } = way;
  const byHand = message.dialect === 'manual';
  let what = `a ${operation} for this alert`;
  const step: Step<'done' | 'already'> = {
    spelled,
    act: async (host, timeout) => {
      const said = byHand
        ? await way.carryOut(host, timeout)
        : await way.handOver({ program: holder, alert: message.alert }, host, timeout);
      what = said ?? `a ${operation} that began later than this one was asked for`;
      return said === undefined ? 'already' : 'done';
    },
  };
  return {
    get what() {
      return what;
    },
    checks,
    steps: [step],
    ...(byHand && { patience: Number(options['within'] ?? WITHIN) * 1_000 }),
    ...(!byHand && isId(message.alert) && { dedupe: message.alert }),
  };
}

/** Whether it names an alert: calls by hand through the manager have `(from_the_server)`, or nothing. */
const isId = (alert: string | undefined): alert is string =>
  alert !== undefined && /^\d/.test(alert);

// What an alert's id looks like; other texts are not worth a word on a command line.
const ALERT_ID = /^[\d.]{1,64}$/;

/** Leaves it to this same program, as a person would call it with these words, apart from the agent. */
export async function apart(
  { program, alert }: Errand,
  operation: string,
  words: readonly string[],
  host: Host,
): Promise<string> {
  const id = alert !== undefined && ALERT_ID.test(alert) ? [`--alert=${alert}`] : [];
  const all = ['add', ...words, ...id, '--reason=an active response'];
  await host.installation.detach(run(program, ...all, `--home=${host.home}`));
  return `the ${operation} was begun, apart from the agent; how it ends will be a line of its own`;
}
