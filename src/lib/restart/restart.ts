import type { Circumstance, Once, Option } from '../action.ts';
import { type Step, spell } from '../effect.ts';
import { ActionError } from '../outcome.ts';
import { carryOut } from './carry-out.ts';
import { configurationIsGood } from './configuration.ts';
import { handOver } from './hand-over.ts';
import { type Kind, productOf } from './product.ts';
import { type Operation, toldSystemd, whichUnit } from './service.ts';

const SHORTEST = 5;
const LONGEST = 3_600;
/** Stopping alone may take the control script a minute for each program that does not want to end. */
const WITHIN = 300;

/** The options of `restart`. */
export const restartOptions = {
  operation: {
    help: 'restart all of it, or reload: all but what runs the responses',
    values: ['restart', 'reload'],
  },
  kind: { help: 'what must be installed here', values: ['agent', 'manager'] },
  within: {
    help: 'seconds after which a restart that does not end is given up',
    example: '20',
    settings: true,
    parse: (text) => {
      const seconds = /^\d{1,4}$/.test(text) ? Number(text) : 0;
      if (seconds >= SHORTEST && seconds <= LONGEST) return `${seconds}`;
      throw new ActionError('usage', `it must be from ${SHORTEST} to ${LONGEST} seconds`);
    },
  },
} as const satisfies Readonly<Record<string, Option>>;

/** Upstream's own form of arguments: `restart.sh agent|manager [restart|reload]`. */
export function restartWords(words: readonly string[]): readonly string[] | undefined {
  const [kind = '', operation = 'restart', ...more] = words;
  const known =
    restartOptions.kind.values.some((one) => one === kind) &&
    restartOptions.operation.values.some((one) => one === operation);
  return known ? ['add', `--kind=${kind}`, `--operation=${operation}`, ...more] : undefined;
}

/**
 * Restarts the agent or manager if its configuration is good: for a person here and now, for an agent
 * by somebody who outlives it. Once for an alert; a call without an alert's id is always obeyed.
 */
export function restart({ holder, home, message, options }: Circumstance): Once {
  const operation: Operation = options['operation'] === 'reload' ? 'reload' : 'restart';
  const byHand = message.dialect === 'manual';
  const bin = `${home ?? '/var/ossec'}/bin`;
  let what = `a ${operation} for this alert`;
  const step: Step<'done' | 'already'> = {
    spelled: spelled(operation, bin),
    act: async (host, timeout) => {
      const errand = { program: holder, operation, alert: message.alert };
      const said = byHand
        ? await carryOut(operation, host, timeout)
        : await handOver(errand, host, timeout);
      what = said ?? `a ${operation} that began later than this one was asked for`;
      return said === undefined ? 'already' : 'done';
    },
  };
  return {
    get what() {
      return what;
    },
    checks: [isKind(options['kind']), ...configurationIsGood(bin)],
    steps: [step],
    ...(byHand && { patience: Number(options['within'] ?? WITHIN) * 1_000 }),
    ...(!byHand && isId(message.alert) && { dedupe: message.alert }),
  };
}

/** Whether it names an alert: calls by hand through the manager have `(from_the_server)`, or nothing. */
const isId = (alert: string | undefined): alert is string =>
  alert !== undefined && /^\d/.test(alert);

const isKind = (wanted: string | undefined): Step<'good'> => ({
  spelled: `# what is installed here is ${wanted ? `a${wanted === 'agent' ? 'n' : ''} ${wanted}` : 'an agent or a manager'}`,
  act: async (host) => {
    const { kind }: { kind: Kind } = await productOf(host);
    if (wanted === undefined || wanted === kind) return 'good';
    throw new ActionError('no-effect', `what is installed here is no ${wanted}`);
  },
});

const spelled = (operation: Operation, bin: string): string =>
  [
    spell(whichUnit),
    `# if systemd runs it, by whatever unit:`,
    spell(toldSystemd(operation, 'wazuh-agent.service', true)),
    '# otherwise:',
    `${bin}/wazuh-control ${operation}    # or ossec-control`,
  ].join('\n');
