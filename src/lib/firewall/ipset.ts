import type { Circumstance } from '../action.ts';
import { type Backend, must, run, says, unexpected, yesNo } from '../effect.ts';
import type { Ip } from '../fields.ts';
import { ActionError } from '../outcome.ts';
import { mark, tableTool } from './xtables.ts';
import { xtablesSurvey } from './xtables-survey.ts';

/** The longest timeout in seconds that ipset takes. */
const LONGEST = 2_147_483;

// A set of another size is another set to ipset: with another number here, existing ones fail.
const SIZE = 1_000_000;

/**
 * Drops every packet from the address by a member of an ipset and one rule of `raw PREROUTING` that
 * looks into it: before connection tracking, whatever the size of the set.
 */
export function ipset({ text, family }: Ip, { holder, expiry }: Circumstance): Backend {
  const set = `riposte${family}-${holder}`;
  const timeout = ['timeout', String(expiry !== undefined && expiry <= LONGEST ? expiry : 0)];
  const rule = (verb: string) =>
    run(
      tableTool(family),
      ...['-w', '5', '-t', 'raw', verb, 'PREROUTING'],
      ...['-m', 'set', '--match-set', set, 'src'],
      ...['-m', 'comment', '--comment', mark(holder), '-j', 'DROP'],
    );
  const create = run(
    'ipset',
    ...['-exist', 'create', set, 'hash:ip', 'family', family === 6 ? 'inet6' : 'inet'],
    ...['maxelem', String(SIZE), 'timeout', '0'],
  );
  const counting = { ...create, args: [...create.args, 'counters'] };
  const add = run('ipset', 'add', set, text, ...timeout);
  const renew = run('ipset', '-exist', 'add', set, text, ...timeout);
  const remove = run('ipset', 'del', set, text);
  const see = rule('-C');

  return {
    name: 'ipset',
    longest: LONGEST,
    lock: set,
    record: true,
    survey: xtablesSurvey,
    effects: [
      {
        what: `${text} in ipset ${set}`,
        ground: {
          what: `ipset ${set} and its rule`,
          see: {
            command: see,
            read: (completed) => {
              // A set that is not there makes the question itself an error of the command line.
              if (says(completed, `Set ${set} doesn't exist`)) return 'absent';
              return yesNo(see).read(completed);
            },
          },
          ways: [
            [must(counting, 'laid'), must(rule('-I'), 'laid')],
            [must(create, 'laid'), must(rule('-I'), 'laid')],
          ],
        },
        make: {
          command: add,
          read: (completed) => {
            if (completed.exitCode === 0) return 'made';
            if (says(completed, "it's already added")) return 'present';
            if (says(completed, 'set with the given name does not exist')) return 'groundless';
            if (says(completed, 'Hash is full')) {
              throw new ActionError('full', `ipset ${set} is full: it holds ${SIZE} addresses`);
            }
            throw unexpected(add, completed);
          },
        },
        renew: must(renew, 'present'),
        undo: {
          command: remove,
          read: (completed) => {
            if (completed.exitCode === 0) return 'undone';
            if (says(completed, "it's not added")) return 'absent';
            if (says(completed, 'set with the given name does not exist')) return 'absent';
            throw unexpected(remove, completed);
          },
        },
      },
    ],
  };
}
