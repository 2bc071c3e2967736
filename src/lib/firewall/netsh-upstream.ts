import { type Ask, asking } from '../asking.ts';
import { type Backend, type Deed, spell, unexpected } from '../effect.ts';
import type { Ip } from '../fields.ts';
import { querying } from '../windows/registry.ts';
import { deleting, isAbout, ownerOf, rulesNow, whatever } from './netsh-rules.ts';
import { hostIn, isHuge, RULES, type Rule } from './windows-rules.ts';

/** What upstream calls each of its rules. */
export const FORMER = 'WAZUH ACTIVE RESPONSE BLOCKED IP';

/** The address that a rule of upstream's has, where it is this one; of IPv6 it made a whole `/32`. */
function formerIn({ name, remote }: Rule, ip: Ip): string | undefined {
  const [stored, ...more] = remote;
  if (name !== FORMER || stored === undefined || more.length > 0) return undefined;
  const faulty = ip.family === 6 && isHuge(stored, ip.text);
  return faulty || hostIn(stored) === ip.text ? stored : undefined;
}

/**
 * Deletes the rules that upstream's programs have left for the same address: Riposte has taken their
 * place, so that nobody else would. `known` are rules that were read a moment ago, if any were.
 */
export function formerRules(
  ip: Ip,
  known: () => readonly Rule[] | undefined,
): Deed<'undone' | 'absent'> {
  const usual = `${ip.text}/${ip.family === 6 ? 128 : 32}`;
  return {
    spelled: `${spell(deletingFormer(usual))}  # if it is there, as it is stored`,
    act: async (host, timeout) => {
      const ask = asking(host, timeout);
      const found = storedFor(ip, known() ?? (await rulesNow(ask)));
      for (const stored of found) await takeAway(stored, usual, ip, ask);
      return found.size > 0 ? 'undone' : 'absent';
    },
  };
}

const deletingFormer = (remote: string) => deleting(FORMER, `remoteip=${remote}`);

const storedFor = (ip: Ip, rules: readonly Rule[]): ReadonlySet<string> =>
  new Set(rules.flatMap((rule) => formerIn(rule, ip) ?? []));

/** Deletes what is stored in that form. The tool may know it by what it was once given instead. */
async function takeAway(stored: string, usual: string, ip: Ip, ask: Ask): Promise<void> {
  const ways = hostIn(stored) === undefined ? [stored] : [...new Set([stored, usual])];
  for (const [place, way] of ways.entries()) {
    const command = deletingFormer(way);
    const completed = await ask(whatever(command));
    if (!storedFor(ip, await rulesNow(ask)).has(stored)) return;
    if (place === ways.length - 1) throw unexpected(command, completed);
  }
}

/** The rule that keeps the address out and is neither ours nor upstream's, and how to lift it. */
export function othersRule(ip: Ip): NonNullable<Backend['foreign']>[number] {
  let lift = deleting('NAME', `remoteip=${ip.text}`);
  return {
    see: {
      spelled: spell(querying(RULES, '/s')),
      act: async (host, timeout) => {
        const theirs = (await rulesNow(asking(host, timeout))).find(
          (rule) => rule.direction === 'in' && isAbout(rule, ip.text) && !isKnown(rule),
        );
        if (theirs) lift = deleting(theirs.name, `remoteip=${theirs.remote.join(',')}`);
        return theirs ? 'present' : 'absent';
      },
    },
    // Its name is known once it was seen.
    get lift() {
      return lift;
    },
  };
}

const isKnown = (rule: Rule): boolean => rule.name === FORMER || ownerOf(rule) !== undefined;
