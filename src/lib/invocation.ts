/** Who calls: an old agent with arguments, an agent with JSON, or a person. */
export type Invocation =
  | { readonly by: 'legacy'; readonly words: readonly string[] }
  | { readonly by: 'agent' }
  | { readonly by: 'person'; readonly words: readonly string[] };

const ALERT_ID = /^\d+\.\d+(?: |$)/;

/**
 * Tells them apart by the words after the program's name. Once a call is a legacy agent's, no word
 * of it is ever an option: user, location and file name are an attacker's text.
 */
export function identify(words: readonly string[], terminal: boolean): Invocation {
  if (words.length === 0) return terminal ? { by: 'person', words: ['--help'] } : { by: 'agent' };
  const [verb, user, ip, id] = words;
  const numbered = id !== undefined && (ALERT_ID.test(id) || id.startsWith('(from_the_server)'));
  const bare = user === '-' && ip === '-';
  return (verb === 'add' || verb === 'delete') && (numbered || bare)
    ? { by: 'legacy', words }
    : { by: 'person', words };
}
