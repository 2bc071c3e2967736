import { BlockList, isIPv6 } from 'node:net';

/** What TCP wrappers let happen. */
export type Verdict = 'granted' | 'denied';

/** Lines as the library reads them: joined behind a backslash, with their ends. */
const logicalLines = (text: string): readonly string[] =>
  text.replace(/\\\n/g, '').match(/[^\n]*\n|[^\n]+$/g) ?? [];

/** The parts of a rule; a colon in brackets is one of an address. */
const parts = (line: string): readonly string[] =>
  (line.match(/(?:\[[^\]]*\]|[^:])+/g) ?? []).map((part) => part.trim());

function isClient(pattern: string, client: string): boolean {
  if (pattern === 'ALL') return true;
  const [address = '', bits] = pattern.replace(/[[\]]/g, '').split('/');
  // Without brackets an address of IPv6 never comes here as a whole.
  if (isIPv6(address) !== pattern.startsWith('[') || isIPv6(address) !== isIPv6(client))
    return false;
  if (bits === undefined && !isIPv6(address)) return address === client;
  const family = isIPv6(client) ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(address, Number(bits ?? 128), family);
  return list.check(client, family);
}

function look(text: string, daemon: string, client: string, unsaid: Verdict): Verdict | undefined {
  for (const line of logicalLines(text)) {
    // They trust no line that may have been cut short, and let nobody in.
    if (!line.endsWith('\n')) return 'denied';
    // Only at the start of a line: elsewhere the words of a comment are clients.
    if (line.startsWith('#')) continue;
    const [daemons, clients, said] = parts(line);
    if (!daemons || !clients) continue;
    const among = (list: string, is: (word: string) => boolean) => list.split(/[\s,]+/).some(is);
    const named = among(daemons, (word) => word === 'ALL' || word === daemon);
    if (!named || !among(clients, (word) => isClient(word, client))) continue;
    return said === 'allow' ? 'granted' : said === 'deny' ? 'denied' : unsaid;
  }
  return undefined;
}

/** What the two files say to a client of a service: the first that has a rule for it decides. */
export const verdict = (allow: string, deny: string, daemon: string, client: string): Verdict =>
  look(allow, daemon, client, 'granted') ?? look(deny, daemon, client, 'denied') ?? 'granted';
