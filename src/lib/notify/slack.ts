import { type Alert, facts, UNKNOWN } from './alert.ts';
import { objectIn, type Service } from './service.ts';
import { shorten } from './shorten.ts';

// Slack cuts a message at 40 000 characters, and shows some 700 of an attachment at first.
const LOG = 20_000;
const SHORT = 1_000;

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** As text, in Slack's own escapes: `<!channel>` would ring with everybody. */
const plain = (text: string, limit: number): string =>
  shorten(text, limit, (character) => ESCAPES[character] ?? character);

/** Upstream's attachment, byte for byte where upstream knows what to write. */
const attachment = (alert: Alert) => ({
  color: alert.severity,
  pretext: 'WAZUH Alert',
  title: plain(alert.title ?? UNKNOWN, SHORT),
  text: plain(alert.log ?? '', LOG),
  fields: facts(alert).map(([title, value]) => ({ title, value: plain(value, SHORT) })),
  ts: epochOf(alert),
});

/** Seconds since 1970, which is how an id begins in Wazuh 4; Slack shows them as a time. */
function epochOf({ id = '', time = '' }: Alert): string {
  if (/^\d+(?:\.\d+)?$/.test(id)) return id;
  const milliseconds = Date.parse(time);
  return Number.isNaN(milliseconds) ? '' : String(Math.trunc(milliseconds / 1000));
}

/** Incoming webhooks of Slack, and of those that speak its language (Mattermost, Rocket.Chat). */
export const slack: Service = {
  name: 'slack',
  body: (alert, { chat, sender }) =>
    JSON.stringify({
      ...(chat !== undefined && { channel: chat }),
      ...(sender !== undefined && { username: sender }),
      attachments: [attachment(alert)],
    }),
  accepted: (reply) =>
    reply.status === 200 && (reply.body.trim() === 'ok' || objectIn(reply)?.at('success') === true),
  // Its refusals are one word: `no_service`, `invalid_payload`.
  reason: ({ body }) => /^[a-z_]{1,60}$/.exec(body.trim())?.[0],
};
