import { describe, expect } from 'vitest';
import { execd } from '../support/execd.ts';
import { alerts } from './support/decoders.ts';
import { MESSAGES, message } from './support/messages.ts';
import { it, NAMES, PROGRAM, type Stage } from './support/stage.ts';

const IP = '203.0.113.7';
const ID = '1304756247.60385';

const agent = (stage: Stage, program: string) =>
  execd({ home: stage.home.path, dialect: 'legacy', enter: stage.enter, program });

/** As execd calls: by the absolute path, from the root directory, in whatever locale (A5). */
const call = (stage: Stage, ...words: readonly string[]) =>
  stage.shell(
    'cd /; exec env LC_ALL=de_DE.UTF-8 "$@" < /dev/null',
    `${stage.home.path}/${PROGRAM}`,
    ...words,
  );

describe.for(NAMES)('%s for an old agent', (program) => {
  it.concurrent('blocks, is deduped by the address, and lifts', async ({ stage }) => {
    const old = agent(stage, program);
    const words = ['-', IP, ID, '31151', '/var/log/auth.log', '-'];
    expect(await old.add(words, { timeout: 60 })).toMatchObject({ ran: true, exitCode: 0 });
    expect(await stage.blocked(program)).toEqual([IP]);
    expect(await old.add(words, { timeout: 60 })).toEqual({ ran: false });
    expect(await old.stop()).toMatchObject([{ exitCode: 0 }]);
    expect(await stage.blocked(program)).toEqual([]);
    expect(stage.home.outcomes()).toMatchObject([
      { outcome: 'applied', target: IP, holder: program, alert: ID, rule: '31151' },
      { outcome: 'removed', target: IP, holder: program, alert: ID, rule: '31151' },
    ]);
    expect(alerts(stage.home.log())).toEqual([601, 602]);
  });
});

interface Call {
  readonly argv: readonly string[];
}

describe('the sample calls', () => {
  const samples: Readonly<Record<string, { exit: number; blocked: readonly string[] }>> = {
    'legacy-argv-agent_control-add': { exit: 0, blocked: ['10.99.99.12'] },
    'legacy-argv-wazuh41-local-delete': { exit: 0, blocked: [] },
    'legacy-argv-wazuh41-user-add': { exit: 4, blocked: [] },
    'legacy-argv-windows-add': { exit: 0, blocked: ['192.168.2.66'] },
  };

  it('are all here', () => {
    expect(Object.keys(samples)).toEqual(MESSAGES.filter((name) => name.startsWith('legacy')));
  });

  it.concurrent.for(Object.entries(samples))('%s', async ([name, { exit, blocked }], { stage }) => {
    const [, ...words] = (message(name) as unknown as Call).argv;
    expect(await call(stage, ...words)).toMatchObject({ exitCode: exit, stdout: '' });
    expect(await stage.blocked()).toEqual(blocked);
    expect(stage.home.outcomes()).toHaveLength(1);
  });
});

describe('A3: words of an attacker reach no shell', () => {
  const hostile: readonly (readonly string[])[] = [
    ['--help', IP, ID, '31151'],
    ['--dry-run', IP, ID, '31151', '--dry-run'],
    ['-', IP, ID, '31151', '--home', '/nonexistent', '--dry-run', '--help', '--version'],
    ['-', IP, ID, '--backend', 'iptables', '--force'],
    ['alice', IP, `${ID} 31151 (web1) --dry-run --help`],
    ['-', IP, '(from_the_server)', '--dry-run'],
    ['-', IP, ID, '31151', '$(touch /tmp/pwned)', '`id`', '; reboot', '\n{"command":"add"}'],
  ];

  it.concurrent.for(hostile.map((words) => ({ words })))('$words', async ({ words }, { stage }) => {
    const run = await call(stage, 'add', ...words);
    expect(run).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
    expect(await stage.blocked()).toEqual([IP]);
    expect(alerts(stage.home.log())).toEqual([601]);
    expect(await call(stage, 'delete', ...words)).toMatchObject({ exitCode: 0, stdout: '' });
    expect(await stage.blocked()).toEqual([]);
  });
});

describe('no usable address', () => {
  const cases: readonly { ip: string; exit: number }[] = [
    ...['-', '', 'host.example', '1.2.3', '--srcip', '203.0.113.0/24', '1.2.3.4;$(id)'].map(
      (ip) => ({
        ip,
        exit: 4,
      }),
    ),
    ...['127.0.0.1', '::1', '0.0.0.0'].map((ip) => ({ ip, exit: 5 })),
  ];

  it.concurrent.for(cases)('"$ip": nothing is done', async ({ ip, exit }, { stage }) => {
    expect(await call(stage, 'add', '-', ip, ID, '31151')).toMatchObject({ exitCode: exit });
    expect(await stage.blocked()).toEqual([]);
    expect(alerts(stage.home.log())).toEqual([]);
    expect(stage.home.log()).toMatch(/: (Failed|Refused): add /);
  });

  it.concurrent('the manager’s interface without arguments', async ({ stage }) => {
    expect(await call(stage, 'add', '-', '-')).toMatchObject({ exitCode: 4, stdout: '' });
    expect(stage.home.log()).toContain("Cannot read 'srcip' from data");
  });
});

it('never waits for standard input', async ({ stage }) => {
  const words = `${PROGRAM} add - ${IP} ${ID} 31151`;
  const run = await stage.shell(`${words} < <(exec sleep 20 > /dev/null 2>&1)`);
  expect(run).toMatchObject({ exitCode: 0, stdout: '' });
  expect(run.milliseconds).toBeLessThan(15_000);
});
