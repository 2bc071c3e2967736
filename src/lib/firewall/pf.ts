import type { Circumstance } from '../action.ts';
import { type Ask, asking } from '../asking.ts';
import { type Backend, type Deed, type Effect, must, spell } from '../effect.ts';
import type { Ip } from '../fields.ts';
import type { Host } from '../host.ts';
import { ActionError, asActionError } from '../outcome.ts';
import type { System } from '../system.ts';
import {
  added,
  adding,
  anchorLine,
  anchorOf,
  complete,
  deleted,
  deleting,
  enabled,
  killing,
  loading,
  looksInto,
  mainRules,
  member,
} from './pf-commands.ts';
import { pfSurvey } from './pf-survey.ts';
import { giveBack, hasToken, REFERENCES, releasing, TAKING, takeToken } from './pf-token.ts';

/** Milliseconds for ending what is open. */
const KILLING = 2_000;

/**
 * Drops every packet from and to the address by a table in an anchor of the holder's own. The main
 * ruleset, and the file that it comes from, stay as they are.
 */
export function pf(ip: Ip, { holder, system }: Circumstance): Backend {
  const anchor = anchorOf(system, holder);
  const onMac = system === 'macos';
  const add = adding(ip, undefined, anchor);
  const remove = deleting(ip, undefined, anchor);
  const test = member(ip, undefined, anchor);
  const isThere = async (host: Host, timeout: number) =>
    (await asking(host, timeout)(test)) === true;

  const heeded = async (host: Host, timeout: number) => {
    const ask = asking(host, timeout);
    if (!onMac && !(await ask(enabled))) throw disabled();
    if (!looksInto(await ask(mainRules), system, anchor)) throw unseen(system);
    return 'present' as const;
  };

  const ready = async (host: Host, timeout: number) => {
    if (!onMac) await heeded(host, timeout);
    return (await asking(host, timeout)(complete(anchor))) ? 'present' : 'absent';
  };

  const lay = async (host: Host, timeout: number) => {
    const ask = asking(host, timeout);
    await ask(must(loading(anchor), 'laid'));
    if (await ask(complete(anchor))) return 'laid' as const;
    const text = `${spell(complete(anchor).command)} does not show the rules that pfctl took`;
    throw new ActionError('tool-failed', text);
  };

  return {
    name: 'pf',
    tools: ['pfctl'],
    longest: 0,
    record: true,
    survey: pfSurvey(system),
    // Who gives the token back must not do so while another run goes by it.
    ...(onMac && { lock: 'pf', caveat: unproven(anchor), leftovers: tokenGivenBack }),
    afterwards: cutting(ip),
    effects: [
      ...(onMac ? [keptEnabled(heeded)] : []),
      {
        what: `${ip.text} in the table of pf anchor ${anchor}`,
        ground: {
          what: `pf anchor ${anchor}`,
          see: {
            spelled: [...(onMac ? [] : [enabled, mainRules]), complete(anchor)]
              .map(({ command }) => spell(command))
              .join('\n'),
            act: ready,
          },
          ways: [[{ spelled: spell(loading(anchor)), act: lay }]],
        },
        see: {
          spelled: spell(test.command),
          act: async (host, timeout) => ((await isThere(host, timeout)) ? 'present' : 'absent'),
        },
        make: {
          spelled: [add, test.command].map(spell).join('\n'),
          act: async (host, timeout) => {
            await asking(host, timeout)(added(add));
            if (await isThere(host, timeout)) return 'made';
            throw new ActionError('tool-failed', `${spell(add)} answers 0, but it is not there`);
          },
        },
        undo: {
          spelled: [remove, test.command].map(spell).join('\n'),
          act: async (host, timeout) => {
            await asking(host, timeout)(deleted(remove));
            if (await isThere(host, timeout)) {
              const text = `${spell(remove)} answers 0, but it is still there`;
              throw new ActionError('tool-failed', text);
            }
            return 'undone';
          },
        },
      },
    ],
  };
}

/**
 * pf enabled for as long as anything is blocked, as macOS counts that. Who undoes a block does this
 * afterwards, and leaves the token where another block is.
 */
const keptEnabled = (heeded: (host: Host, timeout: number) => Promise<'present'>): Effect => ({
  what: 'pf, kept enabled by a token',
  ground: {
    what: 'the main ruleset of pf',
    see: { spelled: spell(mainRules.command), act: heeded },
    ways: [],
  },
  see: {
    spelled: [enabled.command, REFERENCES].map(spell).join('\n'),
    act: async (host, timeout) => {
      const ask = asking(host, timeout);
      return (await ask(enabled)) && (await hasToken(host, ask)) ? 'present' : 'absent';
    },
  },
  make: {
    spelled: [TAKING, enabled.command].map(spell).join('\n'),
    act: async (host, timeout) => {
      const ask = asking(host, timeout);
      await takeToken(host, ask);
      if (await ask(enabled)) return 'made';
      throw new ActionError('tool-failed', `${spell(TAKING)} answers 0, but pf is not enabled`);
    },
  },
  undo: {
    spelled: `${spell(releasing('TOKEN'))}  # ours, if nothing is blocked any more`,
    act: async (host, timeout) => {
      await giveBack(host, timeout);
      return 'absent';
    },
  },
});

/** What a run that died has left: a token, and nothing that is blocked. */
const tokenGivenBack: NonNullable<Backend['leftovers']> = {
  spelled: 'pfctl -X TOKEN  # ours, if nothing is blocked any more',
  act: async (host, timeout) => {
    try {
      await host.lock.with('pf', () => giveBack(host, timeout));
    } catch (thrown) {
      await host.log.say(`pf may stay enabled: ${asActionError(thrown).message}`);
    }
    return 'absent';
  },
};

const unproven = (anchor: string) =>
  `but nobody has seen yet that every macOS looks into anchors below com.apple: the evaluations in pfctl -a ${anchor} -vs rules must grow`;

/** The error where pf is off, and whose decision that is. */
export const disabled = (): ActionError =>
  new ActionError(
    'no-effect',
    'pf is disabled, or not loaded; enable it with pfctl -e (on FreeBSD after kldload pf), and at boot',
  );

function unseen(system: System): ActionError {
  const line = `${anchorLine(system)}`;
  const text = `the main ruleset of pf does not look into our anchors: add the line ${line} to /etc/pf.conf, before the first rule with "quick", and load it with pfctl -f /etc/pf.conf`;
  return new ActionError('no-effect', text);
}

/** Ends what the address has open, which passes every rule. */
export const cutting = (ip: Ip): Deed<string> => ({
  spelled: killing(ip).map(spell).join('\n'),
  act: (host, timeout) => kill(ip, asking(host, Math.min(timeout, KILLING))),
});

async function kill(ip: Ip, ask: Ask): Promise<string> {
  try {
    for (const command of killing(ip)) await ask(must(command, 'killed'));
    return 'and what it had open is cut';
  } catch (thrown) {
    return `but connections that were open may go on: ${asActionError(thrown).message}`;
  }
}
