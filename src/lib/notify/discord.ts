import { type Alert, allFacts, heading, type Severity } from './alert.ts';
import { type Service, wordsIn } from './service.ts';
import { shorten, visible } from './shorten.ts';

// Discord takes 256 characters of a title, 4096 of a description, 1024 of a field, 6000 of all: these
// and the headings of at most eight facts are less, escapes included.
const TITLE = 256;
const LOG = 3_000;
const SHORT = 300;

const COLOURS: Readonly<Record<Severity, number>> = {
  good: 0x2eb886,
  warning: 0xdaa038,
  danger: 0xa30200,
};

const MARKUP = /[\\`*_~|<>[\]()#@:-]/;

/** As text: a backslash takes the meaning from whatever Markdown or a mention would read. */
const plain = (text: string, limit: number): string =>
  shorten(text, limit, (character) =>
    MARKUP.test(character) ? `\\${character}` : visible(character),
  );

const embed = (alert: Alert) => ({
  title: plain(heading(alert), TITLE),
  description: plain(alert.log ?? '', LOG),
  color: COLOURS[alert.severity],
  fields: allFacts(alert).map(([name, value]) => ({
    name,
    value: plain(value, SHORT),
    inline: true,
  })),
});

/** A webhook of a Discord channel. */
export const discord: Service = {
  name: 'discord',
  body: (alert) =>
    JSON.stringify({
      content: 'WAZUH Alert',
      embeds: [embed(alert)],
      allowed_mentions: { parse: [] },
    }),
  // 200 where the URL ends in `?wait=true`.
  accepted: ({ status }) => status === 204 || status === 200,
  reason: (reply) => wordsIn(reply, 'message'),
};
