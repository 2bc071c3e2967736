import { describe, expect, test } from 'vitest';
import { defineAction } from '../../src/lib/action.ts';
import { srcip } from '../../src/lib/fields.ts';
import { ActionError } from '../../src/lib/outcome.ts';
import { parseRequest } from '../../src/lib/protocol.ts';
import { read, targetOf } from '../../src/lib/values.ts';
import { message } from '../support/messages.ts';

const action = defineAction({
  name: 'block',
  summary: 'Blocks.',
  states: { held: 'is held', lifted: 'is lifted' },
  fields: { ip: srcip },
  keys: ({ ip }) => [ip.text],
  backends: () => [],
});

const request = (eventdata: Record<string, string>, ip: string) =>
  parseRequest(
    JSON.stringify({
      version: 1,
      origin: {},
      command: 'add',
      parameters: { alert: { data: { win: { eventdata }, srcip: ip } } },
    }),
    new Set(),
  );

describe('of several candidates the first valid one counts', () => {
  test.each([
    [{ ipAddress: '192.0.2.1', destinationIp: '192.0.2.2' }, '192.0.2.1'],
    [{ ipAddress: '-', destinationIp: '192.0.2.2' }, '192.0.2.2'],
    [{ ipAddress: '-' }, '192.0.2.3'],
    [{}, '192.0.2.3'],
    [{ ipAddress: '127.0.0.1' }, '127.0.0.1'],
  ])('%j: %s', (eventdata, expected) => {
    const values = read(action, request(eventdata, '192.0.2.3'));
    expect(values).toMatchObject({ ip: { text: expected } });
    expect(targetOf(action, values)).toBe(expected);
  });
});

test('without one the message is upstream’s, then where each stood and why it will not do', () => {
  const act = () => read(action, request({ ipAddress: '-' }, '192.0.2.0/24'));
  expect(act).toThrow(/^Cannot read 'srcip' from data or invalid IP format; /);
  expect(act).toThrow(/win\.eventdata\.ipAddress: "-" is not/);
  expect(act).toThrow(/data\.srcip: "192\.0\.2\.0\/24" is a network/);
});

test.each([
  ['4x-add-integration-missing-srcip', "Cannot read 'srcip' from data or invalid IP format"],
  [
    '4x-add-syscheck-554-firewall-drop-nodata',
    "Cannot read 'srcip' from data or invalid IP format",
  ],
  ['5x-enable-missing-source-ip', "Cannot read 'source.ip' from data"],
])('%s fails in upstream’s words alone', (name, words) => {
  expect(() => read(action, parseRequest(message(name), new Set()))).toThrow(
    new ActionError('bad-field', words),
  );
});
