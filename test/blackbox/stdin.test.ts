import { describe, expect } from 'vitest';
import { alerts, lines } from './support/decoders.ts';
import { alert, keysLine } from './support/messages.ts';
import { it, PROGRAM } from './support/stage.ts';

const IP = '203.0.113.7';
const MESSAGE = alert(IP);
const bytes = (...parts: (string | number)[]) =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.of(part))),
  );
const padded = (length: number) =>
  MESSAGE.replace('{', `{"full_log":"${'x'.repeat(length - MESSAGE.length)}",`);

describe('what is no message', () => {
  const cases: readonly { name: string; input: string | Buffer; says: string }[] = [
    { name: 'nothing', input: '', says: 'Cannot read input from stdin' },
    { name: 'an empty line', input: '\n', says: 'Invalid input format' },
    { name: 'blanks', input: '   \n', says: 'Invalid input format' },
    { name: 'words', input: 'add 203.0.113.7\n', says: 'Invalid input format' },
    { name: 'half a message', input: `${MESSAGE.slice(0, -9)}\n`, says: 'Invalid input format' },
    { name: 'a message in two lines', input: MESSAGE.replace(',', ',\n'), says: 'Invalid input' },
    { name: 'an array', input: `[${MESSAGE}]\n`, says: 'Invalid input format' },
    { name: 'a string', input: `${JSON.stringify(MESSAGE)}\n`, says: 'Invalid input format' },
    { name: 'null', input: 'null\n', says: 'Invalid input format' },
    { name: 'NUL bytes', input: Buffer.alloc(5_000), says: 'Invalid input format' },
    { name: 'a NUL before it', input: bytes(0, MESSAGE, '\n'), says: 'Invalid input format' },
    { name: 'a byte order mark', input: `\ufeff${MESSAGE}\n`, says: 'Invalid input format' },
    { name: 'a line of 200 kB', input: 'x'.repeat(200_000), says: 'Cannot read input from stdin' },
    { name: 'a message of 200 kB', input: `${padded(200_000)}\n`, says: 'Cannot read input' },
    { name: 'a deep nest', input: `${'[{"a":'.repeat(20_000)}\n`, says: 'Invalid input format' },
    {
      name: 'a text version',
      input: MESSAGE.replace(':1,', ':"1",'),
      says: 'Invalid input format',
    },
    {
      name: 'no version',
      input: MESSAGE.replace('"version":1,', ''),
      says: 'Invalid input format',
    },
    { name: 'a list of verbs', input: MESSAGE.replace('"add"', '["add"]'), says: 'Invalid value' },
    { name: 'a verb in capitals', input: MESSAGE.replace('"add"', '"ADD"'), says: 'Invalid value' },
    { name: 'a verb of the other kind', input: alert(IP, 'enable'), says: 'Invalid value' },
    { name: 'a forged first verb', input: `{"command":"x",${MESSAGE.slice(1)}`, says: 'Invalid' },
  ];

  it.concurrent.for(cases)('$name', async ({ input, says }, { stage }) => {
    const run = await stage.feed(input);
    expect(run).toMatchObject({ exitCode: 3, stdout: '' });
    expect(await stage.blocked()).toEqual([]);
    const log = stage.home.log();
    expect(lines(log).some((line) => line.includes(`${PROGRAM}: ${says}`))).toBe(true);
    expect(stage.home.outcomes()).toMatchObject([{ outcome: 'bad-request' }]);
    expect(alerts(log)).toEqual([]);
  });
});

describe('what is no address', () => {
  const texts = [
    ...['', ' ', '-', 'localhost', '1', '1.2', '1.2.3', '0x7f.1', '010.0.0.1', '203.0.113.07'],
    ...['4294967295', '203.0.113.7/32', '2001:db8::/32', '203.0.113.7 ', ' 203.0.113.7'],
    ...['203.0.113.7\n', '203.0.113.7\0', 'fe80::1%lo', '1::2::3', '203.0.113.256', '::g'],
    ...['203.0.113.7; add rule', '--help', '203.0.113.7,203.0.113.8', '203.0.113.7-203.0.113.9'],
    ...['{ 203.0.113.7 }', '٢٠٣.0.113.7', '203.0.113.7:22', '[2001:db8::7]', '::ffff:1.2.3'],
  ];

  it.concurrent.for(texts.map((ip) => ({ ip })))('$ip', async ({ ip }, { stage }) => {
    const run = await stage.feed(`${alert(ip)}\n`);
    expect(run).toMatchObject({ exitCode: 4, stdout: '' });
    expect(await stage.blocked()).toEqual([]);
    const log = stage.home.log();
    expect(log).toContain(`${PROGRAM}: Cannot read 'srcip' from data or invalid IP format`);
    expect(log).toMatch(/active-response\/bin\/firewall-drop: Failed: \{/);
    expect(stage.home.outcomes()).toMatchObject([{ outcome: 'bad-field' }]);
    expect(alerts(log)).toEqual([]);
  });

  it.concurrent.for(
    [null, 7, true, ['203.0.113.7'], { ip: '203.0.113.7' }].map((value) => ({ value })),
  )('$value, which is no text', async ({ value }, { stage }) => {
    const run = await stage.feed(`${alert(IP).replace(`"${IP}"`, JSON.stringify(value))}\n`);
    expect(run).toMatchObject({ exitCode: 4, stdout: '' });
    expect(await stage.blocked()).toEqual([]);
  });
});

describe('what is never blocked', () => {
  const texts = [
    ...['127.0.0.1', '127.255.255.254', '::1', '0.0.0.0', '0.1.2.3', '::', '255.255.255.255'],
    ...['224.0.0.1', '239.1.2.3', 'ff02::1', '::ffff:127.0.0.1'],
  ];

  it.concurrent.for(texts.map((ip) => ({ ip })))('$ip', async ({ ip }, { stage }) => {
    const run = await stage.feed(`${alert(ip)}\n`);
    expect(run).toMatchObject({ exitCode: 5, stdout: '' });
    expect(await stage.blocked()).toEqual([]);
    const log = stage.home.log();
    expect(log).toMatch(/active-response\/bin\/firewall-drop: Refused: \{/);
    expect(alerts(log)).toEqual([]);
    // An undo must work for whatever an older version may have blocked.
    expect((await stage.feed(alert(ip, 'delete'))).exitCode).toBe(0);
  });
});

describe('which of several counts', () => {
  const windows = (ip: string) =>
    MESSAGE.replace('"data":{', `"data":{"win":{"eventdata":{"ipAddress":"${ip}"}},`);
  const fifth = (...verbs: string[]) =>
    `{"wazuh":{"active_response":{"type":"stateless"}},"source":{"ip":"${IP}"},${verbs
      .map((verb) => `"command":"${verb}"`)
      .join(',')}}`;
  const cases: readonly { name: string; input: string; exit: number; blocked: string[] }[] = [
    { name: 'the first address', input: windows('192.0.2.1'), exit: 13, blocked: ['192.0.2.1'] },
    { name: 'no later one for a protected', input: windows('127.0.0.1'), exit: 5, blocked: [] },
    { name: 'a later one for a useless', input: windows('LOCAL'), exit: 13, blocked: [IP] },
    { name: 'the verb of the agent', input: fifth('ls', 'enable'), exit: 13, blocked: [IP] },
    { name: 'neither of two verbs', input: fifth('disable', 'enable'), exit: 3, blocked: [] },
    { name: 'one verb said twice', input: fifth('enable', 'enable'), exit: 13, blocked: [IP] },
  ];

  it.concurrent.for(cases)('$name', async ({ input, exit, blocked }, { stage }) => {
    expect((await stage.feed(`${input}\n`)).exitCode).toBe(exit);
    expect(await stage.blocked()).toEqual(blocked);
  });
});

describe('what is a message all the same', () => {
  const cases: readonly { name: string; input: string | Buffer; ip?: string }[] = [
    { name: 'no line end', input: MESSAGE },
    { name: 'CR LF', input: `${MESSAGE}\r\n` },
    { name: 'text after the object', input: `${MESSAGE} and more\n` },
    { name: 'another object after it', input: `${MESSAGE}${alert('192.0.2.1')}\n` },
    { name: 'blanks in the object', input: `${MESSAGE.replaceAll(',', ' , ')}\n` },
    { name: 'names in capitals', input: `${MESSAGE.replaceAll(/"(\w+)":/g, upper)}\n` },
    { name: 'a second verb', input: `${MESSAGE.slice(0, -1)},"command":"delete"}\n` },
    { name: 'a second address', input: `${MESSAGE.replace('}}', ',"srcip":"192.0.2.1"}}')}\n` },
    {
      name: 'a later SRCIP',
      input: `${MESSAGE.replace(`"${IP}"`, `"${IP}","SRCIP":"192.0.2.1"`)}\n`,
    },
    { name: 'escapes', input: `${MESSAGE.replace(IP, '\\u0032\\u00303.0.113.7')}\n` },
    { name: 'invalid UTF-8', input: bytes(MESSAGE.slice(0, -1), ',"x":"', 0xff, 0xc3, '"}\n') },
    { name: 'a message of 64 kB', input: `${padded(65_000)}\n` },
    { name: 'a numeric rule', input: `${MESSAGE.replace('"5710"', '5710')}\n` },
    { name: 'an IPv4-mapped address', input: `${alert(`::ffff:${IP}`)}\n` },
    { name: 'a long IPv6 address', input: `${alert('2001:0DB8:0:0::0007')}\n`, ip: '2001:db8::7' },
    {
      name: 'a useless address before it',
      input: `${MESSAGE.replace('"data":{', '"data":{"win":{"eventdata":{"ipAddress":"-"}},')}\n`,
    },
  ];

  it.concurrent.for(cases)('$name', async ({ input, ip = IP }, { stage }) => {
    const run = await stage.feed(input);
    expect(run).toMatchObject({ exitCode: 13, stdout: `${keysLine(ip)}\n` });
    expect(await stage.blocked()).toEqual([ip]);
    // Whatever was in it, every line of the log is one that the stock decoders know.
    expect(alerts(stage.home.log()).length).toBeLessThanOrEqual(1);
  });
});

describe('the answer', () => {
  const cases: readonly { name: string; input: string | Buffer; exit: number }[] = [
    { name: 'continue', input: alert(IP, 'continue'), exit: 0 },
    { name: 'abort', input: alert(IP, 'abort'), exit: 0 },
    { name: 'continue with CR LF', input: `${alert(IP, 'continue')}\r\n`, exit: 0 },
    { name: 'the end', input: '', exit: 13 },
    { name: 'an empty line', input: '\n', exit: 13 },
    { name: 'words', input: 'continue\n', exit: 13 },
    { name: 'another add', input: `${MESSAGE}\n`, exit: 13 },
    { name: 'a delete', input: `${alert(IP, 'delete')}\n`, exit: 13 },
    { name: '200 kB', input: 'x'.repeat(200_000), exit: 13 },
    { name: 'NUL bytes', input: Buffer.alloc(100), exit: 13 },
  ];

  it.concurrent.for(cases)('$name: the block stays', async ({ input, exit }, { stage }) => {
    const run = await stage.feed(Buffer.concat([Buffer.from(`${MESSAGE}\n`), Buffer.from(input)]));
    expect(run).toMatchObject({ exitCode: exit, stdout: `${keysLine(IP)}\n` });
    expect(await stage.blocked()).toEqual([IP]);
    expect(alerts(stage.home.log())).toEqual([651]);
  });
});

function upper(name: string): string {
  return name.toUpperCase();
}
