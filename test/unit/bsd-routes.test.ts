import { describe, expect, test } from 'vitest';
import { type Completed, run } from '../../src/lib/effect.ts';
import { parseIp } from '../../src/lib/fields.ts';
import { FREE, type Way, wayTo } from '../../src/lib/routing/route-get.ts';
import { BSDS, rowOn } from '../support/bsd.ts';
import { RouteTable } from '../support/model/bsd/route.ts';
import type { ModelHost } from '../support/model-host.ts';

const V4 = parseIp('203.0.113.7');
const V6 = parseIp('2001:db8::7');
const said = (stdout: string, stderr = '', exitCode = 0): Completed => ({
  exitCode,
  stdout,
  stderr,
});
const tellV4 = (completed: Completed): Way => wayTo(V4, (way) => way).read(completed);

/** What `route get` says of a route, as far as it is read. */
const told = (flags: string, gateway = '127.0.0.1', to = '203.0.113.7') =>
  said(
    `   route to: 203.0.113.7\ndestination: ${to}\n    gateway: ${gateway}\n  interface: lo0\n      flags: <${flags}>\n recvpipe  sendpipe\n       0         0\n`,
  );

describe('route get', () => {
  test.each([
    ['a black hole of ours', told('UP,GATEWAY,HOST,DONE,STATIC,BLACKHOLE'), [true, true]],
    ['one that answers', told('UP,GATEWAY,HOST,DONE,STATIC,REJECT'), [true, false]],
    ['one by a real gateway', told('UP,GATEWAY,HOST,DONE,BLACKHOLE', '192.0.2.1'), [true, false]],
    ['a route that leads somewhere', told('UP,GATEWAY,HOST,DONE', '192.0.2.1'), [false, false]],
  ])('%s', (_what, completed, [dead, ours]) => {
    expect(tellV4(completed)).toMatchObject({ own: true, dead, ours });
  });

  test.each([
    ['the default route', told('UP,GATEWAY,DONE,STATIC', '192.0.2.1', 'default')],
    ['a black hole for a network', told('UP,GATEWAY,DONE,BLACKHOLE', '127.0.0.1', '203.0.113.0')],
    ['a neighbour that macOS learnt', told('UP,HOST,DONE,LLINFO,WASCLONED,IFSCOPE', '0:1:2:3:4:5')],
    ['a neighbour that OpenBSD learnt', told('UP,HOST,DONE,LLINFO,CLONED', '00:01:02:03:04:05')],
    ['a route to another host', told('UP,HOST,DONE,BLACKHOLE', '127.0.0.1', '203.0.113.70')],
    ['nothing, on FreeBSD', said('', 'route: route has not been found\n', 1)],
    ['nothing, on macOS', said('', 'route: writing to routing socket: not in table\n')],
    ['nothing, on OpenBSD', said('', 'route: writing to routing socket: No such process\n', 1)],
  ])('%s is no route of anybody’s to the address', (_what, completed) => {
    expect(tellV4(completed)).toEqual(FREE);
  });

  test.each([
    ['silence', said('')],
    [
      'no right to ask',
      said('', 'route: writing to routing socket: Operation not permitted\n', 77),
    ],
    ['half an answer', said('   route to: 203.0.113.7\ndestination: 203.0.113.7\n')],
  ])('%s is a failure, never a no', (_what, completed) => {
    expect(() => tellV4(completed)).toThrow(/route -n get -host 203.0.113.7 answered/);
  });

  test('an address of IPv6 is compared as one, however it is written', () => {
    const text = told('UP,GATEWAY,HOST,DONE,STATIC,BLACKHOLE', '::1', '2001:db8:0:0::7');
    expect(wayTo(V6, (way) => way).read(text)).toMatchObject({ ours: true });
  });
});

const route = (host: ModelHost, line: string) => host.tool(run('route', ...line.split(' ')));
const OURS = '-q -n add -host 203.0.113.7 127.0.0.1 -blackhole';

describe.each(BSDS)('route-null on %s', (platform) => {
  const four = rowOn(platform, 'route-null', 'IPv4');
  const six = rowOn(platform, 'route-null', 'IPv6');

  test('R1: an address of IPv6 is routed to ::1, as one of IPv6', async () => {
    const host = six.fresh();
    expect(await six.call('add', host)).toMatchObject({ outcome: 'applied' });
    expect(host.commands).toContain('route -q -n add -inet6 -host 2001:db8::7 ::1 -blackhole');
    expect(host.holds('2001:db8::7')).toBe(true);
  });

  test('R2, P4: without route nothing is claimed', async () => {
    const host = four.fresh();
    host.faults = (_place, { tool }) => (tool === 'route' ? 'missing' : undefined);
    expect(await four.call('add', host)).toMatchObject({ outcome: 'missing-tool', told: [] });
  });

  test('R3: the route leads into a black hole, and not by a gateway of this network', async () => {
    const host = four.fresh();
    await four.call('add', host);
    const { stdout } = route(host, '-n get 203.0.113.7');
    expect(stdout).toMatch(/gateway: 127\.0\.0\.1\n/);
    expect(stdout).toMatch(/BLACKHOLE/);
  });

  test('R5: undo takes away that route alone, by its gateway', async () => {
    const host = four.fresh();
    const before = host.state();
    await four.call('add', host);
    expect(await four.call('delete', host)).toMatchObject({ outcome: 'removed' });
    const last = 'route -q -n delete -host 203.0.113.7 127.0.0.1 -blackhole';
    expect(host.commands.filter((line) => / delete /.test(line))).toEqual([last]);
    expect(host.state()).toBe(before);
  });

  test.each(['-q add -host 203.0.113.7 192.0.2.9', '-q add -host 203.0.113.7 192.0.2.1'])(
    'R5: %s of an administrator’s is declined with the reason, and stays',
    async (line) => {
      const host = four.fresh();
      route(host, line);
      const before = host.state();
      const { outcome, detail, told: keys } = await four.call('add', host);
      expect([outcome, keys]).toEqual(['no-effect', []]);
      expect(detail).toContain(`not ours, by ${line.split(' ').at(-1)}: remove it first`);
      expect(await four.call('delete', host)).toMatchObject({ outcome: 'absent' });
      expect(host.state()).toBe(before);
    },
  );

  test.each([OURS, '-q add -host 203.0.113.7 127.0.0.1 -reject'])(
    'what was there without a record, %s, is enough, and stays with the words that lift it',
    async (line) => {
      const host = four.fresh();
      route(host, line);
      const before = host.state();
      expect(await four.call('add', host)).toMatchObject({ outcome: 'already' });
      const { outcome, detail } = await four.call('delete', host);
      expect(outcome).toBe('not-ours');
      expect(detail).toContain('route -q -n delete -host 203.0.113.7 127.0.0.1 -blackhole');
      expect(host.state()).toBe(before);
    },
  );

  test('an address that ends in zeros is a host’s like any other', async () => {
    const host = four.fresh();
    const before = host.state();
    const target = { text: '203.0.113.0' };
    expect(await four.call('add', host, {}, target)).toMatchObject({ outcome: 'applied' });
    expect(host.holds(target.text)).toBe(true);
    expect(await four.call('delete', host, {}, target)).toMatchObject({ outcome: 'removed' });
    expect(host.state()).toBe(before);
  });

  test('who put another route in the place of ours has the last word', async () => {
    const host = four.fresh();
    await four.call('add', host);
    route(host, '-q delete -host 203.0.113.7');
    route(host, '-q add -host 203.0.113.7 192.0.2.9');
    const before = route(host, '-n get 203.0.113.7').stdout;
    expect(await four.call('delete', host)).toMatchObject({ outcome: 'removed' });
    expect(route(host, '-n get 203.0.113.7').stdout).toBe(before);
  });

  test('a null route in the place of somebody else’s, which took the place of ours, stays', async () => {
    const host = four.fresh();
    await four.call('add', host);
    route(host, '-q delete -host 203.0.113.7');
    route(host, '-q add -host 203.0.113.7 127.0.0.1 -reject');
    expect(await four.call('add', host)).toMatchObject({ outcome: 'already' });
    route(host, '-q delete -host 203.0.113.7');
    route(host, OURS);
    expect(await four.call('delete', host)).toMatchObject({ outcome: 'removed' });
    expect(host.holds('203.0.113.7')).toBe(true);
  });

  test('P3: a route that is not there after all is no success, whatever the exit code says', async () => {
    const host = four.fresh();
    const before = host.state();
    const own = host.tool.bind(host);
    // Says nothing and does nothing, as a tool that is another one does.
    host.tool = (command) => (command.args.includes('add') ? said('') : own(command));
    const { outcome, told: keys } = await four.call('add', host);
    expect([outcome, keys]).toEqual(['tool-failed', []]);
    expect(host.state()).toBe(before);
  });

  test('P3: what route complains of is told, also where it answers 0', async () => {
    const host = four.fresh();
    const own = host.tool.bind(host);
    const failing = platform === 'macos' ? 0 : 1;
    host.tool = (command) =>
      command.args.includes('add')
        ? said('', 'route: writing to routing socket: Network is unreachable\n', failing)
        : own(command);
    const { outcome, detail } = await four.call('add', host);
    expect(outcome).toBe('tool-failed');
    expect(detail).toContain('Network is unreachable');
  });
});

describe('the model of route', () => {
  const change = (kind: (typeof BSDS)[number], ...lines: readonly string[]) => {
    const table = new RouteTable(kind);
    return lines.map((line) => table.run({ args: line.split(' ') })).at(-1);
  };
  const add = 'add -host 203.0.113.7 127.0.0.1 -blackhole';
  const gone = 'delete -host 203.0.113.7 127.0.0.1 -blackhole';

  test.each([
    ['macos', [add, add], 0, ': File exists\n', 'route: writing to routing socket: File exists\n'],
    ['macos', [gone], 0, ': not in table\n', 'route: writing to routing socket: not in table\n'],
    ['freebsd', [add, add], 1, ': route already in table\n', ''],
    ['freebsd', [gone], 1, ': not in table\n', 'route: route has not been found\n'],
    ['openbsd', [add, add], 1, ': File exists\n', ''],
    ['openbsd', [gone], 1, ': not in table\n', ''],
  ] as const)('%s %j', (kind, lines, exitCode, stdout, stderr) => {
    const answer = change(kind, ...lines);
    expect(answer).toMatchObject({ exitCode, stderr });
    expect(answer?.stdout).toMatch(new RegExp(`${stdout.trim()}\n$`));
    // What is said of the change itself is left out; complaints are not.
    const quiet = change(kind, ...lines.map((line) => `-q -n ${line}`));
    expect(quiet).toEqual({ exitCode, stdout: '', stderr });
  });

  test.each([
    ['frobnicate', 64],
    ['add -host', 64],
    ['add -host 203.0.113.7 127.0.0.1 --blackhole', 64],
    ['add -host 203.0.113 127.0.0.1', 68],
    ['add -inet6 -host 203.0.113.7 ::1', 68],
    ['add -host 2001:db8::7 127.0.0.1', 68],
  ])('refuses %s', (line, exitCode) => {
    expect(change('freebsd', line)).toMatchObject({ exitCode });
  });

  test('reads an address that ends in zeros as a network’s, unless it is asked for a host', () => {
    const table = new RouteTable('freebsd');
    const flagsOf = (line: string) =>
      /flags: <(.*)>/.exec(table.run({ args: line.split(' ') }).stdout)?.[1] ?? '';
    for (const [family, address, by] of [
      ['-inet', '203.0.113.0', '127.0.0.1'],
      ['-inet6', '2001:db8:2::', '::1'],
    ] as const) {
      table.run({ args: ['add', family, '-host', address, by, '-blackhole'] });
      expect(flagsOf(`-n get ${family} ${address}`)).not.toContain('HOST');
      expect(flagsOf(`-n get ${family} -host ${address}`)).toContain('HOST');
    }
  });

  test('netstat of FreeBSD cuts long addresses off, unless it is asked not to', () => {
    const table = new RouteTable('freebsd');
    const long = '2001:db8:1111:2222:3333:4444:5555:6666';
    table.run({ args: `add -inet6 -host ${long} ::1 -blackhole`.split(' ') });
    const shown = (letters: string) =>
      table.netstat({ args: [letters, '-f', 'inet6'] }).stdout.includes(long);
    expect([shown('-rn'), shown('-rnW')]).toEqual([false, true]);
  });
});
