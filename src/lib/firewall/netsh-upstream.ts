import { asking } from '../asking.ts';
import type { Deed } from '../effect.ts';
import { spell, unexpected } from '../effect.ts';
import type { Ip } from '../fields.ts';
import type { Host } from '../host.ts';
import { deleting, rulesNow, whatever } from './netsh-rules.ts';
import { hostIn, isHuge, type Rule } from './windows-rules.ts';

/** What upstream calls each of its rules. */
const FORMER = 'WAZUH ACTIVE RESPONSE BLOCKED IP';

/** The address that a rule of upstream's has, where it is this one; of IPv6 it made a whole `/32`. */
function formerIn({ name, remote }: Rule, ip: Ip): string | undefined {
  const [stored, ...more] = remote;
  if (name !== FORMER || stored === undefined || more.length > 0) return undefined;
  const faulty = ip.family === 6 && isHuge(stored, ip.text);
  return faulty || hostIn(stored) === ip.text ? stored : undefined;
}

/**
 * Deletes the rules that upstream's programs have left for the same address: Riposte has taken their
 * place, so that nobody else would.
 */
export function formerRules(ip: Ip): Deed<'undone' | 'absent'> {
  const usual = `remoteip=${ip.text}/${ip.family === 6 ? 128 : 32}`;
  return {
    spelled: `${spell(deleting(FORMER, usual))}  # if it is there, as it is stored`,
    act: (host, timeout) => takeAway(ip, usual, host, timeout),
  };
}

async function takeAway(
  ip: Ip,
  usual: string,
  host: Host,
  timeout: number,
): Promise<'undone' | 'absent'> {
  const ask = asking(host, timeout);
  const theirs = async () =>
    new Set((await rulesNow(ask)).flatMap((rule) => formerIn(rule, ip) ?? []));
  const found = await theirs();
  for (const stored of found) {
    // The tool takes back what it was given, which is not always what was stored.
    const ways = hostIn(stored) === undefined ? [stored] : [stored, usual.replace('remoteip=', '')];
    for (const [place, way] of [...new Set(ways)].entries()) {
      const command = deleting(FORMER, `remoteip=${way}`);
      const completed = await ask(whatever(command));
      if (!(await theirs()).has(stored)) break;
      if (place === new Set(ways).size - 1) throw unexpected(command, completed);
    }
  }
  return found.size > 0 ? 'undone' : 'absent';
}
