import { describe, expect, test } from 'vitest';
import hostDeny from '../../scripts/linux/host-deny.ts';
import ipCustomblock from '../../scripts/linux/ip-customblock.ts';
import type { Action } from '../../src/lib/action.ts';
import type { Verb } from '../../src/lib/request.ts';
import { call, PROTOCOLS } from '../support/callers.ts';
import { ModelHost, type Setting } from '../support/model-host.ts';

const [wazuh4] = PROTOCOLS;
const DENY = '/etc/hosts.deny';

/** One host and what an agent asks of it. */
function scene(action: Action, setting: Setting = {}) {
  const host = new ModelHost({ bare: true, ...setting });
  const run = async (verb: Verb, text: string, program = action.name) => {
    if (!wazuh4) throw new Error('no protocol');
    const ran = await call(action, wazuh4, { program, verb, subject: 'srcip', text }, host);
    return ran;
  };
  const outcome = async (verb: Verb, text: string, program?: string) =>
    (await run(verb, text, program)).outcome;
  const write = (path: string, text: string) => {
    host.volume.writeFileSync(path, text, { mode: 0o644 });
  };
  const read = (path: string) => String(host.volume.readFileSync(path));
  return { host, run, outcome, write, read };
}

describe('host-deny', () => {
  test('H1: a line for 1.2.3.45 does not hide 1.2.3.4', async () => {
    const { host, outcome, write } = scene(hostDeny);
    write(DENY, 'ALL:1.2.3.45\n');
    expect(await outcome('add', '1.2.3.4')).toBe('applied');
    expect(host.holds('1.2.3.4')).toBe(true);
  });

  test('H3: an administrator’s line for the address outlives our timeout', async () => {
    const { outcome, write, read } = scene(hostDeny);
    const theirs = 'ALL: 10.0.0.5\n';
    write(DENY, theirs);
    expect(await outcome('add', '10.0.0.5')).toBe('applied');
    expect(read(DENY)).toBe(`# riposte host-deny\nALL: 10.0.0.5\n${theirs}`);
    expect(await outcome('delete', '10.0.0.5')).toBe('removed');
    expect(read(DENY)).toBe(theirs);
  });

  test('H7: a file that is not there is made', async () => {
    const { host, outcome } = scene(hostDeny);
    expect(await outcome('add', '10.0.0.5')).toBe('applied');
    expect(Number(host.volume.statSync(DENY).mode) & 0o777).toBe(0o644);
  });

  test('H8: it is never claimed that every service is closed', async () => {
    const { run } = scene(hostDeny);
    expect((await run('add', '10.0.0.5')).detail).toBe(
      '10.0.0.5 is denied (hosts-deny), for services that use TCP wrappers, unless hosts.allow lets it in',
    );
  });

  test('H8: where nothing reads the file it is a failure, and is undone all the same', async () => {
    const { host, run, outcome } = scene(hostDeny);
    expect(await outcome('add', '10.0.0.5')).toBe('applied');
    host.volume.unlinkSync('/lib/libwrap.so.0');
    for (const ip of ['10.0.0.5', '10.0.0.6']) {
      const { outcome: word, told, detail } = await run('add', ip);
      expect([word, told]).toEqual(['no-effect', []]);
      expect(detail).toMatch(/libwrap.*firewall-drop.*assume-wrappers/);
    }
    expect(await outcome('delete', '10.0.0.5')).toBe('removed');
    expect(host.records().filter((path) => path.includes('/held/'))).toEqual([]);
  });

  test('H8: only root’s settings can vouch for a reader', async () => {
    const settings = { actions: { 'host-deny': { 'assume-wrappers': true } } };
    const { host, run } = scene(hostDeny, { settings });
    host.volume.unlinkSync('/lib/libwrap.so.0');
    expect(await run('add', '10.0.0.5')).toMatchObject({
      outcome: 'applied',
      detail: expect.stringContaining('if anything reads that file'),
    });
  });

  test('what upstream’s program left is named, with the way to lift it, and stays', async () => {
    const { run, write, read } = scene(hostDeny);
    const theirs = 'ALL:10.0.0.5\nALL:10.0.0.55\n';
    write(DENY, theirs);
    const { outcome, detail } = await run('delete', '10.0.0.5');
    expect([outcome, read(DENY)]).toEqual(['not-ours', theirs]);
    expect(detail).toContain(String.raw`sed -i '/^ALL:10\.0\.0\.5$/d' /etc/hosts.deny`);
  });
});

describe('ip-customblock', () => {
  const flags = (host: ModelHost) => (host.volume.readdirSync('/ipblock') as string[]).sort();

  test.each(['../../etc/passwd', '..', '.', '/etc/passwd', '1.2.3.4/../../etc/passwd', ''])(
    'C1: %j is no address, and no path',
    async (text) => {
      const { host, outcome } = scene(ipCustomblock);
      for (const verb of ['add', 'delete'] as const) {
        expect(await outcome(verb, text)).toBe('bad-field');
      }
      expect(host.commands).toEqual([]);
    },
  );

  test('C1, A4: every step may be repeated, and the exit code says what is so', async () => {
    const { host, outcome } = scene(ipCustomblock);
    for (const word of ['applied', 'already']) expect(await outcome('add', '::1:2')).toBe(word);
    expect(flags(host)).toEqual(['::1:2']);
    for (const word of ['removed', 'absent']) expect(await outcome('delete', '::1:2')).toBe(word);
    expect(flags(host)).toEqual([]);
  });

  test('A4: a folder that cannot be trusted is a failure', async () => {
    const { host, outcome } = scene(ipCustomblock);
    host.volume.mkdirSync('/ipblock', { mode: 0o777 });
    expect(await outcome('add', '10.0.0.5')).toBe('bad-state');
    expect(flags(host)).toEqual([]);
  });

  test('a file that was there before is not ours; one that we made is, whatever is in it', async () => {
    const { host, outcome, run, write } = scene(ipCustomblock);
    host.volume.mkdirSync('/ipblock', { mode: 0o755 });
    write('/ipblock/10.0.0.5', '');
    expect(await outcome('add', '10.0.0.5')).toBe('already');
    expect(await run('delete', '10.0.0.5')).toMatchObject({
      outcome: 'not-ours',
      detail: expect.stringContaining('rm /ipblock/10.0.0.5'),
    });
    expect(await outcome('add', '10.0.0.6')).toBe('applied');
    write('/ipblock/10.0.0.6', 'seen by the reader\n');
    expect(await outcome('delete', '10.0.0.6')).toBe('removed');
    expect(flags(host)).toEqual(['10.0.0.5']);
  });

  test('the last of several holders removes it', async () => {
    const { host, outcome } = scene(ipCustomblock);
    for (const program of ['ip-customblock', 'ip-customblock.sh']) {
      expect(await outcome('add', '10.0.0.5', program)).toBe('applied');
    }
    expect(await outcome('delete', '10.0.0.5')).toBe('removed');
    expect(flags(host)).toEqual(['10.0.0.5']);
    expect(await outcome('delete', '10.0.0.5', 'ip-customblock.sh')).toBe('removed');
    expect(flags(host)).toEqual([]);
  });
});
