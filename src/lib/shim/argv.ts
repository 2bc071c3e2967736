import type { Request } from '../request.ts';
import { oneLine } from '../text.ts';
import type { Facts } from './facts.ts';

const UNSET = '-';

/** An id as a word that no script can take for an option. */
const id = (text: string | undefined): string =>
  text !== undefined && /^[\w.:(][\w.:()-]*$/.test(text) ? text : UNSET;

/** With a backslash before what a shell would read, as managers up to 4.1 sent names and arguments. */
const escaped = (text: string): string => text.replace(/[\\"'\t;`><|#*[\]{}&$!:()]/g, '\\$&');

/**
 * The words an agent up to Wazuh 4.1 would have called the script with: verb, user, address, alert,
 * rule, location, file name, extra arguments, and `-` for what there is not. The location has two
 * words where the event came from an agent, so that a file name is where such scripts look for it.
 */
export function argvOf(request: Request, { srcip, user, file }: Facts): readonly string[] {
  // They are an old agent's own words already.
  if (request.words) return request.words.map(oneLine);
  const extra = request.extra.map((word) => escaped(oneLine(word)));
  return [
    request.verb,
    user ?? UNSET,
    srcip ?? UNSET,
    id(request.alert),
    id(request.rule),
    ...locationOf(request),
    file === undefined ? UNSET : escaped(file),
    ...(extra.length > 0 ? extra : [UNSET]),
  ];
}

function locationOf({ dialect, document }: Request): readonly string[] {
  const [agentPath, locationPath] =
    dialect === 'wazuh5'
      ? ['wazuh.agent', 'wazuh.protocol.location']
      : ['parameters.alert.agent', 'parameters.alert.location'];
  const agent = document?.object(agentPath);
  const location = document?.text(locationPath) ?? '';
  // The manager itself is agent 000, and names no sender.
  const remote = agent !== undefined && agent.text('id') !== '000';
  const sender = remote ? `(${agent.text('name') ?? ''}) ${agent.text('ip') ?? 'any'}->` : '';
  const words = oneLine(`${sender}${location}`)
    .split(' ')
    .filter((word) => word !== '');
  return words.length > 0 ? words : [UNSET];
}
