import type { Circumstance } from '../action.ts';
import { asking } from '../asking.ts';
import {
  type Asked,
  type Backend,
  type Command,
  type Deed,
  run,
  spell,
  unexpected,
} from '../effect.ts';
import type { Ip } from '../fields.ts';
import { ActionError } from '../outcome.ts';
import { ARRIVES } from './arrives.ts';
import { loopback, ofFamily, type Way, wayTo } from './route-get.ts';

/** What records keep of a route: there is none, it is as we make it, it is dead in another way, it leads somewhere. */
type State = 'free' | 'null' | 'dead' | 'live';

const stateOf = ({ own, dead, ours }: Way): State =>
  own ? (ours ? 'null' : dead ? 'dead' : 'live') : 'free';

const holds = (state: string): boolean => state === 'null' || state === 'dead';

/**
 * Sends everything to the address into a black hole, on macOS, FreeBSD, OpenBSD and NetBSD. A route has
 * room for no mark, and there is only one to each address, so that a record says whose it is.
 */
export const bsdRoute = (ip: Ip, _circumstance: Circumstance): Backend => ({
  name: 'route',
  longest: 0,
  record: true,
  lock: `route ${ip.text}`,
  caveat: ARRIVES,
  effects: [],
  memory: {
    what: `null route to ${ip.text}`,
    look: wayTo(ip, stateOf),
    spare: able(ip),
    holds,
    make: () => [changing(ip, 'add', 'made', holds)],
    // Who took it away meanwhile, or put another one in its place, has the last word.
    former: (now, recorded) => (recorded !== undefined && now === 'null' ? recorded : now),
    restore: (former, now) =>
      former === 'free' && now === 'null'
        ? [changing(ip, 'delete', 'undone', (state) => state !== 'null')]
        : [],
    usual: { former: 'free', made: 'null' },
    lift: command(ip, 'delete'),
  },
});

/** Throws `no-effect` where somebody has sent the address another way: two such routes there cannot be. */
const able = (ip: Ip): Asked<'good'> =>
  wayTo(ip, (way) => {
    if (stateOf(way) !== 'live') return 'good';
    const by = way.gateway === '' ? '' : `, by ${way.gateway}`;
    const text = `there is a route to ${ip.text} that is not ours${by}: remove it first`;
    throw new ActionError('no-effect', text);
  });

const command = (ip: Ip, verb: 'add' | 'delete'): Command =>
  run('route', '-q', '-n', verb, ...ofFamily(ip), '-host', ip.text, loopback(ip), '-blackhole');

/** Changes it. Apple's tool answers 0 whatever came of it: what it complains of is looked for. */
const changing = <Answer extends string>(
  ip: Ip,
  verb: 'add' | 'delete',
  answer: Answer,
  done: (state: State) => boolean,
): Deed<Answer> => {
  const change = command(ip, verb);
  return {
    spelled: spell(change),
    act: async (host, timeout) => {
      const ask = asking(host, timeout);
      const completed = await ask({ command: change, read: (one) => one });
      const quiet = completed.exitCode === 0 && completed.stderr.trim() === '';
      if (quiet || done(await ask(wayTo(ip, stateOf)))) return answer;
      throw unexpected(change, completed);
    },
  };
};
