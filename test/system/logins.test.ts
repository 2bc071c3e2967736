import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { layoutOf } from '../../src/lib/lifelines/logins.ts';
import { brief, react } from '../support/alert.ts';
import { lane, TOOLS } from '../support/lane.ts';
import { rootObstacle } from '../support/private.ts';

const here = lane([...TOOLS, 'setpriv']);

beforeEach(({ skip }) => {
  const why = rootObstacle(['setpriv']);
  if (why !== undefined) skip(why);
  configured(true);
});

function configured(logins: boolean): void {
  const state = join(here.home.path, 'active-response/riposte');
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const settings = JSON.stringify({ protect: { logins } });
  writeFileSync(join(state, 'riposte.json'), settings, { mode: 0o600 });
}

const add = (ip: string) => react(here.world.victim, here.home, { verb: 'add', ip });

/** A process that sshd could have started for somebody from an address. */
async function session(ip: string, ...words: string[]): Promise<ChildProcess> {
  const env = { SSH_CONNECTION: `${ip} 40000 192.0.2.2 22` };
  // A shell would give up rights that are not its user's own.
  const [command = '', ...args] = [...words, '/bin/cat'];
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin?.write('up');
  await once(child.stdout as NonNullable<typeof child.stdout>, 'data');
  return child;
}

async function ended(child: ChildProcess): Promise<void> {
  child.stdin?.end();
  await once(child, 'exit');
}

test.each([4, 6] as const)(
  'an address with a session of root is refused, IPv%i',
  async (family) => {
    const ip = here.world.source(family);
    const shell = await session(ip);
    try {
      const ran = await add(ip);
      expect([brief(ran), ran.keys]).toEqual(['5 refused', undefined]);
      expect(ran.logged?.detail).toContain('has a session of root');
      expect(brief(await add(here.world.source(family)))).toBe('0 applied');
      configured(false);
      expect(brief(await add(ip))).toBe('0 applied');
      await react(here.world.victim, here.home, { verb: 'delete', ip });
      configured(true);
    } finally {
      await ended(shell);
    }
    expect(brief(await add(ip))).toBe('0 applied');
  },
);

test.each([
  ['of nobody', ['/usr/bin/setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']],
  [
    'with root’s rights, begun by nobody',
    ['/usr/bin/setpriv', '--ruid=65534', '--regid=65534', '--clear-groups'],
  ],
])('a process %s protects nothing: its environment is whatever it likes', async (_who, words) => {
  const ip = here.world.source(4);
  const shell = await session(ip, ...words);
  try {
    expect(brief(await add(ip))).toBe('0 applied');
  } finally {
    await ended(shell);
  }
});

test('the book of logins counts, as long as the process is there and root’s', async () => {
  const { victim } = here.world;
  const [open, closed, other] = [1, 2, 3].map(() => here.world.source(4)) as [
    string,
    string,
    string,
  ];
  const gone = await session('203.0.113.250');
  await ended(gone);
  const book = Buffer.concat([
    login('root', process.pid, open),
    login('root', gone.pid ?? 0, closed),
    login('nobody', process.pid, other),
  ]);
  const file = join(here.home.path, 'utmp');
  writeFileSync(file, book);
  await victim.must(['cp', file, '/run/utmp']);
  expect(brief(await add(open))).toBe('5 refused');
  expect(here.home.outcomes().at(-1)?.detail).toContain('has a session of root');
  for (const ip of [closed, other]) expect(brief(await add(ip)), ip).toBe('0 applied');
  await victim.must(['rm', '/run/utmp']);
  expect(brief(await add(open))).toBe('0 applied');
});

function login(user: string, pid: number, ip: string): Buffer {
  const layout = layoutOf(process.arch);
  const record = Buffer.alloc(layout.size);
  record.writeInt16LE(7, 0);
  record.writeInt32LE(pid, 4);
  record.write('pts/0', 8);
  record.write(user, 44);
  record.set(ip.split('.').map(Number), layout.address);
  return record;
}
