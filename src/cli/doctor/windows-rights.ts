import { isPowerful } from '../../lib/node/powers.ts';
import { bad, type Check, type Finding, good } from './finding.ts';

/** Whether the programs, run as this user, could do what they are for. */
export const judgePowers = (powerful: boolean): Finding[] =>
  powerful
    ? [good('run as an administrator')]
    : [
        bad(
          'run without the rights of an administrator: what the agent would find is not known',
          'run it from an elevated prompt',
        ),
      ];

/** Whether it is an elevated prompt. */
export const windowsRightsCheck: Check = {
  name: 'rights',
  title: 'Rights',
  run: async () => judgePowers(isPowerful()),
};
