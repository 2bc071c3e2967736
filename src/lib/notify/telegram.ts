import { type Alert, allFacts, heading } from './alert.ts';
import { objectIn, type Service, wordsIn } from './service.ts';
import { shorten, visible, WORD_JOINER } from './shorten.ts';

const MESSAGE = 4_096;
const SHORT = 250;

/** As text that rings with nobody: Telegram makes a mention of `@name` wherever it stands. */
const quiet = (text: string, limit: number): string =>
  shorten(text.replace(/@(?=\w)/g, `@${WORD_JOINER}`), limit, visible);

function text(alert: Alert): string {
  const head = [
    'WAZUH Alert',
    quiet(heading(alert), SHORT),
    ...allFacts(alert).map(([title, value]) => `${title}: ${quiet(value, SHORT)}`),
  ].join('\n');
  if (!alert.log) return head;
  return `${head}\n\n${quiet(alert.log, MESSAGE - head.length - 2)}`;
}

/** A Telegram bot; the URL holds its token: `https://api.telegram.org/bot…/sendMessage`. */
export const telegram: Service = {
  name: 'telegram',
  body: (alert, { chat }) =>
    JSON.stringify({
      chat_id: chat,
      // Without a parse mode nothing in it is markup.
      text: text(alert),
      link_preview_options: { is_disabled: true },
    }),
  accepted: (reply) => reply.status === 200 && objectIn(reply)?.at('ok') === true,
  reason: (reply) => wordsIn(reply, 'description'),
};
