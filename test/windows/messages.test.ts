import { beforeEach, describe, expect, it } from 'vitest';
import { alerts, lines } from '../blackbox/support/decoders.ts';
import {
  adds,
  declined,
  deletes,
  dialectOf,
  EXIT,
  EXPECTED,
} from '../blackbox/support/expected.ts';
import { keysLine, MESSAGES, message, text } from '../blackbox/support/messages.ts';
import { launch, legacyRun, windowsExecd } from '../support/windows/execd.ts';
import { makeWindowsHome, type WindowsHome } from '../support/windows/home.ts';
import { windowsLane } from '../support/windows/lane.ts';
import { blockedIn, makeNetwork, type Network } from '../support/windows/network.ts';

/** Of the messages with an address, those that differ on the way to it. */
const few = adds.filter(({ name }) => /win-|ipv6|5x-enable-stateful-block/.test(name));

const lane = windowsLane();
let home: WindowsHome;
let network: Network;
beforeEach(async () => {
  home = makeWindowsHome(lane.windows);
  network = await makeNetwork(lane);
});

const blocked = () => blockedIn(network);

/** Feeds a message to a program as an agent does that then says no more. */
async function feed(name: string, program: string) {
  const running = launch({ lane, home }, 'listen', `"active-response/bin/${program}"`);
  running.write(`${text(name)}\n`);
  running.end();
  return running.ended;
}

describe('every sample message', () => {
  it('is expected to do something here', () => {
    expect(Object.keys(EXPECTED).sort()).toEqual(MESSAGES);
  });
});

describe.for([
  ['netsh.exe', adds],
  ['block-ip.exe', few],
  ['route-null.exe', few],
] as const)('%s with an agent', ([program, some]) => {
  it.for(some)('blocks and lifts what $name says', async ({ name, add: target }) => {
    const agent = windowsExecd(dialectOf(name), { lane, home, program });
    const run = await agent.add(message(name), { timeout: 3600 });
    expect(run).toMatchObject({
      exitCode: 0,
      reply: 'continue',
      keysLine: keysLine(target, program),
      key: `${program}-${target}`,
      stdoutAfter: '',
    });
    expect(blocked()).toEqual([target]);
    expect(await agent.stop()).toMatchObject([{ exitCode: 0 }]);
    expect(blocked()).toEqual([]);
    expect(home.outcomes()).toMatchObject([
      { outcome: 'applied', verb: 'add', target, exit: 0, answer: 'continue' },
      { outcome: 'removed', verb: 'delete', target, exit: 0 },
    ]);
    // Rules read the fourth generation's form only; 5 has no rules for this log.
    expect(alerts(home.log())).toEqual(name.startsWith('4x') ? [657, 657] : []);
  });
});

describe('netsh.exe, when a second alert comes', () => {
  it('is told to abort, and the block holds', async () => {
    const agent = windowsExecd('wazuh4', { lane, home, program: 'netsh.exe' });
    const one = message('4x-add-win-60122-netsh');
    await agent.add(one, { timeout: 3600 });
    const run = await agent.add(one, { timeout: 3600 });
    expect(run).toMatchObject({ exitCode: 0, reply: 'abort' });
    expect(blocked()).toEqual(['203.0.113.66']);
    expect(home.outcomes().map(({ outcome }) => outcome)).toEqual(['applied', 'already']);
    await agent.stop();
    expect(blocked()).toEqual([]);
  });

  it('keeps a block that nobody answers for', async () => {
    const run = await feed('4x-add-win-60122-netsh', 'netsh.exe');
    expect(run).toMatchObject({ exitCode: 13 });
    expect(blocked()).toEqual(['203.0.113.66']);
  });
});

describe('a message that says nothing usable', () => {
  it.for(declined)('$name: $declines', async ({ name, declines, says }) => {
    const run = await feed(name, 'netsh.exe');
    expect(run).toMatchObject({ exitCode: EXIT[declines], stdout: '' });
    expect(home.outcomes()).toMatchObject([{ outcome: declines, exit: EXIT[declines] }]);
    expect(lane.doubles.called('netsh')).toEqual([]);
    expect(alerts(home.log())).toEqual([]);
    expect(lines(home.log()).some((line) => line.includes(`netsh.exe: ${says}`))).toBe(true);
  });

  it('to route-null.exe about loopback is refused', async () => {
    const run = await feed('4x-add-win-60122-loopback-route-null', 'route-null.exe');
    expect(run).toMatchObject({ exitCode: 5, stdout: '' });
    expect(blocked()).toEqual([]);
  });
});

it.for(deletes)('a delete of what is not there prints nothing: $name', async ({ name, target }) => {
  const agent = windowsExecd(dialectOf(name), { lane, home, program: 'netsh.exe' });
  expect(await agent.delete(message(name))).toMatchObject({ exitCode: 0 });
  expect(home.outcomes()).toMatchObject([{ outcome: 'absent', target }]);
});

describe('an old agent', () => {
  const { argv } = message('legacy-argv-windows-add') as { argv: readonly string[] };
  const [, , user = '', ip = '', rest = ''] = argv;

  it.each(['route-null.cmd', 'netsh.cmd', 'firewall-drop.cmd'])(
    'has %s block and lift, by words and one long last one',
    async (program) => {
      const options = { lane, home, program };
      expect(await legacyRun(options, 'add', [user, ip, rest])).toMatchObject({ exitCode: 0 });
      expect(blocked()).toEqual([ip]);
      expect(await legacyRun(options, 'delete', [user, ip, rest])).toMatchObject({ exitCode: 0 });
      expect(blocked()).toEqual([]);
      expect(home.outcomes()).toMatchObject([
        { outcome: 'applied', target: ip, alert: '1481129296.262924', rule: '100001' },
        { outcome: 'removed', target: ip },
      ]);
    },
  );

  it.each([
    ['%PATH%&calc', 'bad-field'],
    ['-', 'bad-field'],
    ['203.0.113.66,any', 'bad-field'],
    ['', 'bad-field'],
    ['127.0.0.1', 'refused'],
  ])('has nothing blocked for the address %j', async (address, outcome) => {
    const run = await legacyRun({ lane, home, program: 'netsh.cmd' }, 'add', ['-', address, rest]);
    expect(run.exitCode).not.toBe(0);
    expect(home.outcomes()).toMatchObject([{ outcome }]);
    expect(lane.doubles.called('netsh')).toEqual([]);
  });

  it('gets no more from a word that looks like an option', async () => {
    const words = ['--dry-run', '203.0.113.66', `${rest} --help`];
    await legacyRun({ lane, home, program: 'netsh.cmd' }, 'add', words);
    expect(blocked()).toEqual(['203.0.113.66']);
  });
});
