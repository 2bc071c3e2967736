import { describe, expect, test } from 'vitest';
import { placeProtection } from '../../src/lib/places.ts';

const HOME = '/opt/agent';
const protection = (text: string, never: readonly string[] = []) =>
  placeProtection({ text }, { home: HOME, never });

test.each([
  '/tmp/evil',
  '/var/tmp/evil',
  '/dev/shm/evil',
  '/run/user/1000/evil',
  '/run/lock/evil',
  '/home/ann/Downloads/evil',
  '/root/evil',
  '/srv/www/evil.php',
  '/var/www/html/uploads/shell.php',
  '/opt/app/evil',
  '/opt/agent2/evil',
  '/usr/local/bin/evil',
  '/data/evil',
  '/library/evil.epub',
  '/mnt/share/evil',
  '//tmp/./evil',
])('%s may be taken', (path) => {
  expect(protection(path)).toBeUndefined();
});

test.each(
  [
    ['/', 'names a directory'],
    ['/tmp/', 'names a directory'],
    ['/tmp/.', 'names a directory'],
    ['/vmlinuz', 'root directory'],
    ['/swapfile', 'root directory'],
    ['//swapfile', 'root directory'],
    ...['/bin/ls', '/sbin/init', '/lib/x', '/lib64/ld.so', '/libx32/x', '/boot/vmlinuz'],
    ...['/etc/passwd', '/etc/./passwd', '//etc//passwd', '/usr/bin/sudo', '/usr/lib/x', '/usr/x'],
    ...['/dev/null', '/proc/1/mem', '/sys/kernel/x', '/run/x', '/run/systemd/x', '/efi/x'],
    ...['/var/lib/dpkg/status', '/var/log/auth.log', '/var/x', '/var/spool/cron/root', '/snap/x'],
    // A directory that is open is not itself a thing to take.
    ...['/var/www', '/usr/local', '/dev/shm'],
  ].map((row) => (typeof row === 'string' ? [row, 'directory of the system'] : row)),
)('%s is protected: %s', (path = '', why = '') => {
  expect(protection(path)).toContain(why);
});

describe('beside the system', () => {
  test.each([`${HOME}/bin/agentd`, HOME, `${HOME}/var/tmp/x`])('%s is the agent’s', (path) => {
    expect(protection(path)).toContain('the agent’s own');
  });

  test('what decides who may log in is spared wherever it is', () => {
    expect(protection('/home/ann/.ssh/authorized_keys')).toContain('log in');
    expect(protection('/home/ann/ssh/authorized_keys')).toBeUndefined();
  });

  test('the settings spare a file, or all below a directory, and never open anything', () => {
    const never = ['/srv/db/', '/home/ann/x'];
    for (const path of ['/srv/db/a', '/srv//db/a/b', '/home/ann/x']) {
      expect(protection(path, never)).toContain('settings');
    }
    for (const path of ['/srv/db2', '/home/ann/x2']) {
      expect(protection(path, never)).toBeUndefined();
    }
    expect(protection('/srv/x', ['/'])).toContain('settings');
    expect(protection('/etc/passwd', never)).toContain('system');
  });
});
