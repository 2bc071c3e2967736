import type { Circumstance, Option } from '../action.ts';
import { asking } from '../asking.ts';
import { type Backend, spell } from '../effect.ts';
import type { Ip } from '../fields.ts';
import type { Host } from '../host.ts';
import { ActionError, asActionError, Unfinished } from '../outcome.ts';
import { LIMIT } from '../ports.ts';
import { cut, cutting } from './connections.ts';
import { busctl } from './firewalld/busctl.ts';
import type { Daemon } from './firewalld/daemon.ts';
import { firewallCmd } from './firewalld/firewall-cmd.ts';
import { richRulesSurvey } from './firewalld/rules-survey.ts';
import { ZonedRule } from './firewalld/zoned-rule.ts';

/** The option that forces one of the ways to talk to firewalld. */
export const firewalldOption: Option = {
  help: 'talk to firewalld by this one only, instead of the first that works',
  values: ['firewalld', 'firewall-cmd'],
};

/** The option that names the one zone to block in. */
export const zoneOption: Option = {
  help: 'block in this zone of firewalld only, instead of the default zone and every active one',
  parse: (text) => {
    if (/^\w[\w-]*(?:\/[\w-]+)?$/.test(text) && text.length <= MAX_ZONE) return text;
    const shown = JSON.stringify(text.slice(0, 80));
    throw new ActionError('usage', `${shown} is no name of a zone: letters, digits, _ and -`);
  },
};

// firewalld itself takes 17 characters, and as many as one likes behind a slash.
const MAX_ZONE = 64;

/** The longest timeout in seconds: GLib's older clocks count milliseconds in 32 bits. */
const LONGEST = 4_294_967;

/** Milliseconds for cutting what is open. */
const CUTTING = 2_000;

/** Every way to block an address by rich rules of firewalld, best first. */
export function firewalld(ip: Ip, circumstance: Circumstance): readonly Backend[] {
  const undone: Undone = { thoroughly: false };
  return [
    richRules('firewalld', busctl, ip, circumstance, undone),
    richRules('firewall-cmd', firewallCmd, ip, circumstance, undone),
  ];
}

/** What one tool has undone in this run: the other would find the same rules, and nothing more. */
interface Undone {
  thoroughly: boolean;
}

/**
 * Drops what the address sends to this host, by a rich rule in every zone that packets come to. It is
 * firewalld's runtime configuration: nothing permanent is changed.
 */
function richRules(
  name: string,
  daemon: Daemon,
  ip: Ip,
  { holder, expiry, options }: Circumstance,
  undone: Undone,
): Backend {
  const seconds = expiry !== undefined && expiry <= LONGEST ? expiry : 0;
  const rule = new ZonedRule(daemon, ip, holder, seconds);
  const only = options['zone'];

  const make = async (host: Host, timeout: number) => {
    const ask = asking(host, timeout);
    const zones = only === undefined ? await daemon.zonesInUse(ask) : [only];
    const { there } = await rule.addTo(zones, ask, (added, thrown) =>
      giveUp(added, asActionError(thrown), host),
    );
    if (there.length > 0) {
      await host.lock.with(`firewalld ${holder} ${ip.text}`, () => rule.renewIn(there, ask));
    }
    return there.length > 0 ? 'present' : 'made';
  };

  const giveUp = async (zones: readonly string[], error: ActionError, host: Host) => {
    try {
      await rule.removeFrom(zones, asking(host, LIMIT.undo));
    } catch (thrown) {
      const left = `the rule may still be there in ${zones.join(', ')}`;
      const why = asActionError(thrown).message;
      throw new Unfinished(error.kind, `${error.message}; ${left} (${why})`, { cause: error });
    }
    throw error;
  };

  const undo = async (host: Host, timeout: number) => {
    if (undone.thoroughly) return 'absent';
    const answer = await rule.removeEverywhere(asking(host, timeout));
    undone.thoroughly = true;
    return answer;
  };

  const where = only === undefined ? 'the default zone and every active one' : `zone ${only}`;
  return {
    name,
    tools: [daemon.tool],
    longest: LONGEST,
    record: true,
    survey: richRulesSurvey,
    // What is open passes the rules of every zone.
    afterwards: {
      spelled: cutting(ip).map(spell).join('\n'),
      act: (host, timeout) => cut(ip, asking(host, Math.min(timeout, CUTTING))),
    },
    effects: [
      {
        what: `rich rule of firewalld for ${ip.text} in ${where}`,
        make: {
          spelled: `${spell(rule.adding(only ?? 'ZONE').command)}  # in ${where}`,
          act: make,
        },
        undo: {
          spelled: `${spell(rule.removing('ZONE').command)}  # in every zone that has it`,
          act: undo,
        },
      },
    ],
  };
}
