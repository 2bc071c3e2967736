import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import {
  adds,
  declined,
  deletes,
  dialectOf,
  EXIT,
  EXPECTED,
} from '../blackbox/support/expected.ts';
import { keysLine, MESSAGES, message, text } from '../blackbox/support/messages.ts';
import { agentOf, feed, legacyCall } from '../support/bsd/agent.ts';
import { bsdLane } from '../support/bsd/lane.ts';
import type { Root } from '../support/bsd/root.ts';
import type { BsdSystem } from '../support/model/bsd/host.ts';
import { verdict } from '../support/model/wrappers.ts';

const lane = bsdLane();

const FIRST = /^4x-add-ssh-5710-firewall-drop$/;
const OTHERS = /ipv6|5x-enable-stateful-block-ip$/;

/** Of the messages with an address, those that differ on the way to it, for the programs that differ. */
const some = (program: string) =>
  adds.filter(
    ({ name }) =>
      FIRST.test(name) ||
      (['firewall-drop', 'route-null', 'host-deny'].includes(program) && OTHERS.test(name)),
  );

/** What blocks addresses on each system, and whether it is one of all ways. */
const BLOCKING: readonly (readonly [BsdSystem, ...string[]])[] = [
  ['macos', 'firewall-drop', 'pf', 'block-ip', 'route-null'],
  ['freebsd', 'firewall-drop', 'pf', 'ipfw', 'block-ip', 'route-null', 'host-deny'],
  ['openbsd', 'firewall-drop', 'pf.sh', 'block-ip', 'route-null'],
  ['netbsd', 'firewall-drop', 'npf', 'block-ip', 'route-null', 'host-deny'],
];
const pairs = BLOCKING.flatMap(([system, ...programs]) =>
  programs.map((program) => [system, program] as const),
);

const FILES = ['/etc/hosts.allow', '/etc/hosts.deny'];

/** Whether an address is kept out, by whatever the program does it with. */
function holds(root: Root, program: string, target: string): boolean {
  if (program !== 'host-deny') return root.tools().drops(target);
  const [allow = '', deny = ''] = FILES.map((path) => textOf(root, path));
  return verdict(allow, deny, 'sshd', target) === 'denied';
}

const textOf = (root: Root, path: string): string => {
  try {
    return root.read(path);
  } catch {
    return '';
  }
};

/** All that could have been changed. */
const everything = (root: Root): string =>
  [root.tools().listing(), ...FILES.map((path) => textOf(root, path))].join('\n');

describe('every sample message', () => {
  it('is expected to do something here', () => {
    expect(Object.keys(EXPECTED).sort()).toEqual(MESSAGES);
  });
});

describe.for(pairs)('on %s, %s', ([system, program]) => {
  it.for(some(program))('blocks and lifts what $name says', async ({ name, add: target }) => {
    const root = lane.root(system);
    const agent = agentOf(root, program, dialectOf(name));
    const run = await agent.add(message(name), { timeout: 3600 });
    expect([root.log(), run]).toMatchObject([
      expect.anything(),
      {
        exitCode: 0,
        reply: 'continue',
        keysLine: keysLine(target, program),
        key: `${program}-${target}`,
        stdoutAfter: '',
      },
    ]);
    expect(holds(root, program, target)).toBe(true);
    expect(await agent.stop()).toMatchObject([{ exitCode: 0 }]);
    expect(holds(root, program, target)).toBe(false);
    expect(root.outcomes()).toMatchObject([
      { outcome: 'applied', verb: 'add', target, exit: 0, answer: 'continue' },
      { outcome: 'removed', verb: 'delete', target, exit: 0 },
    ]);
  });

  it('understands the words of an old agent', async () => {
    const root = lane.root(system);
    const words = ['-', '203.0.113.7', '1770113472.345678', '5710', '(any) any->/var/log/auth'];
    expect(await legacyCall(root, program, 'add', words)).toEqual({ exitCode: 0 });
    expect(holds(root, program, '203.0.113.7')).toBe(true);
    expect(await legacyCall(root, program, 'delete', words)).toEqual({ exitCode: 0 });
    expect(holds(root, program, '203.0.113.7')).toBe(false);
  });
});

describe.for(['macos', 'freebsd', 'openbsd', 'netbsd'] as const)(
  'on %s, echo MESSAGE',
  (system) => {
    it('blocks what nobody answers for, and says so', async () => {
      const root = lane.root(system);
      const run = await feed(root, 'firewall-drop', text('4x-add-ssh-5710-firewall-drop'));
      expect(run).toMatchObject({ exitCode: 13, stdout: `${keysLine('203.0.113.7')}\n` });
      expect(root.tools().drops('203.0.113.7')).toBe(true);
    });

    it('leaves a block that the agent knows already, and says abort to', async () => {
      const root = lane.root(system);
      const agent = agentOf(root, 'firewall-drop', 'wazuh4');
      const one = message('4x-add-ssh-5710-firewall-drop');
      await agent.add(one, { timeout: 3600 });
      expect(await agent.add(one, { timeout: 3600 })).toMatchObject({
        exitCode: 0,
        reply: 'abort',
      });
      expect(root.tools().drops('203.0.113.7')).toBe(true);
      expect(root.outcomes().map(({ outcome }) => outcome)).toEqual(['applied', 'already']);
    });

    it('changes nothing for whatever cannot be done, and for what is not there to be undone', async () => {
      const root = lane.root(system);
      const before = everything(root);
      const cases = [
        ...declined.map(({ name, declines }) => ({ name, exitCode: EXIT[declines] })),
        ...deletes.slice(0, 1).map(({ name }) => ({ name, exitCode: 0 })),
      ];
      for (const { name, exitCode } of cases) {
        const run = await feed(root, 'firewall-drop', text(name));
        expect([name, run]).toMatchObject([name, { exitCode, stdout: '' }]);
      }
      expect(everything(root)).toBe(before);
    });

    it('ends after five seconds where nothing is said', async () => {
      const root = lane.root(system);
      const [file = '', ...words] = [...root.enter, 'active-response/bin/firewall-drop'];
      const child = spawn(file, words, { stdio: ['pipe', 'pipe', 'ignore'], cwd: '/' });
      const code = await new Promise((resolve) => child.once('exit', resolve));
      child.stdin.destroy();
      expect(code).not.toBe(0);
      expect(root.outcomes()).toMatchObject([{ outcome: 'bad-request', exit: code }]);
      expect(root.log()).toMatch(/within 5/);
    });
  },
);
