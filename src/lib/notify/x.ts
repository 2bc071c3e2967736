import { type Alert, heading, UNKNOWN } from './alert.ts';
import { objectIn, type Service, wordsIn } from './service.ts';
import { type Measure, shorten, visible, WORD_JOINER } from './shorten.ts';

const POST = 280;

// Of twitter-text's third configuration: characters that weigh one; all others weigh two.
const LIGHT: readonly (readonly [first: number, last: number])[] = [
  [0, 4351],
  [8192, 8205],
  [8208, 8223],
  [8242, 8247],
];

/** What a text weighs for X, which counts some scripts double. It has no links: none is let in. */
export const weight: Measure = (text) => {
  let sum = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    sum += LIGHT.some(([first, last]) => point >= first && point <= last) ? 1 : 2;
  }
  return sum;
};

/**
 * Whoever chose a word of the alert must not speak to others by our account: no mention, no tag, and no
 * link, for which X needs no more than a dot before a word.
 */
const quiet = (text: string): string =>
  text
    .replace(/[@\uff20#\uff03$\uff04](?=[\p{L}\p{N}_])/gu, `$&${WORD_JOINER}`)
    .replace(/[.\u3002\uff0e\uff61](?=\p{L})/gu, `$&${WORD_JOINER}`);

// Room for what is told beside the description.
const AGENT = 60;
const REST = 40;

const HIDDEN = '***';

/** A description may name whom it is about, which is nobody's business: the address, the account. */
function discreet(text: string, { srcip, user }: Alert): string {
  const names = [srcip, user].filter((name) => name !== undefined && name.trim() !== '');
  const hidden = names.reduce<string>((rest, name = '') => withoutWord(rest, name), text);
  return hidden.replace(/(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\w)/g, HIDDEN);
}

const withoutWord = (text: string, word: string): string =>
  text
    .split(word)
    .reduce((before, after) =>
      /\w$/.test(before) || /^\w/.test(after) ? before + word + after : before + HIDDEN + after,
    );

/** One public line, without the log. */
function text(alert: Alert): string {
  const { rule, agent, id } = alert;
  const quietly = (value: string, limit: number) =>
    shorten(quiet(value.normalize('NFC').replace(/\s+/g, ' ')), limit, visible, weight);
  const known = [
    rule && `rule ${quietly(rule.id ?? UNKNOWN, REST)}`,
    rule?.level !== undefined && `level ${quietly(rule.level, REST)}`,
    agent?.name !== undefined && `agent ${quietly(agent.name, AGENT)}`,
    // It also makes the text unlike the one before, which X would refuse.
    id !== undefined && `alert ${quietly(id, REST)}`,
  ].filter(Boolean);
  const tail = known.length > 0 ? ` (${known.join(', ')})` : '';
  const head = 'WAZUH Alert: ';
  const title = discreet(heading(alert), alert);
  return `${head}${quietly(title, POST - weight(head) - weight(tail))}${tail}`;
}

/** A post of an account on X, version 2 of its interface. */
export const x: Service = {
  name: 'x',
  body: (alert) => JSON.stringify({ text: text(alert) }),
  accepted: (reply) => reply.status === 201 && objectIn(reply)?.text('data.id') !== undefined,
  reason: (reply) => wordsIn(reply, 'detail', 'title'),
};

/** Where X takes posts. */
export const X_URL = 'https://api.x.com/2/tweets';
