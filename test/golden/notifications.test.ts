import { describe, expect, test } from 'vitest';
import { alertOf } from '../../src/lib/notify/alert.ts';
import { discord } from '../../src/lib/notify/discord.ts';
import { generic } from '../../src/lib/notify/generic.ts';
import { slack } from '../../src/lib/notify/slack.ts';
import { teams } from '../../src/lib/notify/teams.ts';
import { telegram } from '../../src/lib/notify/telegram.ts';
import { x } from '../../src/lib/notify/x.ts';
import { parseLegacy, parseRequest } from '../../src/lib/protocol.ts';
import type { Message } from '../../src/lib/request.ts';
import { legacyWords, message } from '../support/messages.ts';

const sample = (name: string): Message => parseRequest(message(name), new Set());

/** Alerts of every kind that a service may be told of. */
const ALERTS: readonly (readonly [title: string, message: Message])[] = [
  ['Wazuh 4', sample('4x-add-api-wazuh-slack')],
  ['Wazuh 4, of Windows', sample('4x-add-win-60122-netsh')],
  ['Wazuh 4, of a file', sample('4x-add-syscheck-554-remove-threat')],
  ['Wazuh 5', sample('5x-enable-stateful-block-ip')],
  ['an old agent', parseLegacy(legacyWords('legacy-argv-wazuh41-user-add'))],
  ['by hand', { dialect: 'manual', extra: [], alert: undefined, rule: undefined }],
];

describe.each([slack, teams, discord, telegram, generic, x].map((one) => [one.name, one] as const))(
  '%s',
  (name, service) => {
    test('is sent exactly what its golden file says', async () => {
      const pages = ALERTS.map(([title, one]) => {
        const body = service.body(alertOf(one), { chat: '-1001234567890' });
        return `== ${title}\n\n${JSON.stringify(JSON.parse(body), undefined, 2)}\n`;
      });
      await expect(pages.join('\n')).toMatchFileSnapshot(`notifications/${name}.txt`);
    });
  },
);
