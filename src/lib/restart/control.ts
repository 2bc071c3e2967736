import { type Command, type Completed, run, spell } from '../effect.ts';
import type { Host } from '../host.ts';
import { ActionError } from '../outcome.ts';
import type { Product } from './product.ts';

/** Tells the control script something; throws `tool-failed` with the end of what it said. */
export async function control(
  { control: script }: Product,
  word: string,
  { installation }: Host,
  timeout: number,
): Promise<Command> {
  const command = run(script, word);
  demand(command, await installation.run(command, timeout));
  return command;
}

/** Throws `tool-failed` unless it succeeded. */
export function demand(command: Command, { exitCode, stdout, stderr }: Completed): void {
  if (exitCode !== 0) throw refusedBy(command, exitCode, `${stdout}\n${stderr}`);
}

/** The end of what was said: a control script tells of every step, and of the failure last. */
function refusedBy(command: Command, exitCode: number, text: string): ActionError {
  const said = text.trim().split('\n').slice(-3).join(' / ').slice(-300) || 'nothing';
  return new ActionError('tool-failed', `${spell(command)} answered ${exitCode}: ${said}`);
}
