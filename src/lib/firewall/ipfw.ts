import type { Circumstance } from '../action.ts';
import { asking } from '../asking.ts';
import { type Backend, must, spell } from '../effect.ts';
import type { Ip } from '../fields.ts';
import type { Host } from '../host.ts';
import { ActionError } from '../outcome.ts';
import {
  adding,
  addingRule,
  changed,
  creating,
  deleting,
  enabled,
  listed,
  member,
  missing,
  tableOf,
} from './ipfw-commands.ts';
import { ipfwSurvey } from './ipfw-survey.ts';

/** The table that upstream's programs use. */
const FORMER = '00001';

/**
 * Drops every packet from and to the address by a table of the holder's own, and two rules of ipfw
 * that look into it. A lookup says what holds: exit codes differ from one FreeBSD to the next.
 */
export function ipfw(ip: Ip, { holder }: Circumstance): Backend {
  const table = tableOf(holder);
  const there = member(table, ip);
  const isThere = (host: Host, timeout: number) => asking(host, timeout)(there);

  const ready = async (host: Host, timeout: number) => {
    const ask = asking(host, timeout);
    if (!(await ask(enabled(ip)))) throw disabled();
    return missing(await ask(listed), table).length === 0 ? 'present' : 'absent';
  };

  const lay = async (host: Host, timeout: number) => {
    const ask = asking(host, timeout);
    await ask(creating(table));
    for (const rule of missing(await ask(listed), table)) {
      await ask(must(addingRule(rule), 'laid'));
    }
    if (missing(await ask(listed), table).length === 0) return 'laid' as const;
    throw new ActionError('tool-failed', `ipfw list does not show the rules of table ${table}`);
  };

  return {
    name: 'ipfw',
    tools: ['ipfw', 'sysctl'],
    longest: 0,
    record: true,
    // Two runs that both find no rule would make it twice.
    lock: 'ipfw',
    survey: ipfwSurvey,
    leftovers: {
      spelled: [member(FORMER, ip).command, deleting(FORMER, ip)].map(spell).join('\n'),
      act: async (host, timeout) => {
        const ask = asking(host, timeout);
        if (!(await ask(member(FORMER, ip)))) return 'absent';
        await ask(changed(deleting(FORMER, ip)));
        if (await ask(member(FORMER, ip))) throw stays(FORMER, ip);
        return 'undone';
      },
    },
    effects: [
      {
        what: `${ip.text} in ipfw table ${table}`,
        ground: {
          what: `ipfw table ${table} and its two rules`,
          see: {
            spelled: [enabled(ip), listed].map(({ command }) => spell(command)).join('\n'),
            act: ready,
          },
          ways: [
            [
              {
                spelled: [creating(table).command, ...missing([], table).map(addingRule)]
                  .map(spell)
                  .join('\n'),
                act: lay,
              },
            ],
          ],
        },
        see: {
          spelled: spell(there.command),
          act: async (host, timeout) => ((await isThere(host, timeout)) ? 'present' : 'absent'),
        },
        make: {
          spelled: [adding(table, ip), there.command].map(spell).join('\n'),
          act: async (host, timeout) => {
            await asking(host, timeout)(changed(adding(table, ip)));
            if (await isThere(host, timeout)) return 'made';
            throw new ActionError('tool-failed', `ipfw does not find ${ip.text} in table ${table}`);
          },
        },
        undo: {
          spelled: [deleting(table, ip), there.command].map(spell).join('\n'),
          act: async (host, timeout) => {
            await asking(host, timeout)(changed(deleting(table, ip)));
            if (await isThere(host, timeout)) throw stays(table, ip);
            return 'undone';
          },
        },
      },
    ],
  };
}

const stays = (table: string, { text }: Ip) =>
  new ActionError('tool-failed', `ipfw still finds ${text} in table ${table}`);

/** The error where ipfw is off, and whose decision that is. */
const disabled = (): ActionError =>
  new ActionError(
    'no-effect',
    'ipfw is off, or not loaded; set firewall_enable="YES" in /etc/rc.conf, with rules that let you in, and run service ipfw start',
  );
