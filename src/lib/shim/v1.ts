import { type Json, JsonObject, parseJson } from '../json.ts';
import type { Request } from '../request.ts';
import type { Facts } from './facts.ts';

/** A word of the agent's in its JSON of version 1. */
export type Command = 'add' | 'delete' | 'continue' | 'abort';

/**
 * The line that an agent of Wazuh 4.2 to 4.14 would have given the script. Such an agent's own line
 * is passed on as it came, with another command where one is asked for.
 */
export function v1Of(
  request: Request,
  facts: Facts,
  program: string,
  line: string | undefined,
): (command: Command) => string {
  if (request.dialect === 'wazuh4' && line !== undefined) return (word) => retold(line, word);
  const alert =
    request.dialect === 'wazuh5' ? fromWazuh5(request, facts) : fromLegacy(request, facts);
  const cluster = request.document?.text('wazuh.cluster.node');
  return (command) =>
    JSON.stringify({
      version: 1,
      origin: { name: cluster ?? '', module: 'wazuh-execd' },
      command,
      parameters: {
        extra_args: request.extra,
        // Scripts look into it, also where there is nothing.
        alert: alert ?? {},
        program: `active-response/bin/${program}`,
      },
    });
}

/** The line with another command in the place of its own. */
function retold(line: string, command: Command): string {
  const root = parseJson(line);
  const member = root instanceof JsonObject ? root.all('command')[0] : undefined;
  if (!member) return line;
  return `${line.slice(0, member.start)}${JSON.stringify(command)}${line.slice(member.end)}`;
}

/** The lowest level of Wazuh 4 that goes by the name; 3 is the first that a manager keeps. */
const LEVELS: Readonly<Record<string, number>> = {
  informational: 0,
  low: 3,
  medium: 7,
  high: 12,
  critical: 15,
};

function fromWazuh5({ document: root, alert, rule }: Request, facts: Facts) {
  const plain = (path: string) => simple(root?.at(path));
  const level = root?.text('wazuh.rule.level');
  return compact({
    timestamp: plain('@timestamp'),
    rule: compact({
      level: level === undefined ? undefined : LEVELS[level.toLowerCase()],
      description: plain('wazuh.rule.title'),
      id: rule,
    }),
    agent: compact({
      id: plain('wazuh.agent.id'),
      name: plain('wazuh.agent.name'),
    }),
    id: alert,
    cluster: compact({ name: plain('wazuh.cluster.name'), node: plain('wazuh.cluster.node') }),
    full_log: plain('event.original'),
    ...targets(facts, { srcport: plain('source.port')?.toString() }),
    location: plain('wazuh.protocol.location'),
  });
}

const fromLegacy = ({ alert, rule }: Request, facts: Facts) =>
  compact({ rule: compact({ id: rule }), id: alert, ...targets(facts, {}) });

/** Where scripts of that time look for what they are about. */
function targets({ srcip, user, file }: Facts, more: Readonly<Record<string, string | undefined>>) {
  return {
    data: compact({ srcip, ...(srcip !== undefined && more), dstuser: user }),
    syscheck: compact({ path: file }),
  };
}

const simple = (value: Json | undefined): string | number | undefined =>
  typeof value === 'string' || typeof value === 'number' ? value : undefined;

/** An object without what is not there; nothing where nothing is. */
function compact<T extends object>(object: T): T | undefined {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined);
  return entries.length > 0 ? (Object.fromEntries(entries) as T) : undefined;
}

/** The keys in a script's first line, or nothing where that is no question about keys. */
export function keysIn(line: string): readonly string[] | undefined {
  let said: Json;
  try {
    said = parseJson(line);
  } catch {
    return undefined;
  }
  if (!(said instanceof JsonObject) || said.text('command') !== 'check_keys') return undefined;
  const keys = said.at('parameters.keys');
  return Array.isArray(keys) ? keys.filter((key: Json) => typeof key === 'string') : undefined;
}
