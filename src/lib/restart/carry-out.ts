import { type Command, run, spell } from '../effect.ts';
import type { Host } from '../host.ts';
import { ActionError } from '../outcome.ts';
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
  const command = unit ? toldSystemd(operation, unit, true) : run(product.control, operation);
  const { exitCode, stdout, stderr } = unit
    ? await host.runner.run(command, timeout)
    : await host.installation.run(command, timeout);
  if (exitCode !== 0) throw refusedBy(command, exitCode, `${stdout}\n${stderr}`);
  await seeRunning(product, before, host);
  return `the ${operation} of the ${product.kind} is over (${spell(command)}), and it runs`;
}

/** The end of what was said: a control script tells of every step, and of the failure last. */
function refusedBy(command: Command, exitCode: number, text: string): ActionError {
  const said = text.trim().split('\n').slice(-3).join(' / ').slice(-300) || 'nothing';
  return new ActionError('tool-failed', `${spell(command)} answered ${exitCode}: ${said}`);
}
