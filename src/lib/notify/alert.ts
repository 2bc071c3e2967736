import type { Json, JsonObject } from '../json.ts';
import { ActionError } from '../outcome.ts';
import type { Message } from '../request.ts';

/** How grave an alert is, in the words of upstream's colours. */
export type Severity = 'good' | 'warning' | 'danger';

/** What a notification tells of an alert, whatever the agent's dialect. All of it is foreign text. */
export interface Alert {
  /** In Wazuh 4 and before it begins with the time, in seconds since 1970. */
  readonly id: string | undefined;
  /** When it was raised, as the manager wrote it. */
  readonly time: string | undefined;
  readonly title: string | undefined;
  readonly severity: Severity;
  readonly rule:
    | { readonly id: string | undefined; readonly level: string | undefined }
    | undefined;
  readonly agent:
    | { readonly id: string | undefined; readonly name: string | undefined }
    | undefined;
  /** The host that is watched without an agent on it. */
  readonly agentless: string | undefined;
  readonly location: string | undefined;
  readonly log: string | undefined;
  readonly srcip: string | undefined;
  readonly user: string | undefined;
}

/** Reads the alert of a message; throws `bad-field` where a message has none. */
export function alertOf(message: Message): Alert {
  const { dialect, document } = message;
  if (dialect === 'wazuh5' && document) return ofWazuh5(document);
  if (dialect === 'wazuh4' && document) {
    const alert = document.object('parameters.alert');
    if (!alert) throw new ActionError('bad-field', "Cannot read 'alert' from data");
    return ofWazuh4(alert);
  }
  return dialect === 'legacy' ? ofWords(message) : TRIAL;
}

function ofWazuh4(alert: JsonObject): Alert {
  const level = alert.at('rule.level');
  return {
    id: text(alert.at('id')),
    time: text(alert.at('timestamp')),
    title: text(alert.at('rule.description')),
    severity: typeof level === 'number' ? ofLevel(level) : 'good',
    rule: alert.object('rule') && {
      id: text(alert.at('rule.id')),
      level: typeof level === 'number' ? String(Math.trunc(level)) : undefined,
    },
    agent: alert.object('agent') && {
      id: text(alert.at('agent.id')),
      name: text(alert.at('agent.name')),
    },
    agentless: alert.object('agentless') && (text(alert.at('agentless.host')) ?? UNKNOWN),
    location: text(alert.at('location')),
    log: text(alert.at('full_log')),
    srcip: text(alert.at('data.srcip')) ?? text(alert.at('data.win.eventdata.ipAddress')),
    user: text(alert.at('data.dstuser')) ?? text(alert.at('data.win.eventdata.targetUserName')),
  };
}

function ofWazuh5(document: JsonObject): Alert {
  const level = text(document.at('wazuh.rule.level'));
  return {
    id: text(document.at('wazuh.event.id')),
    time: text(document.at('@timestamp')),
    title: text(document.at('wazuh.rule.title')),
    severity: WORDS.get(level?.toLowerCase() ?? '') ?? 'good',
    rule: document.object('wazuh.rule') && { id: text(document.at('wazuh.rule.id')), level },
    agent: document.object('wazuh.agent') && {
      id: text(document.at('wazuh.agent.id')),
      name: text(document.at('wazuh.agent.name')),
    },
    agentless: undefined,
    location: text(document.at('wazuh.protocol.location')),
    log: text(document.at('event.original')),
    srcip: text(document.at('source.ip')),
    user: text(document.at('user.name')),
  };
}

/** An old agent hands over no more than this; what comes later has no reliable place. */
function ofWords({ words = [], alert, rule }: Message): Alert {
  const given = (word: string | undefined) => (word === '-' ? undefined : text(word));
  return {
    ...TRIAL,
    id: given(alert),
    title: rule === undefined ? undefined : `Rule ${rule}`,
    severity: 'warning',
    rule: rule === undefined ? undefined : { id: rule, level: undefined },
    srcip: given(words[2]),
    user: given(words[1]),
  };
}

/** What a person sends to see that it works. */
const TRIAL: Alert = {
  id: undefined,
  time: undefined,
  title: 'A trial by hand: there is no alert',
  severity: 'good',
  rule: undefined,
  agent: undefined,
  agentless: undefined,
  location: undefined,
  log: undefined,
  srcip: undefined,
  user: undefined,
};

/** What upstream writes in the place of what is missing. */
export const UNKNOWN = 'N/A';

const ofLevel = (level: number): Severity =>
  level <= 4 ? 'good' : level <= 7 ? 'warning' : 'danger';

// The levels of Wazuh 5; those below are no cause for a colour.
const WORDS: ReadonlyMap<string, Severity> = new Map([
  ['medium', 'warning'],
  ['high', 'danger'],
  ['critical', 'danger'],
]);

/** A rule's id is a number in some messages; half a character is no text a service takes. */
const text = (value: Json | undefined): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value).toWellFormed() : undefined;

/** A line about an alert: its heading and what it says. */
export type Fact = readonly [title: string, value: string];

/** The facts that upstream's attachment shows. */
export const facts = ({ agent, agentless, location, rule }: Alert): readonly Fact[] => [
  ...only('Agent', agent && `(${agent.id ?? UNKNOWN}) - ${agent.name ?? UNKNOWN}`),
  ...only('Agentless Host', agentless),
  ['Location', location ?? UNKNOWN],
  ...only('Rule ID', rule && `${rule.id ?? UNKNOWN} (level ${rule.level ?? UNKNOWN})`),
];

/** Those, and what else a reader asks for first; none of them empty, which some services refuse. */
export const allFacts = (alert: Alert): readonly Fact[] =>
  [
    ...facts(alert),
    ...only('Source', alert.srcip),
    ...only('User', alert.user),
    ...only('Time', alert.time),
    ...only('Alert ID', alert.id),
  ].filter(([, value]) => value.trim() !== '');

/** The alert in a few words. */
export const heading = ({ title }: Alert): string => title?.trim() || UNKNOWN;

const only = (title: string, value: string | undefined): readonly Fact[] =>
  value === undefined ? [] : [[title, value]];
