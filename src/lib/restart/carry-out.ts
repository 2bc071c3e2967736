import { type Command, run, spell } from '../effect.ts';
import type { Host } from '../host.ts';
import { ActionError } from '../outcome.ts';
import { STATE } from '../ports.ts';
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
  host.lock.with('restart', () => unlessCovered(operation, host, timeout), timeout);

async function unlessCovered(
  operation: Operation,
  host: Host,
  timeout: number,
): Promise<string | undefined> {
  const { files, clock } = host;
  const [begun, over] = [`${STATE}/begun-${operation}`, `${STATE}/over-${operation}`];
  // All of us read the configuration as it is when they begin, so one for many alerts will do, if it
  // came to its end. A clock that was set back makes files of the future: they tell nothing.
  const age = await files.age(begun);
  const later = age !== undefined && age >= 0 && age < clock.elapsed();
  if (later && (await files.age(over)) !== undefined) return undefined;
  await files.remove(over);
  await files.replace(begun, '');
  const said = await restarted(operation, host, timeout);
  await files.replace(over, '');
  return said;
}

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
