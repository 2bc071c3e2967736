import { describe, expect, test } from 'vitest';
import { parseIp } from '../../src/lib/fields.ts';
import { shortMetricOf } from '../../src/lib/routing/host-routes.ts';
import { netTools } from '../../src/lib/routing/net-tools.ts';
import { actionsOn, circumstance } from '../support/actions.ts';

const METRIC = shortMetricOf('manual');

/** The step of that name, of a null route to an address. */
function step(name: 'make' | 'renew' | 'undo', ip: string) {
  const found = netTools(parseIp(ip), circumstance('manual')).effects[0]?.[name];
  if (!found || !('command' in found)) throw new Error(`no command for ${name}`);
  return found;
}

/** What is made of the tool's listing. */
const seen = (ip: string, ...lines: string[]) =>
  step('renew', ip).read({ exitCode: 0, stdout: `${lines.join('\n')}\n`, stderr: '' });

const HEAD_4 = [
  'Kernel IP routing table',
  'Destination     Gateway         Genmask         Flags Metric Ref    Use Iface',
  '0.0.0.0         192.0.2.1       0.0.0.0         UG    0      0        0 eth0',
];
const HEAD_6 = ['Kernel IPv6 routing table', 'Destination      Next Hop   Flag Met Ref  Use If'];

// As net-tools and as busybox show them.
const OURS_4 = [
  `203.0.113.7     -               255.255.255.255 !H    ${METRIC}  -        0 -`,
  `203.0.113.7     0.0.0.0         255.255.255.255 !H    ${METRIC}  0        0 *`,
];
const OURS_6 = [
  `2001:db8::7/128                ::                         !n   ${METRIC} 1      0 lo`,
  `2001:db8::7/128                             ::                                      !n    ${METRIC}    1        0 lo      `,
];

describe('a null route is seen', () => {
  test.each(OURS_4)('for IPv4: %s', (line) => {
    expect(seen('203.0.113.7', ...HEAD_4, line)).toBe('present');
  });

  test.each(OURS_6)('for IPv6: %s', (line) => {
    expect(seen('2001:db8::7', ...HEAD_6, line)).toBe('present');
  });

  test.each([
    ['nothing at all', ''],
    ['a neighbour’s', OURS_4[0]?.replace('203.0.113.7 ', '203.0.113.70')],
    ['a network’s', OURS_4[0]?.replace('255.255.255.255', '255.255.255.0')],
    ['one of another metric', OURS_4[0]?.replace(` ${METRIC} `, ' 5 ')],
    ['one that leads somewhere', OURS_4[0]?.replace('!H', 'UH').replace(/-$/, 'eth0')],
  ])('and not in %s', (_what, line = '') => {
    expect(seen('203.0.113.7', ...HEAD_4, line)).toBe('groundless');
  });

  test.each([
    ['a dead one', '203.0.113.7 - 255.255.255.255 !H 3 - 0 -'],
    ['a blackhole', '203.0.113.7 0.0.0.0 255.255.255.255 UH 0 0 0 *'],
    ['a live one that comes later', '203.0.113.7 192.0.2.1 255.255.255.255 UGH 32766 0 0 eth0'],
    ['one with a metric of 32 bits', '203.0.113.7 192.0.2.1 255.255.255.255 UGH -1 0 0 eth0'],
  ])('beside %s', (_what, line) => {
    expect(seen('203.0.113.7', ...HEAD_4, line, ...OURS_4)).toBe('present');
  });

  test('but does not count where a live one comes first', () => {
    const line = '203.0.113.7 192.0.2.1 255.255.255.255 UGH 0 0 0 eth0';
    expect(() => seen('203.0.113.7', ...HEAD_4, line, ...OURS_4)).toThrow(
      /replies still leave.*eth0/,
    );
  });
});

test('R1: an IPv6 address is named as such, and what the tool refuses is a failure', () => {
  const { command, read } = step('make', '2001:db8::7');
  expect(command.args.slice(0, 4)).toEqual(['-A', 'inet6', 'add', '2001:db8::7/128']);
  const stderr = '2001:db8::7: Unknown host\n';
  expect(() => read({ exitCode: 6, stdout: '', stderr })).toThrow('answered 6');
});

test('R5: a delete names the metric and the kind of the route that was added', () => {
  for (const ip of ['203.0.113.7', '2001:db8::7']) {
    const [added, deleted] = [step('make', ip), step('undo', ip)].map(
      ({ command }) => command.args,
    );
    expect(deleted?.map((word) => (word === 'del' ? 'add' : word))).toEqual(added);
    expect(deleted).toContain(String(METRIC));
  }
});

test('every holder has a metric of its own, which 16 bits can hold', () => {
  const names = actionsOn('linux').flatMap(({ action }) => [action.name, ...action.aliases]);
  const holders = [...new Set([...names, 'manual'])];
  const metrics = holders.map(shortMetricOf);
  expect(new Set(metrics).size).toBe(holders.length);
  expect(Math.min(...metrics)).toBeGreaterThan(0);
  expect(Math.max(...metrics)).toBeLessThan(32_767);
});
