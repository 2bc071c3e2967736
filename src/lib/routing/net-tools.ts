import type { Circumstance } from '../action.ts';
import { type Backend, type Completed, says, unexpected } from '../effect.ts';
import type { Ip } from '../fields.ts';
import { ActionError } from '../outcome.ts';
import { ARRIVES } from './arrives.ts';
import { changing, hostRoutes, listing, shortMetricOf } from './host-routes.ts';
import { netToolsSurvey } from './net-tools-survey.ts';

/**
 * Sends everything to the address nowhere, by a host route of the main table, with `route` of net-tools
 * or busybox: for hosts without iproute2. A metric of the holder's own tells it from every other
 * route to the address; one with a lower metric comes before it, and then this cannot work.
 */
export function netTools(ip: Ip, { holder }: Circumstance): Backend {
  const { text, family } = ip;
  const metric = shortMetricOf(holder);
  const add = changing('add', ip, metric);
  const look = listing(family);
  const remove = changing('del', ip, metric);
  const holds = (completed: Completed): 'present' | 'groundless' => {
    if (completed.exitCode !== 0) throw unexpected(look, completed);
    const routes = hostRoutes(family, completed.stdout).filter((one) => one.address === text);
    if (!routes.some((route) => route.dead && route.metric === metric)) return 'groundless';
    const [first] = routes;
    if (first?.dead) return 'present';
    const why = `a route that is not ours comes before a null route, so that replies still leave: ${first?.line}`;
    throw new ActionError('no-effect', why);
  };
  return {
    name: 'net-tools',
    longest: 0,
    record: true,
    survey: netToolsSurvey,
    caveat: ARRIVES,
    effects: [
      {
        what: `null route to ${text} with metric ${metric}`,
        // There is nothing to lay: what is made has to be seen, no more.
        ground: { what: 'the main routing table', ways: [[]] },
        make: {
          command: add,
          read: (completed) => {
            if (completed.exitCode === 0) return 'unseen';
            if (says(completed, 'File exists')) return 'present';
            throw unexpected(add, completed);
          },
        },
        renew: { command: look, read: holds },
        undo: {
          command: remove,
          read: (completed) => {
            if (completed.exitCode === 0) return 'undone';
            if (says(completed, 'No such process')) return 'absent';
            throw unexpected(remove, completed);
          },
        },
      },
    ],
  };
}
