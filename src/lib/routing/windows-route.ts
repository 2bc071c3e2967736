import type { Circumstance, Option } from '../action.ts';
import { asking } from '../asking.ts';
import { type Backend, type Command, type Deed, type Step, spell } from '../effect.ts';
import type { Ip } from '../fields.ts';
import { ActionError } from '../outcome.ts';
import { windows } from '../windows/command-line.ts';
import { ARRIVES } from './arrives.ts';
import { doing, look, looked, ONE, type State, stateIn, written } from './windows-state.ts';
import { ownNetwork, routesTo } from './windows-table.ts';

/** The option that keeps a null route over a reboot. */
export const persistentOption: Option = {
  help: 'keep the route over a reboot, too (yes or no; usually it ends with one)',
  values: ['yes', 'no'],
};

/**
 * Sends everything to the address to the loopback interface, where nobody takes it. A route has room
 * for no mark, so that a record says whose it is.
 */
export function windowsRoute(ip: Ip, { options }: Circumstance): Backend {
  const lasting = options['persistent'] === 'yes';
  const holds = ({ first, stored }: State) => first && (stored || !lasting);
  const none: State = { loopback: 1, active: false, first: false, stored: false, former: [] };
  return {
    name: 'route',
    tools: ip.family === 6 ? ['route', 'netsh'] : ['route', 'reg'],
    longest: 0,
    record: true,
    lock: `route ${ip.text}`,
    ...(lasting && { persistent: true }),
    caveat: ARRIVES,
    effects: [],
    ...(ip.family === 4 && { leftovers: formerRoutes(ip) }),
    memory: {
      what: `null route to ${ip.text}`,
      look: looking(ip, (state) => written(state)),
      spare: able(ip),
      holds: (state) => holds(stateIn(state)),
      make: (state) => {
        const now = stateIn(state);
        const wanted = { active: true, stored: lasting || now.stored };
        return [
          ...now.former.map((gateway) => away(ip, gateway, 'made')),
          ...toward(ip, now, wanted, 'made'),
        ];
      },
      // Who took it away meanwhile has the last word.
      former: (now, recorded) => {
        const { active, stored } = stateIn(now);
        return recorded !== undefined && (active || stored) ? recorded : now;
      },
      restore: (former, state) => {
        const [before, now] = [stateIn(former), stateIn(state)];
        // What is on disk is in use, too, once it was made again.
        const wanted = { active: before.active || before.stored, stored: before.stored };
        return now.active || now.stored ? toward(ip, now, wanted, 'undone') : [];
      },
      usual: { former: written(none), made: written({ ...none, active: true, first: true }) },
      lift: deleting(ip, none),
    },
  };
}

/** A look, and what is told of it. */
const looking = <Answer>(ip: Ip, told: (state: State) => Answer): Deed<Answer> => ({
  spelled: looked(ip).map(spell).join('\n'),
  act: async (host, timeout) => told((await look(ip, asking(host, timeout))).state),
});

/** Throws `no-effect` where a null route would not keep anything from the address. */
const able = (ip: Ip): Deed<'good'> => ({
  spelled: '# look whether the address is a neighbour, or has a route already',
  act: async (host, timeout) => {
    const { table, state } = await look(ip, asking(host, timeout));
    const live = routesTo(ip, table).find(
      ({ dead, gateway = '' }) => !dead && !state.former.includes(gateway),
    );
    const network = ownNetwork(ip, table);
    const why = live
      ? `there is a route to ${ip.text} that is not ours, ${live.gateway ? `by ${live.gateway}` : 'on a network of this host'}: remove it first`
      : network !== undefined
        ? `${ip.text} is in ${network}, a network of this host’s own, where a null route does not keep it out`
        : state.loopback === undefined
          ? 'route print does not show which interface is the loopback one, so that there is none to send it to'
          : undefined;
    if (why !== undefined) throw new ActionError('no-effect', why);
    return 'good';
  },
});

/** From a state to another one: what is there goes first, since it cannot be changed. */
function toward<Answer extends string>(
  ip: Ip,
  now: State,
  { active, stored }: Pick<State, 'active' | 'stored'>,
  answer: Answer,
): readonly Step<Answer>[] {
  if (now.active === active && now.stored === stored) return [];
  const gone = (state: State) => !state.active && !state.stored;
  const there = (state: State) => state.active && (state.stored || !stored);
  return [
    ...(gone(now) ? [] : [doing(deleting(ip, now), answer, ip, gone)]),
    ...(active || stored ? [doing(adding(ip, now, stored), answer, ip, there)] : []),
  ];
}

// The gateway 0.0.0.0 is none: the loopback interface itself has the address, and nobody there has it.
const destination = ({ text }: Ip, gateway = '0.0.0.0') => [text, 'MASK', ONE, gateway];

const ipv6 = (verb: string, { text }: Ip, loopback: number, store: string): Command =>
  windows(
    ...(['netsh', 'interface', 'ipv6', verb, 'route'] as const),
    ...[`prefix=${text}/128`, `interface=${loopback}`, `store=${store}`],
  );

function adding(ip: Ip, { loopback = 1 }: State, stored: boolean): Command {
  if (ip.family === 6) return ipv6('add', ip, loopback, stored ? 'persistent' : 'active');
  const last = ['METRIC', '1', 'IF', String(loopback)];
  return windows('route', ...(stored ? ['-p'] : []), 'ADD', ...destination(ip), ...last);
}

function deleting(ip: Ip, { loopback = 1, stored }: State): Command {
  if (ip.family === 6) return ipv6('delete', ip, loopback, stored ? 'persistent' : 'active');
  return windows('route', 'DELETE', ...destination(ip), 'IF', String(loopback));
}

/** Deletes one route of upstream's: with its mask and its gateway, so that it is no other one. */
function away<Answer extends string>(ip: Ip, gateway: string, answer: Answer): Step<Answer> {
  const command = windows('route', 'DELETE', ...destination(ip, gateway));
  return doing(command, answer, ip, ({ former }) => !former.includes(gateway));
}

/**
 * Deletes the routes that upstream's programs have left for the same address: persistent ones, to the
 * default gateway, where they block nothing, or to 127.0.0.1.
 */
function formerRoutes(ip: Ip): Deed<'undone' | 'absent'> {
  const command = windows('route', 'DELETE', ...destination(ip, 'GATEWAY'));
  return {
    spelled: `${spell(command)}  # where a persistent one is there, by the default gateway or 127.0.0.1`,
    act: async (host, timeout) => {
      const ask = asking(host, timeout);
      const { former } = (await look(ip, ask)).state;
      for (const gateway of former) {
        const step = away(ip, gateway, 'undone');
        if ('act' in step) await step.act(host, timeout);
      }
      if (former.length === 0) return 'absent';
      const left = (await look(ip, ask)).state.former;
      if (left.length === 0) return 'undone';
      const text = `a route to ${ip.text} by ${left.join(' and ')} is still there`;
      throw new ActionError('tool-failed', text);
    },
  };
}
