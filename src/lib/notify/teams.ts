import { type Alert, allFacts, heading, type Severity } from './alert.ts';
import { type Service, wordsIn } from './service.ts';
import { jsonBytes, shorten, visible } from './shorten.ts';

// Teams takes 28 KB, the card's own markup included.
const LOG = 16_000;
const SHORT = 600;

const COLOURS: Readonly<Record<Severity, string>> = {
  good: 'Good',
  warning: 'Warning',
  danger: 'Attention',
};

const shown = (text: string, limit: number): string => shorten(text, limit, visible, jsonBytes);

/** Text runs are never read as Markdown, unlike text blocks and facts. */
const run = (text: string, style: Readonly<Record<string, string>> = {}) => ({
  type: 'TextRun',
  text,
  ...style,
});

const block = (...inlines: readonly ReturnType<typeof run>[]) => ({
  type: 'RichTextBlock',
  inlines,
});

const card = (alert: Alert) => ({
  $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
  type: 'AdaptiveCard',
  version: '1.4',
  body: [
    block(run('WAZUH Alert', { weight: 'Bolder', color: COLOURS[alert.severity] })),
    block(run(shown(heading(alert), SHORT), { weight: 'Bolder', size: 'Medium' })),
    ...allFacts(alert).map(([title, value]) =>
      block(run(`${title}: `, { weight: 'Bolder' }), run(shown(value, SHORT))),
    ),
    ...(alert.log ? [block(run(shown(alert.log, LOG), { fontType: 'Monospace' }))] : []),
  ],
});

/** Microsoft Teams, by a workflow that waits for a webhook; the connectors of Office 365 are gone. */
export const teams: Service = {
  name: 'teams',
  body: (alert) =>
    JSON.stringify({
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          contentUrl: null,
          content: card(alert),
        },
      ],
    }),
  // The dead connectors answered 200 even where they delivered nothing.
  accepted: ({ status }) => status === 202,
  reason: (reply) => wordsIn(reply, 'error.message', 'error.code'),
};
