import { describe, expect, test } from 'vitest';
import { alertOf } from '../../src/lib/notify/alert.ts';
import { slack } from '../../src/lib/notify/slack.ts';
import { parseRequest } from '../../src/lib/protocol.ts';
import { message } from '../support/messages.ts';

/** What Slack would be sent for a message of Wazuh 4 with this alert. */
function attachment(alert: unknown): string {
  const line = JSON.stringify({
    version: 1,
    origin: { name: '', module: '' },
    command: 'add',
    parameters: { extra_args: [], alert },
  });
  return slack.body(alertOf(parseRequest(line, new Set())), {});
}

test('the attachment is upstream’s, byte for byte', () => {
  const request = parseRequest(message('4x-add-api-wazuh-slack'), new Set());
  expect(slack.body(alertOf(request), {})).toBe(
    '{"attachments":[{"color":"danger","pretext":"WAZUH Alert","title":"sshd: brute force trying ' +
      'to get access to the system. Authentication failed.","text":"Feb  3 10:12:25 web01 ' +
      'sshd[2017]: Failed password for deploy from 192.0.2.88 port 51017 ssh2","fields":[' +
      '{"title":"Agent","value":"(001) - web01"},{"title":"Location","value":"/var/log/auth.log"},' +
      '{"title":"Rule ID","value":"5763 (level 10)"}],"ts":"1770113545.360011"}]}',
  );
});

test('what is missing is said or left out as upstream does', () => {
  expect(attachment({})).toBe(
    '{"attachments":[{"color":"good","pretext":"WAZUH Alert","title":"N/A","text":"",' +
      '"fields":[{"title":"Location","value":"N/A"}],"ts":""}]}',
  );
  expect(attachment({ agent: {}, agentless: {}, rule: {} })).toContain(
    '[{"title":"Agent","value":"(N/A) - N/A"},{"title":"Agentless Host","value":"N/A"},' +
      '{"title":"Location","value":"N/A"},{"title":"Rule ID","value":"N/A (level N/A)"}]',
  );
});

test('S1: a rule id that is a number is told as one', () => {
  const text = attachment({ rule: { id: 5763, level: 10 } });
  expect(text).toContain('"5763 (level 10)"');
  expect(text).not.toContain('(null)');
});

test.each([
  [undefined, 'good'],
  [4, 'good'],
  [5, 'warning'],
  [7, 'warning'],
  [8, 'danger'],
  [15, 'danger'],
])('level %s is %s', (level, color) => {
  expect(JSON.parse(attachment({ rule: { level } })).attachments[0].color).toBe(color);
});

test('no text of the alert rings with anybody or passes for a link', () => {
  const text = attachment({
    rule: { description: '<!channel> & <!here>' },
    full_log: 'GET /<https://evil.example|https://bank.example> <@U1>',
    location: '<!everyone>',
  });
  expect(text).not.toMatch(/[<>]/);
  expect(text).toContain('&lt;!channel&gt; &amp; &lt;!here&gt;');
});

test('an alert of Wazuh 5 has its time', () => {
  const line = JSON.stringify({
    '@timestamp': '2026-02-03T10:12:25.101Z',
    wazuh: {
      active_response: { name: 'x' },
      rule: { id: 'f0e1', title: 'Brute force', level: 'High' },
      agent: { id: '001', name: 'web01' },
    },
    event: { original: 'Failed password' },
    command: 'enable',
  });
  const [one] = JSON.parse(slack.body(alertOf(parseRequest(line, new Set())), {})).attachments;
  expect(one).toMatchObject({ color: 'danger', title: 'Brute force', text: 'Failed password' });
  expect(one.fields.at(-1)).toEqual({ title: 'Rule ID', value: 'f0e1 (level High)' });
  expect(one.ts).toBe('1770113545');
});

describe('success', () => {
  const reply = { retryAfter: undefined, location: undefined };
  test.each([
    [200, 'ok', true],
    [200, '{"success":true}', true],
    [200, '<html>Log in</html>', false],
    [200, '', false],
    [404, 'ok', false],
  ])('%s %j: %s', (status, body, accepted) => {
    expect(slack.accepted({ ...reply, status, body })).toBe(accepted);
  });

  test('is denied in Slack’s words, and in nobody else’s', () => {
    expect(slack.reason({ ...reply, status: 404, body: 'no_service' })).toBe('no_service');
    expect(slack.reason({ ...reply, status: 404, body: '/T0/B0 not found' })).toBeUndefined();
  });
});
