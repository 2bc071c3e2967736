import { describe, expect, test } from 'vitest';
import restartWazuh from '../../scripts/windows/restart-wazuh.ts';
import { run } from '../../src/lib/effect.ts';
import { STATE } from '../../src/lib/ports.ts';
import { folderOfProgram, isSameFolder } from '../../src/lib/restart/windows/paths.ts';
import { stateOf } from '../../src/lib/windows/service.ts';
import { call, PROTOCOLS, type Protocol } from '../support/callers.ts';
import { askOf, settingsOf } from '../support/deeds.ts';
import { type Faults, ModelHost } from '../support/model-host.ts';

const protocol = (name: Protocol['name']): Protocol => {
  const found = PROTOCOLS.find((one) => one.name === name);
  if (!found) throw new Error(`no protocol ${name}`);
  return found;
};
const fresh = (faults: Faults = () => undefined) => {
  const host = new ModelHost({ platform: 'windows', settings: settingsOf(restartWazuh) });
  host.faults = faults;
  return host;
};
const byHand = (host: ModelHost) =>
  call(restartWazuh, protocol('manual'), askOf(restartWazuh, 'add'), host);
const byAgent = (host: ModelHost) =>
  call(restartWazuh, protocol('wazuh4'), askOf(restartWazuh, 'add'), host);
const service = (host: ModelHost, name = 'WazuhSvc') =>
  host
    .state()
    .split('\n')
    .find((line) => line.startsWith(`service ${name} `));
const KEY = 'HKLM\\SYSTEM\\CurrentControlSet\\Services';
const set = (host: ModelHost, name: string, value: string, data: string, type = 'REG_SZ') =>
  host.tool(run('reg', 'add', `${KEY}\\${name}`, '/v', value, '/t', type, '/d', data, '/f'));
const verbs = (host: ModelHost, verb: string) =>
  host.commands.filter((line) => line.startsWith(`sc ${verb} `)).length;

describe('where a service’s program is', () => {
  test.each([
    [
      '"C:\\Program Files (x86)\\ossec-agent\\wazuh-agent.exe"',
      'C:\\Program Files (x86)\\ossec-agent',
    ],
    [
      'C:\\Program Files (x86)\\ossec-agent\\ossec-agent.exe',
      'C:\\Program Files (x86)\\ossec-agent',
    ],
    ['"C:\\a b\\x.EXE" -k group', 'C:\\a b'],
    ['C:\\a b\\x.exe -k group', 'C:\\a b'],
    ['\\??\\C:\\ossec\\x.exe', 'C:\\ossec'],
    ['C:/ossec/x.exe', 'C:/ossec'],
    ['system32\\drivers\\x.sys', undefined],
    ['', undefined],
  ])('%s is in %s', (line, folder) => {
    expect(folderOfProgram(line)).toBe(folder);
  });

  test.each([
    ['C:\\Program Files (x86)\\ossec-agent', 'c:/program files (x86)/OSSEC-AGENT/', true],
    ['C:\\PROGRA~2\\OSSEC-~1', 'C:/Program Files (x86)/ossec-agent', true],
    ['C:\\Program Files (x86)\\OS1A2B~1', 'C:/Program Files (x86)/ossec-agent', true],
    ['C:\\PROGRA~2\\ossec', 'C:/Program Files (x86)/ossec-agent', false],
    ['C:\\ossec', 'D:/ossec', false],
    ['C:\\ossec\\bin', 'C:/ossec', false],
    ['C:\\ossec', 'C:/ossec2', false],
    ['C:\\WAZUH~1', 'C:/ossec', false],
  ])('%s and %s: %s', (one, other, same) => {
    expect(isSameFolder(one, other)).toBe(same);
    expect(isSameFolder(other, one)).toBe(same);
  });
});

describe('the state of a service', () => {
  const state = (stdout: string, exitCode = 0) =>
    stateOf('WazuhSvc').read({ exitCode, stdout, stderr: '' });

  test.each([
    ['SERVICE_NAME: WazuhSvc', 'TYPE', 'STATE', 'WIN32_EXIT_CODE'],
    ['NOMBRE_SERVICIO: WazuhSvc', 'TIPO', 'ESTADO', 'C\ufffdD_SALIDA_WIN32'],
    ['\ufffd\ufffd_NAME: 4  x', '\ufffd\ufffd', '\ufffd\ufffd\ufffd', '\ufffd'],
  ])('is a number in every language: %s', (head, type, title, code) => {
    for (const [number, word] of [
      [1, 'STOPPED'],
      [3, 'STOP_PENDING'],
      [4, 'RUNNING'],
    ]) {
      const text = `\r\n${head}\r\n        ${type.padEnd(18)} : 10  WIN32_OWN_PROCESS  \r\n        ${title.padEnd(18)} : ${number}  ${word} \r\n                                (STOPPABLE)\r\n        ${code.padEnd(18)} : 0  (0x0)\r\n`;
      expect(state(text)).toBe(number);
    }
  });

  test('that is not there, or no state, could not be told', () => {
    expect(() => state('[SC] EnumQueryServicesStatus:OpenService 1060', 1060)).toThrow('1060');
    expect(() => state('')).toThrow('no text');
    expect(() => state('    TYPE : 10  WIN32\r\n    STATE : 9  X\r\n')).toThrow('answered 0');
  });
});

describe('by hand', () => {
  test('it stops the service, waits, starts it and waits', async () => {
    const host = fresh();
    const { outcome, detail } = await byHand(host);
    expect(outcome).toBe('applied');
    expect(detail).toBe('the restart of the service WazuhSvc is over, and it runs');
    expect(service(host)).toBe('service WazuhSvc RUNNING started 2');
    expect(service(host, 'OssecSvc')).toBe('service OssecSvc RUNNING started 1');
    expect([verbs(host, 'stop'), verbs(host, 'start')]).toEqual([1, 1]);
  });

  test('one that was stopped is started, and that is said', async () => {
    const host = fresh();
    host.tool(run('sc', 'stop', 'WazuhSvc'));
    for (let look = 0; look < 3; look += 1) host.tool(run('sc', 'query', 'WazuhSvc'));
    expect((await byHand(host)).detail).toContain('though it was stopped before');
    expect(verbs(host, 'stop')).toBe(0);
    expect(service(host)).toBe('service WazuhSvc RUNNING started 2');
  });

  test.each([1, 4])('a start that fails %s times is tried again', async (times) => {
    let told = 0;
    const host = fresh((_, { args: [verb] }) => {
      if (verb !== 'start') return undefined;
      told += 1;
      return told <= times ? 'broken' : undefined;
    });
    expect(await byHand(host)).toMatchObject({ outcome: 'applied' });
    expect(verbs(host, 'start')).toBe(times + 1);
  });

  test('one that does not start is told of, with what it said and what to do', async () => {
    const host = fresh((_, { args: [verb] }) => (verb === 'start' ? 'broken' : undefined));
    const { outcome, detail } = await byHand(host);
    expect(outcome).toBe('tool-failed');
    expect(detail).toContain('WazuhSvc was stopped and does not run (sc start WazuhSvc answered 3');
    expect(detail).toContain('start it by hand: sc start WazuhSvc');
    expect(verbs(host, 'start')).toBe(5);
  });

  test('one that ends right after its start does not run', async () => {
    const host = fresh();
    const real = host.tool.bind(host);
    let looks = 0;
    host.tool = (command) => {
      const answer = real(command);
      const up = answer.stdout.includes('RUNNING') && verbs(host, 'start') > 0;
      if (command.args[0] !== 'query' || command.tool !== 'sc' || !up) return answer;
      // Up at the first look of each two, and gone at the second.
      looks += 1;
      if (looks % 2 === 1) return answer;
      real(run('sc', 'stop', 'WazuhSvc'));
      for (let look = 0; look < 2; look += 1) real(run('sc', 'query', 'WazuhSvc'));
      return real(command);
    };
    const { outcome, detail } = await byHand(host);
    expect(outcome).not.toBe('applied');
    expect(detail).toContain('it ended right after its start');
    expect(verbs(host, 'start')).toBeGreaterThan(1);
  });

  test('one that does not stop is given up in time, and time is left for a start', async () => {
    const host = fresh((_, { args: [verb] }) => (verb === 'stop' ? 'hanging' : undefined));
    const began = host.now();
    const { outcome, detail } = await byHand(host);
    expect(outcome).toBe('timed-out');
    expect(detail).toContain('WazuhSvc does not stop');
    // Of 20 seconds; the tool that hangs takes ten by itself.
    expect(host.now() - began).toBeLessThan(15_000);
    expect(service(host)).toBe('service WazuhSvc RUNNING started 1');
  });

  test('one that is just starting is told to stop once it runs', async () => {
    const host = fresh();
    const real = host.tool.bind(host);
    const starting = real(run('sc', 'query', 'WazuhSvc')).stdout.replace('4  RUNNING', '2  START');
    let looks = 0;
    host.tool = (command) => {
      const [verb] = command.args;
      if (command.tool !== 'sc' || looks > 12) return real(command);
      looks += verb === 'query' ? 1 : 0;
      return verb === 'query'
        ? { exitCode: 0, stdout: starting, stderr: '' }
        : { exitCode: 1061, stdout: '[SC] ControlService FAILED 1061:\r\n', stderr: '' };
    };
    expect(await byHand(host)).toMatchObject({ outcome: 'applied' });
    expect(verbs(host, 'stop')).toBe(1);
    expect(service(host)).toBe('service WazuhSvc RUNNING started 2');
  });

  test('whoever may not stop it is told at once', async () => {
    const host = fresh();
    const real = host.tool.bind(host);
    const denied = { exitCode: 5, stdout: '[SC] OpenService FAILED 5:\r\n', stderr: '' };
    host.tool = (command) => (command.args[0] === 'stop' ? denied : real(command));
    const { outcome, detail } = await byHand(host);
    expect(outcome).toBe('tool-failed');
    expect(detail).toContain('answered 5: [SC] OpenService FAILED 5');
    expect(verbs(host, 'stop')).toBe(1);
  });

  test('a look that fails on the way does not leave it stopped', async () => {
    for (let bad = 2; bad < 8; bad += 1) {
      let looks = 0;
      const host = fresh((_, { tool, args: [verb] }) => {
        if (tool !== 'sc' || verb !== 'query') return undefined;
        looks += 1;
        return looks === bad ? 'broken' : undefined;
      });
      expect(await byHand(host), `look ${bad}`).toMatchObject({ outcome: 'applied' });
      expect(service(host)).toContain('RUNNING');
    }
  });

  test('one that began after this was asked for has done it', async () => {
    const host = fresh();
    expect(await byHand(host)).toMatchObject({ outcome: 'applied' });
    expect(host.own().filter((path) => path.includes(`${STATE}/over-restart`))).toHaveLength(1);
  });
});

describe('which service', () => {
  test('the one that runs from this home, by whatever name', async () => {
    const host = fresh();
    set(host, 'WazuhSvc', 'ImagePath', 'C:\\elsewhere\\wazuh-agent.exe');
    set(host, 'OssecSvc', 'ImagePath', '\\VAR\\ossec\\ossec-agent.exe');
    expect((await byHand(host)).detail).toContain('the service OssecSvc');
    expect(service(host)).toBe('service WazuhSvc RUNNING started 1');
  });

  test('none is said, with what there is instead', async () => {
    const host = fresh();
    set(host, 'WazuhSvc', 'ImagePath', 'C:\\elsewhere\\wazuh-agent.exe');
    for (const ask of [byHand, byAgent]) {
      const { outcome, detail } = await ask(host);
      expect(outcome).toBe('missing-tool');
      expect(detail).toContain(
        'no service runs what is in /var/ossec: WazuhSvc runs from C:\\elsewhere, OssecSvc runs from C:\\ossec',
      );
    }
    for (const name of ['WazuhSvc', 'OssecSvc']) {
      host.tool(run('reg', 'delete', `${KEY}\\${name}`, '/f'));
    }
    expect((await byHand(host)).detail).toContain('there is no WazuhSvc, no OssecSvc');
  });

  test('one that is disabled is not stopped, since it would not start again', async () => {
    const host = fresh();
    set(host, 'WazuhSvc', 'Start', '4', 'REG_DWORD');
    for (const ask of [byHand, byAgent]) {
      const { outcome, detail } = await ask(host);
      expect(outcome).toBe('refused');
      expect(detail).toContain('the service WazuhSvc is disabled');
    }
    expect(verbs(host, 'stop')).toBe(0);
  });
});

describe('for an agent', () => {
  test('it is left to somebody who outlives it, once for an alert', async () => {
    const host = fresh();
    expect(await byAgent(host)).toMatchObject({ outcome: 'applied' });
    expect(host.commands).toHaveLength(2);
    expect(host.commands.at(-1)).toBe(
      "active-response/bin/restart-wazuh add --alert=1770113472.345678 '--reason=an active response' --home=/var/ossec",
    );
    expect(await byAgent(host)).toMatchObject({ outcome: 'already' });
    expect(service(host)).toBe('service WazuhSvc RUNNING started 1');
  });
});
