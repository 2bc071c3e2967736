import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseLegacy, parseRequest } from '../../src/lib/protocol.ts';
import type { Request } from '../../src/lib/request.ts';
import { argvOf } from '../../src/lib/shim/argv.ts';
import { parseDefinition, unwrap } from '../../src/lib/shim/definition.ts';
import { factsOf, keysOf } from '../../src/lib/shim/facts.ts';
import { keysIn, v1Of } from '../../src/lib/shim/v1.ts';
import { legacyWords, MESSAGES, message } from '../support/messages.ts';

const request = (name: string): Request =>
  name.startsWith('legacy-')
    ? parseLegacy(legacyWords(name))
    : parseRequest(message(name), new Set());

const wazuh5 = (more: object): Request =>
  parseRequest(
    JSON.stringify({ wazuh: { active_response: {} }, ...more, command: 'enable' }),
    new Set(),
  );

const argv = (one: Request) => argvOf(one, factsOf(one, undefined));
const v1 = (one: Request, line?: string) => v1Of(one, factsOf(one, undefined), 'mine', line);

describe('what a wrapper says', () => {
  const HEAD = '#!/var/ossec/active-response/bin/riposte shim --as argv -- /opt/block.sh';
  const files: Readonly<Record<string, string>> = {
    'active-response/bin/block': HEAD,
    spaced: `#! /opt/riposte   shim  --as  v1   -- /opt/x \r`,
    other: '#!/bin/sh',
    plain: 'riposte shim --as argv -- /opt/block.sh',
  };
  const found = (...words: string[]) => unwrap(words, (path) => files[path]);

  test('as one word, which Linux makes of it', () => {
    expect(
      found('shim --as argv -- /opt/block.sh', 'active-response/bin/block', 'add', '-'),
    ).toEqual({
      wrapper: 'active-response/bin/block',
      definition: ['--as', 'argv', '--', '/opt/block.sh'],
      words: ['add', '-'],
    });
  });

  test('as several words, which other systems make of it', () => {
    const words = ['shim', '--as', 'argv', '--', '/opt/block.sh', 'active-response/bin/block'];
    expect(found(...words, 'add', 'active-response/bin/block')).toEqual({
      wrapper: 'active-response/bin/block',
      definition: ['--as', 'argv', '--', '/opt/block.sh'],
      words: ['add', 'active-response/bin/block'],
    });
  });

  test('with blanks to spare', () => {
    expect(found('shim  --as  v1   -- /opt/x', 'spaced')).toMatchObject({
      definition: ['--as', 'v1', '--', '/opt/x'],
    });
  });

  test.each([
    [['shim', '--as', 'argv', '--', '/opt/block.sh']],
    [['shim --as argv -- /opt/other.sh', 'active-response/bin/block']],
    [['shim --as argv -- /opt/bl', 'active-response/bin/block']],
    [['shim --as argv -- /opt/block.sh', 'plain']],
    [['shim --as argv -- /opt/block.sh', 'other']],
    [['shim --as argv -- /opt/block.sh', 'nowhere']],
    [['shim']],
  ])('%j is no call by a wrapper', (words) => {
    expect(found(...words)).toBeUndefined();
  });

  test('its words', () => {
    const words = [
      '--as=v1',
      '--expect',
      'username,filename',
      '--',
      '/usr/bin/python3',
      '-I',
      '/x.py',
    ];
    expect(parseDefinition(words)).toEqual({
      as: 'v1',
      expect: ['user', 'file'],
      name: undefined,
      install: undefined,
      command: ['/usr/bin/python3', '-I', '/x.py'],
    });
  });

  test('are never taken from behind the script', () => {
    expect(parseDefinition(['--as', 'argv', '--', '/x', '--', '--as', 'v1'])).toMatchObject({
      as: 'argv',
      command: ['/x', '--', '--as', 'v1'],
    });
  });
});

describe('the words for a script of 3.x', () => {
  test.each(MESSAGES.filter((name) => name.startsWith('legacy-')))('%s: as they came', (name) => {
    expect(argvOf(request(name), {})).toEqual(legacyWords(name));
  });

  test('a file has a backslash before what a shell would read', () => {
    const file = { path: 'C:\\Temp\\a(1).txt' };
    expect(argv(wazuh5({ file })).at(-2)).toBe('C\\:\\\\Temp\\\\a\\(1\\).txt');
  });

  test('an event of the manager itself has one word for its place', () => {
    const text = message('4x-add-ssh-5710-firewall-drop').replace('"id":"001"', '"id":"000"');
    expect(argv(parseRequest(text, new Set()))).toEqual([
      'add',
      '-',
      '203.0.113.7',
      '1770113472.345678',
      '5710',
      '/var/log/auth.log',
      '-',
      '-',
    ]);
  });

  test('no word holds a control character or begins as an option, whatever was said', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'-$`;\n\u0000 "a/') }));
    fc.assert(
      fc.property(text, text, text, (location, rule, extra) => {
        const one = wazuh5({
          wazuh: {
            active_response: { extra_arguments: extra },
            protocol: { location },
            rule: { id: rule },
            agent: { id: '1', name: 'web' },
          },
          user: { name: 'bob' },
        });
        const words = argv(one);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
        for (const word of words) expect(word).not.toMatch(/[\u0000-\u001f\u007f]/);
        for (const word of words.slice(0, 7)) expect(word).toMatch(/^(?:-$|[^-])/);
      }),
    );
  });
});

describe('the line for a script of 4.x', () => {
  test.each(MESSAGES.filter((name) => /^4x-(?:add|delete)-(?!restart)/.test(name)))(
    '%s: byte for byte, and only the command changes',
    (name) => {
      const line = message(name);
      const say = v1Of(request(name), {}, 'mine', line);
      const { command } = JSON.parse(line);
      expect(say(command)).toBe(line);
      expect(JSON.parse(say('abort'))).toEqual({ ...JSON.parse(line), command: 'abort' });
    },
  );

  test('of two commands the first is changed, which is the one that counts', () => {
    const line = message('4x-add-ssh-5710-firewall-drop').replace(/}$/, ',"command":"add"}');
    const say = v1Of(parseRequest(line, new Set()), {}, 'mine', line);
    expect(say('continue').indexOf('"command":"continue"')).toBeLessThan(
      say('continue').indexOf('"command":"add"'),
    );
  });

  test('a Wazuh 5 message has everything where such scripts look for it', () => {
    expect(JSON.parse(v1(request('5x-enable-stateful-block-ip'))('add'))).toMatchObject({
      version: 1,
      origin: { name: 'node01', module: 'wazuh-execd' },
      command: 'add',
      parameters: {
        extra_args: [],
        alert: {
          timestamp: '2026-08-03T10:11:12.345Z',
          rule: { level: 3, id: 'd5cc0e71-bcbb-4adc-98de-caed210cebf2' },
          agent: { id: '003', name: 'ubuntu24' },
          data: { srcip: '203.0.113.7', srcport: '48928', dstuser: 'deploy' },
          location: 'journald',
        },
        program: 'active-response/bin/mine',
      },
    });
  });

  test('what is not there has no member', () => {
    const { alert } = JSON.parse(v1(wazuh5({}))('delete')).parameters;
    expect(alert).toEqual({});
  });

  test.each(['3', 'unknown', 5, null])('a level that has no number (%j) is left out', (level) => {
    const one = wazuh5({ wazuh: { active_response: {}, rule: { level, title: 'x' } } });
    expect(JSON.parse(v1(one)('add')).parameters.alert.rule).toEqual({ description: 'x' });
  });

  test.each([
    ['{"command":"check_keys","parameters":{"keys":["a",1,"b"]}}', ['a', 'b']],
    ['{"command":"check_keys","parameters":{"keys":[]}}', []],
    ['{"command":"check_keys","parameters":{}}', undefined],
    ['{"command":"add","parameters":{"keys":["a"]}}', undefined],
    ['[1]', undefined],
    ['debugging', undefined],
    ['', undefined],
  ])('keys in %s', (line, keys) => {
    expect(keysIn(line)).toEqual(keys);
  });
});

describe('what a script is given', () => {
  const source = { ip: '203.0.113.7' };

  test('all there is, or what it expects', () => {
    const one = wazuh5({ source, user: { name: 'bob' }, file: { path: '/tmp/x' } });
    const all = factsOf(one, undefined);
    expect(all).toEqual({ srcip: '203.0.113.7', user: 'bob', file: '/tmp/x' });
    expect(keysOf(all, undefined)).toEqual(['203.0.113.7']);
    const two = factsOf(one, ['user', 'srcip']);
    expect(two).toEqual({ srcip: '203.0.113.7', user: 'bob' });
    expect(keysOf(two, ['user', 'srcip'])).toEqual(['203.0.113.7', 'bob']);
    expect(keysOf(factsOf(wazuh5({}), undefined), undefined)).toEqual([]);
  });

  test('what it expects and is not there ends the run', () => {
    expect(() => factsOf(wazuh5({ source }), ['user'])).toThrow(
      /Cannot read 'user.name'.*expects it/,
    );
  });

  test('what it does not expect may be anything', () => {
    expect(factsOf(wazuh5({ source, user: { name: 'a b' } }), ['srcip'])).toEqual({
      srcip: source.ip,
    });
  });

  test.each([
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['2001:DB8:0::1', '2001:db8::1'],
    ['host.example', 'host.example'],
  ])('the address %s as %s', (ip, text) => {
    expect(factsOf(wazuh5({ source: { ip } }), undefined)).toEqual({ srcip: text });
  });

  test('whatever is given could stand in a script without quotes, but for a path', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (ip, name) => {
        for (const event of [{ source: { ip } }, { user: { name } }]) {
          let facts: ReturnType<typeof factsOf>;
          try {
            facts = factsOf(wazuh5(event), undefined);
          } catch {
            continue;
          }
          for (const text of Object.values(facts)) expect(text).toMatch(/^[\w.:@?][\w.:@?-]*$/);
        }
      }),
    );
  });
});
