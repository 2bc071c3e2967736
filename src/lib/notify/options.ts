import type { Option } from '../action.ts';
import { ActionError } from '../outcome.ts';
import { parseAddress } from './address.ts';
import { X_URL } from './x.ts';

/** A text in which nothing could end a line. */
function line(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
  if (text !== '' && !/[\u0000-\u001f\u007f]/.test(text)) return text;
  throw new ActionError('usage', 'it must be one line of text');
}

/** A line of ASCII, which is all that a header can hold. */
function header(text: string): string {
  if (/^[ -~]+$/.test(text)) return text;
  throw new ActionError('usage', 'it must be one line of ASCII');
}

const secret = (help: string, example?: string): Option => ({
  help,
  settings: true,
  parse: line,
  ...(example !== undefined && { example }),
});

const url: Option = {
  help: 'the URL of the service, which is its password too',
  example: 'https://hooks.slack.example/services/T000/B000/XXXX',
  settings: true,
  parse: (text) => parseAddress(text, 'anybody', 'usage').url,
};

/** How a service is reached; only root says so. */
const route = {
  ca: secret('file with further certificate authorities (PEM)'),
  proxy: secret('URL of a proxy in place of the environment’s, or none'),
  plain: {
    help: 'whether a URL without encryption may lead to another host',
    settings: true,
    values: ['yes', 'no'],
  },
} as const satisfies Readonly<Record<string, Option>>;

/** The options of a webhook of any shape. */
export const webhookOptions = {
  url,
  shape: {
    help: 'what the service understands',
    values: ['json', 'slack', 'teams', 'discord', 'telegram'],
  },
  chat: { help: 'the Telegram chat, or the channel of an old Slack webhook', parse: line },
  sender: { help: 'the name to go by in an old Slack webhook', parse: line },
  authorization: {
    ...secret('the header Authorization, for a service that wants one'),
    parse: header,
  },
  ...route,
} as const satisfies Readonly<Record<string, Option>>;

const { chat, sender } = webhookOptions;

/** The options of upstream's Slack programs. */
export const slackOptions = { url, chat, sender, ...route } as const;

/** The options of a post on X. */
export const tweetOptions = {
  url: { ...url, help: 'another place than that of X, to try it', example: X_URL },
  'consumer-key': secret('the API key of the application', 'xvz1evFS4wEEPTGEFPHBog'),
  'consumer-secret': secret('the secret of the API key', 'kAcSOqF21Fu85e7z'),
  'access-token': secret('the access token of the account', '370773112-GmHxMAgYyLbNEtIK'),
  'access-token-secret': secret('the secret of the access token', 'LswwdoUaIvS8ltyT'),
  ...route,
} as const satisfies Readonly<Record<string, Option>>;
