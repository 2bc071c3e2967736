/** How one generation of agents says things in JSON. */
export interface Vocabulary {
  readonly add: 'add' | 'enable';
  readonly delete: 'delete' | 'disable';
  /** Seconds that the message itself states, where it does. */
  readonly timeout: (message: Message) => number;
}

/** A message with its members in the order received. */
export type Message = Readonly<Record<string, unknown>>;

/** The JSON dialects, by the name used here. */
export const VOCABULARIES = {
  // The agent's configuration knows the timeout, not the message.
  wazuh4: { add: 'add', delete: 'delete', timeout: () => 0 },
  wazuh5: { add: 'enable', delete: 'disable', timeout: statedTimeout },
} as const satisfies Record<string, Vocabulary>;

function statedTimeout(message: Message): number {
  const response = member(member(message, 'wazuh'), 'active_response');
  const stated = member(response, 'stateful_timeout');
  const counts = member(response, 'type') === 'stateful' && typeof stated === 'number';
  return counts && stated > 0 ? Math.trunc(stated) : 0;
}

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

/** The same message with another verb in the same place; the agent prints it without blanks. */
export const retell = (message: Message, command: string): string =>
  JSON.stringify({ ...message, command });

/**
 * The keys in the line a program printed: nothing unless it is a check_keys message, and then the
 * agent goes on as if there were none.
 */
export function keysIn(line: string): readonly string[] {
  let said: unknown;
  try {
    said = JSON.parse(line);
  } catch {
    return [];
  }
  const keys = member(member(said, 'parameters'), 'keys');
  const valid = member(said, 'command') === 'check_keys' && Array.isArray(keys);
  return valid ? keys.filter((key): key is string => typeof key === 'string') : [];
}

/** What the agent dedupes by. The name of the response and its timeout are not part of it. */
export const dedupeKey = (program: string, keys: readonly string[]): string =>
  [program, ...keys].join('-').slice(0, 4095);
