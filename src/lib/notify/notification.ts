import type { Circumstance, Once } from '../action.ts';
import type { Http, Post, Route } from '../http.ts';
import { ActionError } from '../outcome.ts';
import type { Clock } from '../ports.ts';
import { mask } from '../text.ts';
import { type Address, parseAddress, secretsOf } from './address.ts';
import { type Alert, alertOf } from './alert.ts';
import { deliver } from './deliver.ts';
import { discord } from './discord.ts';
import { generic } from './generic.ts';
import { authorization, type Credentials } from './oauth.ts';
import type { Service } from './service.ts';
import { slack } from './slack.ts';
import { teams } from './teams.ts';
import { telegram } from './telegram.ts';
import { X_URL, x } from './x.ts';

type Options = Circumstance['options'];

/** What sending needs of the host. */
interface Sending {
  readonly http: Http;
  readonly clock: Clock;
}

/** A notification and how it is authorised. */
interface Plan {
  readonly service: Service;
  readonly address: Address;
  readonly options: Options;
  readonly alert: Alert;
  /** What none may see beside the URL. */
  readonly secrets?: readonly string[];
  readonly authorise?: (sending: Sending) => Promise<string>;
}

const SHAPES: ReadonlyMap<string, Service> = new Map(
  [generic, slack, teams, discord, telegram].map((service) => [service.name, service]),
);

/** Tells a service of the shape and at the URL that root has set. */
export function webhook({ options, message }: Circumstance): Once {
  const service = SHAPES.get(options['shape'] ?? 'json') ?? generic;
  if (service === telegram && options['chat'] === undefined) throw unset('webhook', 'chat');
  const { authorization: header } = options;
  return once({
    service,
    address: setAddress('webhook', options),
    options,
    alert: alertOf(message),
    ...(header !== undefined && { secrets: [header], authorise: async () => header }),
  });
}

/**
 * Tells Slack, at the URL that root has set or else at the first of the extra arguments that is one:
 * upstream joined them all.
 */
export function slackMessage({ options, message }: Circumstance): Once {
  const alert = alertOf(message);
  const word = message.extra.find((one) => /^https?:/i.test(one));
  const fromMessage = () => {
    if (word === undefined) {
      const hint = 'it must hold the URL of the webhook, or riposte.json actions.wazuh-slack.url';
      throw new ActionError('bad-request', `Cannot read 'extra_args' from data: ${hint}`);
    }
    const unencrypted = options['plain'] === 'yes' ? 'anybody' : 'nobody';
    return parseAddress(word, unencrypted, 'bad-request');
  };
  const set = options['url'] !== undefined;
  const address = set ? setAddress('wazuh-slack', options) : fromMessage();
  return once({ service: slack, address, options, alert });
}

/** Posts on X in the name of an account. */
export function tweet({ options, message }: Circumstance): Once {
  const needed = (name: string): string => {
    const value = options[name];
    if (value === undefined) throw unset('ossec-tweeter', name);
    return value;
  };
  const credentials: Credentials = {
    consumerKey: needed('consumer-key'),
    consumerSecret: needed('consumer-secret'),
    token: needed('access-token'),
    tokenSecret: needed('access-token-secret'),
  };
  const address = setAddress('ossec-tweeter', { url: X_URL, ...options });
  return once({
    service: x,
    address,
    options,
    alert: alertOf(message),
    secrets: Object.values(credentials),
    authorise: async ({ http, clock }) => {
      const seconds = Math.trunc(clock.now().getTime() / 1000);
      const moment = { nonce: await http.nonce(), seconds };
      return authorization({ method: 'POST', url: address.url }, credentials, moment, http);
    },
  });
}

const unset = (action: string, option: string) =>
  new ActionError('bad-settings', `riposte.json must set actions.${action}.${option}`);

function setAddress(action: string, options: Options): Address {
  const { url, plain } = options;
  if (url === undefined) throw unset(action, 'url');
  return parseAddress(url, plain === 'yes' ? 'anybody' : 'this host', 'bad-settings');
}

function once({ service, address, options, alert, secrets = [], authorise }: Plan): Once {
  const body = service.body(alert, { chat: options['chat'], sender: options['sender'] });
  const post = async (sending: Sending): Promise<Post> => ({
    url: address.url,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      'user-agent': 'riposte',
      ...(authorise && { authorization: await authorise(sending) }),
    },
    body,
    route: routeOf(options),
  });
  return {
    what: `${address.host} took the notification`,
    steps: [
      {
        spelled: `POST ${mask(address.url, new Set())} ${body}`,
        act: (host, timeout) =>
          deliver(
            {
              service,
              host: address.host,
              post: () => post(host),
              secrets: secretsOf(address, secrets),
            },
            host,
            timeout,
          ),
      },
    ],
  };
}

const routeOf = ({ ca, proxy }: Options): Route => ({
  ...(ca !== undefined && { ca }),
  ...(proxy !== undefined && { proxy }),
});
