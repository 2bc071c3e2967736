import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseIp } from '../../src/lib/fields.ts';
import {
  added,
  HOSTS_ALLOW,
  HOSTS_DENY,
  has,
  hasLine,
  marked,
  removed,
  unmarked,
} from '../../src/lib/wrappers/hosts-file.ts';
import { verdict } from '../support/model/wrappers.ts';

const entry = (ip: string, holder = 'host-deny', file = HOSTS_DENY) =>
  marked(file, parseIp(ip), holder);
const denied = (text: string, ip: string) => verdict('', text, 'sshd', ip) === 'denied';

describe('/etc/hosts.deny', () => {
  test.each([
    ['1.2.3.4', 'ALL:1.2.3.45\n'],
    ['1.2.3.4', 'ALL: 11.2.3.4\n'],
    ['2001:db8::1', 'ALL: [2001:db8::12]\n'],
  ])('H1: a line for a longer address does not hide %s', (ip, text) => {
    expect(has(text, entry(ip))).toBe(false);
    expect(denied(text, ip)).toBe(false);
    expect(denied(added(text, entry(ip)), ip)).toBe(true);
  });

  test('H2: what only contains the address stays', () => {
    const theirs = 'sshd: 10.0.0.55\nALL: 10.0.0.5 # keep\n# 10.0.0.5 came back\nALL: 10.0.0.5\n';
    expect(removed(added(theirs, entry('10.0.0.5')), entry('10.0.0.5'))).toBe(theirs);
    expect(removed(theirs, entry('10.0.0.5'))).toBe(theirs);
  });

  test('H5: an IPv6 address is in brackets, and keeps out what it says', () => {
    const text = added('', entry('2001:db8::7'));
    expect(text).toBe('# riposte host-deny\nALL: [2001:db8::7]\n');
    expect([denied(text, '2001:db8::7'), denied(text, '2001:db8::70')]).toEqual([true, false]);
    expect(denied('ALL:2001:db8::7\n', '2001:db8::7')).toBe(false);
  });

  test('H7: nothing is glued to a last line without its end, and it stays without', () => {
    const theirs = 'ALL: 192.0.2.1\nsshd: 198.51.100.';
    const text = added(theirs, entry('10.0.0.5'));
    expect(text).toBe(`# riposte host-deny\nALL: 10.0.0.5\n${theirs}`);
    expect(removed(text, entry('10.0.0.5'))).toBe(theirs);
  });

  test('V3: a line that is not ours is no reason to write none', () => {
    const theirs = '# 10.0.0.5 was seen in May\nin.ftpd: 10.0.0.5\n';
    expect(denied(theirs, '10.0.0.5')).toBe(false);
    expect(denied(added(theirs, entry('10.0.0.5')), '10.0.0.5')).toBe(true);
  });

  test('A6: a dot is a dot', () => {
    const theirs = 'ALL: 1a2b3c4\nALL: 112x3x4\n';
    expect(has(added(theirs, entry('112.3.4.4')), entry('1.2.3.4'))).toBe(false);
  });

  test('a mark without the rule right below it, or of another holder, is not ours', () => {
    const rule = 'ALL: 10.0.0.5\n';
    for (const text of [
      rule,
      '# riposte host-deny\n',
      `# riposte host-deny\n\n${rule}`,
      `# riposte host-deny.sh\n${rule}`,
      `#  riposte host-deny\n${rule}`,
      `# riposte host-deny\nALL: 10.0.0.50\n`,
      `sshd: 192.0.2.1 \\\n# riposte host-deny\n${rule}`,
    ]) {
      expect(has(text, entry('10.0.0.5')), text).toBe(false);
      expect(removed(text, entry('10.0.0.5'))).toBe(text);
    }
  });

  test('ours is known with the line ends of another system, at the very end, and twice', () => {
    for (const text of [
      '# riposte host-deny\r\nALL: 10.0.0.5\r\n',
      '# riposte host-deny\nALL: 10.0.0.5',
      '# riposte host-deny\nALL: 10.0.0.5\n# riposte host-deny\nALL: 10.0.0.5\n',
    ]) {
      expect(has(text, entry('10.0.0.5')), text).toBe(true);
      expect(removed(`before\n${text}`, entry('10.0.0.5'))).toBe('before\n');
    }
  });

  test('what upstream’s program left is found by its whole line', () => {
    const line = unmarked(parseIp('1.2.3.4'));
    expect(hasLine('ALL:1.2.3.45\nALL:1.2.3.4\n', line)).toBe(true);
    expect(hasLine('ALL:1.2.3.45\nALL: 1.2.3.4\nALL:1.2.3.4 # keep\n', line)).toBe(false);
  });
});

describe('/etc/hosts.allow', () => {
  const STOCK = '# hosts.allow\n\nALL : ALL : allow\n';
  const freebsd = (ip: string) => entry(ip, 'host-deny', HOSTS_ALLOW);

  test.each(['203.0.113.7', '2001:db8::7'])('H6: the rule for %s comes first', (ip) => {
    const text = added(STOCK, freebsd(ip));
    expect(text.split('\n')[1]).toMatch(/^ALL : \S+ : deny$/);
    expect(verdict(text, '', 'sshd', ip)).toBe('denied');
    expect(verdict(`${STOCK}${freebsd(ip).join('\n')}\n`, '', 'sshd', ip)).toBe('granted');
    expect(verdict(text, '', 'sshd', `${ip}0`)).toBe('granted');
  });

  test('A6: it looks for its rule in the form that it writes', () => {
    const text = added(STOCK, freebsd('203.0.113.7'));
    expect(added(text, freebsd('203.0.113.7'))).toBe(text);
    expect(removed(text, freebsd('203.0.113.7'))).toBe(STOCK);
    expect(has(text, entry('203.0.113.7'))).toBe(false);
  });
});

describe('any file of an administrator’s', () => {
  const ADDRESSES = ['10.0.0.5', '10.0.0.55', '2001:db8::5'];
  const HOLDERS = ['host-deny', 'host-deny.sh', 'manual'];
  const piece = fc.constantFrom(
    ...['\n', '\r\n', '\\\n', ' ', '#', 'ALL', ':', ': ', 'sshd', '\u00e9\u00ff', '\u0000'],
    ...ADDRESSES,
    ...ADDRESSES.map((ip) => `${HOSTS_DENY.rule(parseIp(ip))}\n`),
    '# riposte other\n',
  );
  const file = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));
  const ours = fc.record({
    ip: fc.constantFrom(...ADDRESSES),
    holder: fc.constantFrom(...HOLDERS),
  });

  test('comes back byte for byte, however many rules come and go in whatever order', () => {
    fc.assert(
      fc.property(
        file,
        fc.uniqueArray(ours, { selector: JSON.stringify }),
        fc.nat(),
        (text, all, seed) => {
          const entries = all.map(({ ip, holder }) => entry(ip, holder));
          let now = text;
          for (const one of entries) {
            now = added(now, one);
            expect(added(now, one)).toBe(now);
          }
          expect(now.endsWith(text)).toBe(true);
          for (const { ip } of all) expect(denied(now, ip)).toBe(true);
          const order = entries.map((_, at) => entries[(at + seed) % entries.length]);
          for (const one of order) if (one) now = removed(now, one);
          expect(now).toBe(text);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
