import { spell } from '../effect.ts';
import type { Host } from '../host.ts';
import { control, demand } from './control.ts';
import { unlessCovered } from './covered.ts';
import { productOf } from './product.ts';
import { running, seeRunning } from './running.ts';
import { type Operation, toldSystemd, unitFor } from './service.ts';

/**
 * Does it here and now, one at a time, and looks what runs afterwards; half a sentence about it, or
 * nothing where another one, begun after this was asked for, has done the same.
 */
export const carryOut = (
  operation: Operation,
  host: Host,
  timeout: number,
): Promise<string | undefined> =>
  unlessCovered(operation, host, timeout, () => restarted(operation, host, timeout));

async function restarted(operation: Operation, host: Host, timeout: number): Promise<string> {
  const product = await productOf(host);
  const before = await running(product, host);
  const unit = await unitFor(operation, host);
  const command = unit
    ? toldSystemd(operation, unit, true)
    : await control(product, operation, host, timeout);
  if (unit) demand(command, await host.runner.run(command, timeout));
  await seeRunning(product, before, host);
  return `the ${operation} of the ${product.kind} is over (${spell(command)}), and it runs`;
}
