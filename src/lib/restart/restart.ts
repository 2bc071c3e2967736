import type { Circumstance, Once, Option } from '../action.ts';
import { spell } from '../effect.ts';
import { asked, withinOption } from './asked.ts';
import { carryOut } from './carry-out.ts';
import { configurationIsGood } from './configuration.ts';
import { handOver } from './hand-over.ts';
import { isKind } from './product.ts';
import { type Operation, toldSystemd, whichUnit } from './service.ts';

/** The options of `restart`. */
export const restartOptions = {
  operation: {
    help: 'restart all of it, or reload: all but what runs the responses',
    values: ['restart', 'reload'],
  },
  kind: { help: 'what must be installed here', values: ['agent', 'manager'] },
  within: withinOption,
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
export function restart(circumstance: Circumstance): Once {
  const { home, options } = circumstance;
  const operation: Operation = options['operation'] === 'reload' ? 'reload' : 'restart';
  const bin = `${home ?? '/var/ossec'}/bin`;
  return asked(circumstance, {
    operation,
    spelled: spelled(operation, bin),
    checks: [isKind(options['kind']), ...configurationIsGood(bin)],
    carryOut: (host, timeout) => carryOut(operation, host, timeout),
    handOver: (errand, host, timeout) => handOver(operation, errand, host, timeout),
  });
}

const spelled = (operation: Operation, bin: string): string =>
  [
    spell(whichUnit),
    `# if systemd runs it, by whatever unit:`,
    spell(toldSystemd(operation, 'wazuh-agent.service', true)),
    '# otherwise:',
    `${bin}/wazuh-control ${operation}    # or ossec-control`,
  ].join('\n');
