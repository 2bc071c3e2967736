import type { System } from '../../src/lib/system.ts';

const SOURCE = 'No real tool was asked: this';

/** What accepted the commands of an action, on systems that none of the tests runs on. */
const NOTES: Readonly<Record<string, readonly string[]>> = {
  'route-null': [
    `${SOURCE} is written after the sources of route(8) of FreeBSD 12.1, OpenBSD and macOS`,
    '(network_cmds 741), as read on 2026-11-20; of NetBSD after its manual.',
  ],
  'host-deny': [
    `${SOURCE} is written after hosts_access(5) and hosts_options(5), as read on 2026-11-20.`,
  ],
  'disable-account': [
    `${SOURCE} is written after the sources of pw(8) of FreeBSD and usermod(8) of OpenBSD, and`,
    'after the manuals of usermod(8) of NetBSD, dscl(1) and pwpolicy(8), as read on 2026-11-20.',
  ],
  'restart-wazuh': [
    `${SOURCE} is written after the manual of launchctl(1) and the control script of Wazuh 4,`,
    'as read on 2026-11-20.',
  ],
};

/** Its lines for a golden file, with what stands before and behind them. */
export const noteOf = (name: string, system: System): readonly string[] => {
  const note = NOTES[name];
  return system === 'linux' || system === 'windows' || !note ? [] : [...note, ''];
};
