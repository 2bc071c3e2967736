import { sections, withoutComments } from '../ossec-conf.ts';
import { plainAddress } from './addresses.ts';

/** The managers that an agent's configuration names. */
export interface Managers {
  readonly addresses: readonly string[];
  /** Names, which somebody else has to resolve. */
  readonly names: readonly string[];
  /** Ports that they listen at. */
  readonly ports: ReadonlySet<number>;
}

// Whoever can write that file may not have a thousand names resolved.
const MOST_NAMES = 16;

/** Where an agent's manager listens unless its configuration says otherwise. */
const PORT = 1514;

// Every `<server>` of `<client>` in `ossec.conf`, and the older words for the same.
const ADDRESS = /<(address|server-ip|server-hostname)>\s*([^<\s]+)\s*<\/\1>/g;
const PORTS = /<port>\s*(\d{1,5})\s*<\/port>/g;

/** Reads `etc/ossec.conf`; what it cannot read it passes over. */
export function managersIn(ossecConf: string): Managers {
  const client = sections(withoutComments(ossecConf), 'client').join('\n');
  const given = [...client.matchAll(ADDRESS)].map(([, , text = '']) => text);
  const addresses = given.flatMap((text) => plainAddress(text) ?? []);
  const ports = [...client.matchAll(PORTS)].map(([, port]) => Number(port));
  return {
    addresses,
    names: given.filter((text) => plainAddress(text) === undefined).slice(0, MOST_NAMES),
    ports: new Set(ports.length > 0 ? ports : [PORT]),
  };
}
