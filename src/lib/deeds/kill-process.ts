import type { Circumstance, Once } from '../action.ts';
import type { FilePath } from '../fields.ts';
import type { Pid, Start } from '../process-target.ts';
import type { Suspect } from '../signals.ts';
import { enabledOption, neverOption, pathsIn, refuseDisabled } from './options.ts';

/** The options of `killProcess`. */
export const killOptions = { enabled: enabledOption, never: neverOption };

/** The process that an alert names. */
export interface Named {
  readonly pid: Pid;
  readonly start: Start;
  readonly executable?: FilePath | undefined;
}

/** Kills the one process that has this number, began then and runs that program. */
export function killProcess({ pid, start, executable }: Named, circumstance: Circumstance): Once {
  refuseDisabled('kill-process', circumstance);
  const spared = { never: pathsIn(circumstance.options['never']) };
  const suspect: Suspect = { pid: pid.number, start, executable: executable?.text };
  const running = executable ? ` and runs ${executable.text}` : '';
  return {
    what: `process ${pid.text} of ${start.text} is gone`,
    already: `process ${pid.text} of ${start.text} had ended already`,
    checks: [
      {
        spelled: `# look whether process ${pid.text} began at ${start.text}${running}`,
        act: async ({ signals }) => {
          await signals.check(suspect, spared);
          return 'good';
        },
      },
    ],
    steps: [
      {
        spelled: `# stop process ${pid.text}, look once more, kill it, and look that it is gone`,
        act: async ({ signals }, timeout) =>
          (await signals.kill(suspect, spared, timeout)) === 'killed' ? 'done' : 'already',
      },
    ],
  };
}
