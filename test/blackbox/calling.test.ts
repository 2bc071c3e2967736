import { linkSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { alert } from './support/messages.ts';
import { it, NAMES, PROGRAM } from './support/stage.ts';

const IP = '203.0.113.7';
const TALK = `printf '%s\\n' "$1" "$2" |`;

describe('the home is found', () => {
  /** `$H` is the agent's home, the working directory at the start too. */
  const calls: readonly { how: string; call: string }[] = [
    { how: 'from the home, as an agent', call: 'active-response/bin/firewall-drop' },
    {
      how: 'by its absolute path from /',
      call: '(cd /; exec "$H/active-response/bin/firewall-drop")',
    },
    { how: 'from its own folder', call: '(cd active-response/bin; exec ./firewall-drop)' },
    { how: 'over a detour', call: '(cd logs; exec ../active-response/bin/firewall-drop)' },
    {
      how: 'from a folder that is gone',
      call: '(mkdir x; cd x; rmdir ../x; exec "$H/active-response/bin/firewall-drop")',
    },
    { how: 'through PATH', call: '(cd /; PATH=$H/active-response/bin:$PATH; firewall-drop)' },
    { how: 'through a relative PATH', call: '(cd active-response; PATH=bin:$PATH; firewall-drop)' },
    { how: 'through a link to the program', call: '(cd /; exec "$H/links/firewall-drop")' },
    {
      how: 'through a link to the home',
      call: '(cd /; exec "$H/links/h/active-response/bin/firewall-drop")',
    },
    {
      how: 'by a name without a path',
      call: '(cd /; exec -a firewall-drop "$H/active-response/bin/firewall-drop")',
    },
  ];

  it.concurrent.for(calls)('$how', async ({ call }, { stage }) => {
    const { path } = stage.home;
    mkdirSync(join(path, 'links'));
    symlinkSync('../active-response/bin/firewall-drop', join(path, 'links/firewall-drop'));
    symlinkSync('..', join(path, 'links/h'));
    const script = `H=$PWD; ${TALK} ${call}`;
    const run = await stage.shell(script, alert(IP), alert(IP, 'continue'));
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await stage.blocked()).toEqual([IP]);
    // Rules want this form, however the program was called.
    expect(stage.home.log()).toMatch(/ active-response\/bin\/firewall-drop: Starting$/m);
    expect(stage.home.outcomes()).toMatchObject([{ outcome: 'applied' }]);
  });
});

it('without a home an address is blocked, and a person told that nothing is logged', async ({
  stage,
}) => {
  const bin = stage.home.path;
  linkSync(join(bin, PROGRAM), join(bin, 'firewall-drop'));
  // Not even that of an agent that really lives on this machine.
  const hide = `hide() { if [ -d /var/ossec ]; then unshare -m --propagation private sh -c \
    'mount -t tmpfs none /var/ossec && exec "$@"' sh "$@"; else "$@"; fi; }`;
  const script = 'H=$PWD; mkdir x; cd x; rmdir ../x; hide "$H/firewall-drop" add --srcip "$1"';
  const run = await stage.shell(`${hide}; ${script}`, IP);
  expect(run).toMatchObject({ exitCode: 0 });
  expect(run.stderr).toMatch(/^nothing is logged: [^\n]+\n$/);
  expect(await stage.blocked('manual')).toEqual([IP]);
});

describe('the name decides', () => {
  it.concurrent('argv[0], not the file', async ({ stage }) => {
    const call =
      'exec -a active-response/bin/default-firewall-drop active-response/bin/firewall-drop';
    const run = await stage.shell(`${TALK} (${call})`, alert(IP), alert(IP, 'continue'));
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toContain('"name":"default-firewall-drop"');
    expect(await stage.blocked('default-firewall-drop')).toEqual([IP]);
    expect(await stage.blocked('firewall-drop')).toEqual([]);
  });

  it.concurrent.for(['foo', 'firewall-drop.exe', 'Firewall-Drop', 'firewall-drop-2', 'node'])(
    'a copy called %s does nothing and says so',
    async (name, { stage }) => {
      const bin = join(stage.home.path, 'active-response/bin');
      linkSync(join(bin, 'firewall-drop'), join(bin, name));
      for (const words of ['', ' add --srcip 203.0.113.7', ` add - ${IP} 1.2 3`, ' --help']) {
        const run = await stage.shell(`"active-response/bin/$2"${words} <<< "$1"`, alert(IP), name);
        expect(run).toMatchObject({ exitCode: 2, stdout: '' });
        expect(run.stderr).toMatch(/^[^\n]+\n$/);
        expect(run.stderr).toContain(`"${name}"`);
        for (const known of NAMES) expect(run.stderr).toContain(known);
      }
      expect(await stage.blocked()).toEqual([]);
    },
  );
});

it('never runs a tool that the caller chose', async ({ stage }) => {
  const script = `mkdir evil; cd evil; ln -s /usr/bin/true nft; cp nft ../nft
    PATH=$PWD:. ../active-response/bin/firewall-drop <<< "$1"$'\\n'"$2"`;
  const run = await stage.shell(script, alert(IP), alert(IP, 'continue'));
  expect(run.exitCode).toBe(0);
  // true would have blocked nothing.
  expect(await stage.blocked()).toEqual([IP]);
});

describe('what a caller left open', () => {
  it.concurrent('a file on standard input is read on from where it is', async ({ stage }) => {
    const script = `printf 'before\\n%s\\n%s\\n' "$1" "$2" > f; { read -r first; ${PROGRAM}; } < f`;
    const run = await stage.shell(script, alert(IP), alert(IP, 'continue'));
    expect(run).toMatchObject({ exitCode: 0 });
    expect(stage.home.outcomes()).toMatchObject([{ outcome: 'applied', answer: 'continue' }]);
  });

  it.concurrent('no tool gets the sockets of an old agent', async ({ stage }) => {
    const call = `$PWD/${PROGRAM} add - ${IP} 1304756247.60385 31151`;
    const strace = 'strace -f -qq -e trace=close,execve -e signal=none -o trace';
    const run = await stage.shell(`exec 30</etc/hostname 31</; ${strace} ${call} < /dev/null`);
    expect(run).toMatchObject({ exitCode: 0 });
    // Both are closed, by the program itself, before the first tool is started.
    const count =
      'NR == 1 { p = $1 } /execve.*nft/ { exit } $1 == p && /close.3[01]. += 0/ { n++ }';
    const closed = await stage.shell(`awk '${count} END { print n + 0 }' trace`);
    expect(closed.stdout.trim()).toBe('2');
  });
});

describe('a call that is no use leaves a trace where nobody sees it fail', () => {
  const trace = (name: string, ...words: string[]) => ({ name, words });
  it.concurrent.for([
    trace('firewall-drop', 'add', 'foo', 'bar'),
    trace('firewall-drop', '--frobnicate'),
    trace('foo'),
  ])('%j', async ({ name, words }, { stage }) => {
    const bin = join(stage.home.path, 'active-response/bin');
    if (name === 'foo') linkSync(join(stage.home.path, PROGRAM), join(bin, name));
    const run = await stage.shell('"$@" < /dev/null', `active-response/bin/${name}`, ...words);
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(stage.home.outcomes()).toMatchObject([{ outcome: 'usage' }]);
  });
});
