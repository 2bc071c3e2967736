import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Agent, makeAgent, type Nature, noAgents, PARTS } from '../support/agent.ts';
import { unbuilt } from '../support/home.ts';
import { installed } from '../support/net.ts';

const why = noAgents();
if (why !== undefined) console.warn(`Every test here is skipped: ${why}`);

const SAMPLE = JSON.parse(
  readFileSync(new URL('../messages/4x-add-restart-wazuh-wcom.json', import.meta.url), 'utf8'),
);

/** What the manager sends when the configuration changed; without an id it is a person who asks. */
function message(command: 'add' | 'delete', id?: string, extra: readonly string[] = []): string {
  const alert = id === undefined ? {} : { id, rule: { id: '550' } };
  const parameters = { ...SAMPLE.parameters, alert, extra_args: extra };
  return JSON.stringify({ ...SAMPLE, command, parameters });
}

describe.skipIf(why)(`restart-wazuh${why ? ` (${why})` : ''}`, () => {
  let agent: Agent;

  async function install(nature: Nature = {}): Promise<Agent> {
    const missing = unbuilt();
    if (missing) throw new Error(missing);
    agent = await makeAgent(nature);
    return agent;
  }
  beforeEach(({ onTestFailed }) => {
    onTestFailed(() => console.error(agent?.home.log(), agent?.read('var/asked')));
  });
  afterEach(async () => {
    await agent?.[Symbol.asyncDispose]();
  });

  const program = (name: string) => join(agent.home.path, 'active-response/bin', name);
  const outcomes = () =>
    agent.home
      .outcomes()
      .map(({ holder, outcome, alert = '-' }) => `${holder} ${outcome} ${alert}`);
  /** Waits until the log tells of so many ends. */
  const told = (count: number) =>
    expect.poll(() => outcomes().length, { timeout: 30_000 }).toBeGreaterThanOrEqual(count);
  const pids = () => PARTS.map((part) => agent.pid(part));
  /** What the control script was asked to do, questions aside. */
  const asked = () =>
    agent
      .read('var/asked')
      .split('\n')
      .filter((line) => line !== '' && !line.includes('status') && line !== 'end of start')
      .slice(1);
  const everything = async () => expect(await agent.alive()).toEqual(PARTS);
  const ONE = ['restart', 'end of restart'];
  const BROKEN =
    "wazuh-execd: ERROR: (1226): Error reading XML file 'etc/ossec.conf': XMLERR: Element 'broken' not closed. (line 3).";

  test('a child of execd restarts all of it, execd too, and the log tells of both ends', async () => {
    await install();
    const before = pids();
    const given = agent.read('var/run/wazuh-agentd.given');
    await agent.respond('restart-wazuh', message('add', '1770113472.1'));
    await told(2);
    expect(outcomes()).toEqual([
      'restart-wazuh applied 1770113472.1',
      'manual applied 1770113472.1',
    ]);
    const [begun, over] = agent.home.outcomes();
    expect(begun?.detail).toContain('was begun, apart from the agent');
    expect(over?.detail).toContain('is over (wazuh-control restart), and it runs');
    await everything();
    for (const [place, pid] of pids().entries()) expect(pid).not.toBe(before[place]);
    expect(asked()).toEqual(ONE);
    // The daemons have what the agent was started with, and nothing of ours.
    expect(agent.read('var/run/wazuh-agentd.given')).toBe(given);
    expect(given).toContain('0027\nPATH=/usr/local/bin:');
  });

  test('it goes on where the agent dies while it still looks', async () => {
    await install();
    agent.write('etc/slow', '');
    await agent.respond('restart-wazuh', message('add', '1770113472.2'));
    await expect.poll(() => agent.home.log(), { timeout: 10_000 }).toContain(': Starting');
    await agent.at.must(['kill', '-9', `${agent.pid('execd')}`]);
    expect(agent.home.outcomes()).toEqual([]);
    await told(1);
    rmSync(join(agent.home.path, 'etc/slow'));
    await told(2);
    expect(outcomes().at(-1)).toBe('manual applied 1770113472.2');
    await everything();
  });

  test('a broken configuration is refused with the parser’s words, and all goes on', async () => {
    await install();
    const before = pids();
    agent.write('etc/ossec.conf', '<ossec_config>\n<client></client>\n<broken>\n</ossec_config>\n');
    await agent.respond('restart-wazuh', message('add', '1770113472.3'));
    await told(1);
    expect(agent.home.outcomes()).toMatchObject([{ outcome: 'refused', exit: 5 }]);
    expect(agent.home.outcomes()[0]?.detail).toContain(BROKEN);
    expect(agent.home.log()).toMatch(/: Refused: \{/);
    const { exitCode, stderr } = await agent.at.run([program('restart.sh'), 'agent']);
    expect([exitCode, stderr]).toEqual([5, expect.stringContaining(BROKEN)]);
    expect([pids(), asked()]).toEqual([before, []]);
    // Once it is mended the same alert is as good as new.
    agent.write('etc/ossec.conf', '<ossec_config>\n<client></client>\n</ossec_config>\n');
    await agent.respond('restart-wazuh', message('add', '1770113472.3'));
    await told(4);
    expect(asked()).toEqual(ONE);
  });

  test('X1: a delete restarts nothing', async () => {
    await install();
    const before = pids();
    await agent.respond('restart-wazuh', message('delete', '1770113472.4'));
    await told(1);
    const legacy = ['delete', '-', '-', '1304756247.60385', '550', '/etc/ossec.conf', '-'];
    await agent.at.run([program('restart-ossec.sh'), ...legacy], { cwd: '/' });
    expect(outcomes()).toEqual([
      'restart-wazuh ignored 1770113472.4',
      'restart-ossec.sh ignored 1304756247.60385',
    ]);
    expect([pids(), asked()]).toEqual([before, []]);
  });

  test('never twice for one alert, and always for a call without one', async () => {
    await install();
    for (const id of ['1770113472.5', '1770113472.5']) {
      await agent.respond('restart-wazuh', message('add', id));
    }
    await told(3);
    expect(outcomes().filter((line) => line.includes('already'))).toEqual([
      'restart-wazuh already 1770113472.5',
    ]);
    expect(asked()).toEqual(ONE);
    for (const ends of [5, 7]) {
      await agent.respond('restart-wazuh', message('add'));
      await told(ends);
    }
    expect(asked()).toEqual([...ONE, ...ONE, ...ONE]);
    await everything();
  });

  test('for many alerts at once one at a time, and no more than there must be', async () => {
    await install();
    const ids = ['1770113472.6', '1770113472.7', '1770113472.8', '1770113472.9'];
    await Promise.all(
      ids.map((id) =>
        agent.at.run([program('restart-wazuh')], {
          cwd: agent.home.path,
          input: `${message('add', id)}\n`,
        }),
      ),
    );
    await told(2 * ids.length);
    const ends = outcomes().filter((line) => line.startsWith('manual'));
    expect(ends.map((line) => line.split(' ')[2]).sort()).toEqual(ids);
    expect(new Set(ends.map((line) => line.split(' ')[1]))).toEqual(
      new Set(['applied', 'already']),
    );
    const restarts = asked();
    expect(restarts.length).toBeLessThan(ids.length * 2);
    expect(restarts).toEqual(Array.from({ length: restarts.length / 2 }, () => ONE).flat());
    await everything();
  });

  test('a control script that hangs is given up, and the next restart is not in its way', async () => {
    await install();
    await agent.at.must(['mkdir', '-m', '700', join(agent.home.path, 'active-response/riposte')]);
    const settings = '{"actions": {"restart-wazuh": {"within": 5}}}';
    agent.write('active-response/riposte/riposte.json', settings);
    chmodSync(join(agent.home.path, 'active-response/riposte/riposte.json'), 0o600);
    agent.write('etc/hang', '');
    await agent.respond('restart-wazuh', message('add', '1770113472.10'));
    await told(2);
    expect(outcomes()).toEqual([
      'restart-wazuh applied 1770113472.10',
      'manual timed-out 1770113472.10',
    ]);
    expect(agent.home.outcomes()[1]?.detail).toContain('did not end within 5.0 s and was killed');
    expect((await agent.at.run(['pgrep', '-f', 'sleep 600'])).stdout).toBe('');
    rmSync(join(agent.home.path, 'etc/hang'));
    expect(await agent.at.run([program('restart-wazuh'), 'add'])).toMatchObject({ exitCode: 0 });
    expect(asked()).toEqual(ONE);
  });

  test('what does not come back is told', async () => {
    await install();
    agent.write('etc/lame', 'wazuh-agentd\n');
    const { exitCode, stderr } = await agent.at.run([program('restart-wazuh'), 'add']);
    expect([exitCode, stderr]).toEqual([7, expect.stringContaining('wazuh-agentd did not start')]);
  });

  test('what others could have written is not run', async () => {
    await install();
    chmodSync(join(agent.home.path, 'bin/wazuh-syscheckd'), 0o770);
    const { exitCode, stderr } = await agent.at.run([program('restart-wazuh'), 'add']);
    expect([exitCode, stderr]).toEqual([14, expect.stringContaining('wazuh-syscheckd is not run')]);
    expect(asked()).toEqual([]);
  });

  test('restart.sh has upstream’s own form of arguments', async () => {
    await install();
    const before = pids();
    const run = (...words: string[]) =>
      agent.at.run(['active-response/bin/restart.sh', ...words], { cwd: agent.home.path });
    expect(await run('agent', 'reload')).toMatchObject({ exitCode: 0, stderr: '' });
    const [execd, ...others] = pids();
    expect(execd).toBe(before[0]);
    for (const [place, pid] of others.entries()) expect(pid).not.toBe(before[place + 1]);
    expect(await run('agent')).toMatchObject({ exitCode: 0 });
    expect(asked()).toEqual(['reload', 'end of reload', ...ONE]);
    expect(await run('manager')).toMatchObject({ exitCode: 16, stdout: '' });
    expect(await run('-h')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await run('cluster')).toMatchObject({ exitCode: 2, stdout: '' });
    expect(asked()).toHaveLength(4);
  });

  test('an agent of OSSEC, by arguments and from /', async () => {
    await install({ generation: 'ossec' });
    const before = pids();
    const words = ['add', '-', '-', '(from_the_server)', '(no_rule_id)'];
    expect(await agent.at.run([program('restart-ossec.sh'), ...words], { cwd: '/' })).toMatchObject(
      { exitCode: 0, stdout: '' },
    );
    await told(2);
    expect(outcomes()).toEqual(['restart-ossec.sh applied (from_the_server)', 'manual applied -']);
    for (const [place, pid] of pids().entries()) expect(pid).not.toBe(before[place]);
    await everything();
  });

  const without = installed('systemctl') ? '' : ' (systemctl is not installed)';
  describe.skipIf(without)(`where systemd runs the agent${without}`, () => {
    const restarts = () =>
      agent
        .read('var/systemctl')
        .split('\n')
        .filter((line) => /restart|reload/.test(line));

    test('it is told to, and not waited for', async () => {
      await install({ systemd: true });
      const before = pids();
      await agent.respond('restart-wazuh', message('add', '1770113472.11'));
      await told(1);
      expect(restarts()).toEqual([
        '--no-block --no-ask-password --job-mode=fail restart wazuh-agent.service',
      ]);
      expect(agent.home.outcomes()[0]?.detail).toContain('systemd took on the restart');
      await expect.poll(asked, { timeout: 10_000 }).toEqual(ONE);
      await everything();
      for (const [place, pid] of pids().entries()) expect(pid).not.toBe(before[place]);
      expect(outcomes()).toEqual(['restart-wazuh applied 1770113472.11']);
    });

    test('a person waits for it', async () => {
      await install({ systemd: true });
      const { exitCode, stdout } = await agent.at.run([program('restart-wazuh'), 'add']);
      expect([exitCode, stdout]).toEqual([0, expect.stringContaining('systemctl --no-ask-pass')]);
      expect(restarts()).toEqual(['--no-ask-password --job-mode=fail restart wazuh-agent.service']);
      expect(asked()).toEqual(ONE);
    });

    test('a unit that does not run did not start this agent', async () => {
      await install({ systemd: true });
      agent.write('var/state', 'inactive\n');
      expect(await agent.at.run([program('restart-wazuh'), 'add'])).toMatchObject({ exitCode: 0 });
      expect([restarts(), asked()]).toEqual([[], ONE]);
    });
  });
});
