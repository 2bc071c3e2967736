import type { Circumstance, Once } from '../../action.ts';
import { spell } from '../../effect.ts';
import { apart, asked } from '../asked.ts';
import { configurationIsGood } from '../configuration.ts';
import { isKind } from '../product.ts';
import type { Operation } from '../service.ts';
import { carryOutHere } from './carry-out.ts';
import { KICKSTART, MAC_HOME, PRINT } from './launchd.ts';

/**
 * Restarts the agent or manager of macOS, FreeBSD, OpenBSD or NetBSD if its configuration is good: for a
 * person here and now, for an agent by somebody who outlives it. Once for an alert; a call without an
 * alert's id is always obeyed.
 */
export function restartHere(circumstance: Circumstance): Once {
  const { home, options, system } = circumstance;
  const operation: Operation = options['operation'] === 'reload' ? 'reload' : 'restart';
  const usual = system === 'macos' ? MAC_HOME : '/var/ossec';
  const bin = `${home ?? usual}/bin`;
  return asked(circumstance, {
    operation,
    spelled: spelled(operation, bin, system === 'macos'),
    checks: [isKind(options['kind']), ...configurationIsGood(bin)],
    carryOut: (host, timeout) => carryOutHere(operation, host, timeout),
    handOver: (errand, host) => apart(errand, operation, [`--operation=${operation}`], host),
  });
}

function spelled(operation: Operation, bin: string, mac: boolean): string {
  const control = `${bin}/wazuh-control ${operation}    # or ossec-control`;
  if (!mac || operation === 'reload') return control;
  return [
    spell(PRINT),
    `# if launchd has it, and the agent lives in ${MAC_HOME}:`,
    `${bin}/wazuh-control stop`,
    spell(KICKSTART),
    '# otherwise:',
    control,
  ].join('\n');
}
