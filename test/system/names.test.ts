import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { brief, messageFor, react } from '../support/alert.ts';
import { lane, TOOLS } from '../support/lane.ts';
import type { Place } from '../support/net.ts';
import { mounted } from '../support/tools.ts';

const here = lane([...TOOLS, 'strace']);

const MANAGER = { 4: '198.51.100.77', 6: '2001:db8:2::77' };
const OFFICE = '198.51.100.99';

const at = (...names: string[]) => join(here.home.path, ...names);
const CACHE = 'active-response/riposte/resolved.json';

beforeEach(() => {
  const client = '<client><server><address>manager.example</address></server></client>';
  writeFileSync(at('etc/ossec.conf'), `<ossec_config>${client}</ossec_config>\n`);
  rmSync(at('active-response/riposte'), { recursive: true, force: true });
  mkdirSync(at('active-response/riposte'), { mode: 0o700 });
  const protect = { names: ['office.example'] };
  const settings = at('active-response/riposte/riposte.json');
  writeFileSync(settings, JSON.stringify({ protect }), { mode: 0o600 });
});

/** The victim with a hosts file and a resolver of its own, seen by it alone. */
function knowing(hosts: string): Place {
  writeFileSync(at('hosts'), hosts);
  writeFileSync(at('resolv.conf'), 'nameserver 127.0.0.1\n');
  const mounts = `mount --bind ${at('hosts')} /etc/hosts && mount --bind ${at('resolv.conf')} /etc/resolv.conf`;
  return mounted(here.world.victim, mounts);
}

/** What the log said last of names that nobody knows. */
const unknown = () =>
  here.home
    .log()
    .split('\n')
    .findLast((line) => line.includes('No address was found'));

const HOSTS = `${MANAGER[4]} manager.example\n${MANAGER[6]} manager.example\n${OFFICE} office.example\n`;

describe('a manager and a host that are known by name', () => {
  test('are resolved when the agent has its answer, never before', async () => {
    const alert = { verb: 'add', ip: here.world.source(4), alertId: '1770113472.1' } as const;
    const lines = ['add', 'continue'].map((word) => `${messageFor(alert, word)}\n`);
    const trace = at('trace');
    const calls = 'trace=execve,socket,connect,sendto,sendmsg,write,writev';
    await knowing(HOSTS).must(
      [
        ...['strace', '-f', '-qq', '-s', '4096', '-e', calls, '-e', 'signal=none', '-o', trace],
        'active-response/bin/firewall-drop',
      ],
      { cwd: here.home.path, input: lines.join('') },
    );
    const seen = readFileSync(trace, 'utf8').split('\n');
    const keys = seen.findIndex((line) => /writev?\(1, .*check_keys/.test(line));
    const outcome = seen.findIndex((line) => line.includes('riposte\\":{\\"outcome'));
    const asked = (line: string) =>
      /execve\("[^"]*\/getent"/.test(line) || /AF_INET|AF_UNIX.*nscd/.test(line);
    expect(keys).toBeGreaterThan(0);
    expect(outcome).toBeGreaterThan(keys);
    expect(seen.slice(0, outcome).filter(asked)).toEqual([]);
    expect(seen.slice(outcome).filter(asked)).not.toEqual([]);
  });

  test('are refused from the next run on, in both IP versions, by what was kept', async () => {
    const place = knowing(HOSTS);
    const add = (ip: string, where = place) => react(where, here.home, { verb: 'add', ip });
    expect(brief(await add(here.world.source(4)))).toBe('0 applied');
    expect(statSync(at(CACHE)).mode & 0o777).toBe(0o600);
    for (const ip of [MANAGER[4], MANAGER[6], OFFICE]) {
      const ran = await add(ip);
      expect([brief(ran), ran.keys]).toEqual(['5 refused', undefined]);
      expect(ran.logged?.detail).toContain('.example)');
    }
    expect(brief(await add(`${MANAGER[4].slice(0, -1)}8`))).toBe('0 applied');
    // Nobody knows the names any more; what was known goes on to count.
    const cache = JSON.parse(readFileSync(at(CACHE), 'utf8'));
    cache.asked = new Date(0).toISOString();
    writeFileSync(at(CACHE), JSON.stringify(cache));
    const forgotten = knowing('');
    expect(brief(await add(here.world.source(4), forgotten))).toBe('0 applied');
    expect(unknown()).toContain(`office.example (still protected: ${OFFICE})`);
    expect(unknown()).toContain('manager.example (still protected: ');
    expect(brief(await add(MANAGER[4], forgotten))).toBe('5 refused');
  });

  test('keep no run for long where the resolver is silent', async () => {
    const { victim } = here.world;
    const listen =
      "const s = require('dgram').createSocket('udp4'); s.bind(53, '127.0.0.1', () => console.log('up')); setTimeout(() => process.exit(), 12000);";
    const silent = victim.run([process.execPath, '-e', listen], { timeout: 20_000 });
    await expect
      .poll(async () => (await victim.must(['cat', '/proc/net/udp'])).includes(':0035 '), {
        timeout: 10_000,
      })
      .toBe(true);
    const ran = await react(knowing(''), here.home, { verb: 'add', ip: here.world.source(4) });
    expect(brief(ran)).toBe('0 applied');
    // By itself the system would wait for some ten seconds.
    expect(ran.ms).toBeGreaterThan(1_500);
    expect(ran.ms).toBeLessThan(6_000);
    expect(unknown()).toContain('manager.example (unknown)');
    const next = await react(knowing(''), here.home, { verb: 'add', ip: here.world.source(4) });
    expect(brief(next)).toBe('0 applied');
    expect(here.home.log().split('manager.example (unknown)')).toHaveLength(2);
    await silent;
  });
});
