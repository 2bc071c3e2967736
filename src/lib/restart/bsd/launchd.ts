import { type Command, run, unexpected } from '../../effect.ts';
import type { Host } from '../../host.ts';
import { asActionError } from '../../outcome.ts';

/** Where Wazuh lives on every Mac that its package was installed on. */
export const MAC_HOME = '/Library/Ossec';

const TARGET = 'system/com.wazuh.agent';

/** The question whether launchd has the service of the agent. */
export const PRINT = run('launchctl', 'print', TARGET);

/**
 * Starts the agent as a child of launchd, and so with the rights that were given to its launcher: to
 * read the whole disk, say. What still runs of the launcher is ended first.
 */
export const KICKSTART: Command = run('launchctl', 'kickstart', '-k', TARGET);

// Of those that launchctl answers with the first means that there is no such service.
const UNKNOWN = [113, 3];

/** Whether launchd runs what is in this home. Where it cannot tell, the control script does the same. */
export async function isLaunched(
  { runner, system, home, log }: Host,
  timeout: number,
): Promise<boolean> {
  if (system !== 'macos' || home !== MAC_HOME) return false;
  try {
    const completed = await runner.run(PRINT, timeout);
    if (completed.exitCode === 0) return true;
    if (UNKNOWN.includes(completed.exitCode)) return false;
    throw unexpected(PRINT, completed);
  } catch (thrown) {
    await log.say(`Without launchd: ${asActionError(thrown).message}`);
    return false;
  }
}
