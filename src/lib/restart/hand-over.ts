import { must } from '../effect.ts';
import type { Host } from '../host.ts';
import { apart, type Errand } from './asked.ts';
import { type Operation, toldSystemd, unitFor } from './service.ts';

/**
 * Leaves it to somebody who outlives the agent: to systemd, or to this same program as a person would
 * call it. Half a sentence about who has it.
 */
export async function handOver(
  operation: Operation,
  errand: Errand,
  host: Host,
  timeout: number,
): Promise<string> {
  const unit = await unitFor(operation, host);
  if (unit === undefined) return apart(errand, operation, [`--operation=${operation}`], host);
  const told = must(toldSystemd(operation, unit, false), 'taken');
  told.read(await host.runner.run(told.command, timeout));
  return `systemd took on the ${operation} of ${unit}; how it ends tells systemctl status ${unit}`;
}
