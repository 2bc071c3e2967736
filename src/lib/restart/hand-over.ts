import { must, run } from '../effect.ts';
import type { Host } from '../host.ts';
import { type Operation, toldSystemd, unitFor } from './service.ts';

/** What an agent's call is about. */
export interface Errand {
  /** The name that the agent called the program by. */
  readonly program: string;
  readonly operation: Operation;
  readonly alert: string | undefined;
}

// What an alert's id looks like; other texts are not worth a word on a command line.
const ALERT_ID = /^[\d.]{1,64}$/;

/**
 * Leaves it to somebody who outlives the agent, since the agent waits for us and we are its child:
 * to systemd, or to this same program as a person would call it. Half a sentence about who has it.
 */
export async function handOver(
  { program, operation, alert }: Errand,
  host: Host,
  timeout: number,
): Promise<string> {
  const unit = await unitFor(operation, host);
  if (unit !== undefined) {
    const told = must(toldSystemd(operation, unit, false), 'taken');
    told.read(await host.runner.run(told.command, timeout));
    return `systemd took on the ${operation} of ${unit}; how it ends tells systemctl status ${unit}`;
  }
  const id = alert !== undefined && ALERT_ID.test(alert) ? [`--alert=${alert}`] : [];
  const words = ['add', `--operation=${operation}`, ...id, '--reason=an active response'];
  await host.installation.detach(run(program, ...words, `--home=${host.home}`));
  return `the ${operation} was begun, apart from the agent; how it ends will be a line of its own`;
}
