import type { Fact, Story } from './facts.ts';

/** The number of the account that these stories are about. */
export const UID = 41_001;

const LOOK = (name: string) =>
  `grep -h -e ^${name}: -e ^[[:space:]]*UID_MIN[[:space:]] /etc/passwd /etc/shadow /etc/login.defs`;
const PASSWD = `mallory:x:${UID}:${UID}::/home/mallory:/bin/sh\n`;
const UID_MIN = 'UID_MIN\t\t\t 1000\n';

/** What both files say, from the password to the expiry. */
const looked = (password: string, expires: string): Fact => ({
  line: LOOK('mallory'),
  exitCode: 0,
  stdout: `${PASSWD}mallory:${password}:19000:0:99999:7::${expires}:\n${UID_MIN}`,
});

const does = (line: string, exitCode = 0, stderr?: string): Fact => ({
  line,
  exitCode,
  ...(stderr !== undefined && { stderr }),
});

/** Told of an account `mallory` with the password `$y$mallory`, last changed on day 19000. */
export const ACCOUNT_STORIES: readonly Story[] = [
  {
    title: 'usermod locks and unlocks',
    facts: [
      looked('$y$mallory', ''),
      does('usermod -L -e 1 mallory', 0, ''),
      looked('!$y$mallory', '1'),
      does('usermod -L -e 1 mallory', 0, ''),
      looked('!$y$mallory', '1'),
      does('usermod -U -e  mallory', 0, ''),
      looked('$y$mallory', ''),
      does('usermod -U -e 0 mallory', 0, ''),
      looked('$y$mallory', '0'),
      does('usermod -L -e 20500 mallory', 0, ''),
      looked('!$y$mallory', '20500'),
    ],
  },
  {
    title: 'an account without a password',
    facts: [
      { line: 'passwd -d mallory', exitCode: 0, stdout: 'passwd: password changed.\n' },
      looked('', ''),
      does('usermod -L -e 1 mallory', 0, ''),
      looked('!', '1'),
      does(
        'usermod -U -e  mallory',
        0,
        "usermod: unlocking the user's password would result in a passwordless account.",
      ),
      looked('!', ''),
      does('passwd -d mallory'),
      looked('', ''),
    ],
  },
  {
    title: 'accounts that are not there',
    facts: [
      { line: LOOK('nosuch'), exitCode: 0, stdout: UID_MIN },
      { line: LOOK('mall\\.ry'), exitCode: 0, stdout: UID_MIN },
      does('usermod -L -e 1 nosuch', 6, "usermod: user 'nosuch' does not exist"),
    ],
  },
  {
    title: 'BusyBox locks and unlocks',
    facts: [
      { ...looked('$y$mallory', ''), line: `busybox ${LOOK('mallory')}` },
      does('busybox passwd -l mallory', 0, 'passwd: password for mallory changed by root'),
      does('busybox passwd -l mallory', 1, 'passwd: password for mallory is already locked'),
      does('busybox passwd -u mallory', 0, 'passwd: password for mallory changed by root'),
      does('busybox passwd -u mallory', 1, 'passwd: password for mallory is already unlocked'),
      does('busybox passwd -l nosuch', 1, 'passwd: unknown user nosuch'),
      does('busybox nosuch', 127, 'nosuch: applet not found'),
    ],
  },
];
