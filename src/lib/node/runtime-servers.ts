import { getServers } from 'node:dns';
import { type Lifeline, plainAddress } from '../lifelines/addresses.ts';

/** Whom this host asks for names, as the runtime knows it. */
export const resolversNow = (): readonly Lifeline[] =>
  getServers().flatMap((server) => {
    const network = plainAddress(withoutPort(server));
    const [why, from] = ['is this host’s resolver', 'the network interfaces'];
    return network === undefined ? [] : [{ network, why, from }];
  });

/** `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53` or `[2001:db8::53]:5353`. */
const withoutPort = (server: string): string =>
  server.replace(/^\[(.*)\]:\d+$/, '$1').replace(/^([\d.]+):\d+$/, '$1');
