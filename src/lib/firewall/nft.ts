import type { Circumstance } from '../action.ts';
import {
  type Backend,
  type Command,
  type Completed,
  type Ground,
  must,
  run,
  says,
  unexpected,
} from '../effect.ts';
import type { Ip } from '../fields.ts';
import { ActionError } from '../outcome.ts';

/** Everything ours is in this table: that is the mark. */
export const TABLE = 'riposte';

/** The longest timeout in seconds that nft reads: eight digits (seen with 1.0.6). */
const LONGEST = 99_999_999;

/** Elements a set may hold; without an explicit size the kernel stops at 65 536. */
const SIZE = 1_000_000;

const FAMILIES = [4, 6] as const;

const setName = (holder: string, family: 4 | 6) => `${holder}${family}`;

/** What a holder's chain says, as nft lists it: these rules, in this order, and no other. */
const rulesOf = (holder: string): readonly string[] =>
  FAMILIES.map((family) => {
    const protocol = family === 6 ? 'ip6' : 'ip';
    return `${protocol} saddr @${setName(holder, family)} drop`;
  });

const script = (...lines: string[]): Command => ({
  tool: 'nft',
  args: ['-t', '-f', '-'],
  stdin: `${lines.join('\n')}\n`,
});

/** How a chain comes to be without rules: emptied, or made anew where its hook is another one. */
type Reset = 'flush' | 'delete';

// The set-up is one transaction that also repairs: whatever was there, flushed or damaged, or made by
// a hundred other runs at once, afterwards the chain holds exactly one rule per set. Each holder
// has a chain of its own, so that no repair touches another's.
function setUp(holder: string, reset: Reset, stateful: string): Command {
  const chain = `inet ${TABLE} ${holder}`;
  const hook = '{ type filter hook prerouting priority -300; policy accept; }';
  const empty =
    reset === 'flush'
      ? [`add chain ${chain} ${hook}`, `flush chain ${chain}`]
      : [`add chain ${chain}`, `delete chain ${chain}`, `add chain ${chain} ${hook}`];
  const sets = FAMILIES.map((family) => {
    const type = `type ipv${family}_addr; size ${SIZE}; flags timeout;${stateful}`;
    return `add set inet ${TABLE} ${setName(holder, family)} { ${type} }`;
  });
  const rules = rulesOf(holder).map((rule) => `add rule ${chain} ${rule}`);
  return script(`add table inet ${TABLE}`, ...empty, ...sets, ...rules);
}

const ground = (holder: string): Ground => ({
  what: `nft table inet ${TABLE}, chain ${holder}`,
  ways: [
    [must(setUp(holder, 'flush', ' counter;'), 'laid')],
    // Counters in sets need nft 0.9.5 and kernel 5.7.
    [must(setUp(holder, 'flush', ''), 'laid')],
    [must(setUp(holder, 'delete', ' counter;'), 'laid')],
  ],
});

/** Whether a terse listing shows our hook, and behind it our rules and nothing before them. */
export function listingHolds(listing: string, holder: string): boolean {
  const table = section(listing.split('\n'), `table inet ${TABLE} {`, '}');
  if (!table || table.some((line) => /^\tflags .*dormant/.test(line))) return false;
  const [hook = '', ...rules] = section(table, `\tchain ${holder} {`, '\t}') ?? [];
  return (
    /^\t\ttype filter hook prerouting priority (?:raw|-300);/.test(hook) &&
    rules.map((rule) => rule.trim()).join('\n') === rulesOf(holder).join('\n')
  );
}

function section(lines: readonly string[], head: string, end: string): string[] | undefined {
  const first = lines.indexOf(head);
  const last = first < 0 ? first : lines.indexOf(end, first);
  return last < 0 ? undefined : lines.slice(first + 1, last);
}

/**
 * Drops every packet from the address at the first hook of the host, by a set element. The usual add
 * is one process: the element and a listing, in one transaction.
 */
export function nft({ text, family }: Ip, { holder, expiry, kernel }: Circumstance): Backend {
  const set = setName(holder, family);
  const timeout = expiry !== undefined && expiry <= LONGEST ? ` timeout ${expiry}s` : '';
  const element = (timed: boolean) =>
    `element inet ${TABLE} ${set} { ${text}${timed ? timeout : ''} }`;
  const listed = (...lines: string[]) => script(...lines, 'list ruleset inet');
  const holds = ({ stdout }: Completed) => listingHolds(stdout, holder);

  const create = listed(`create ${element(true)}`);
  // Adding again moves an expiry since kernel 6.12; before, it silently keeps the old one.
  const [major, minor] = kernel;
  const inPlace = major > 6 || (major === 6 && minor >= 12);
  const renew = inPlace
    ? listed(`add ${element(true)}`)
    : listed(`add ${element(false)}`, `delete ${element(false)}`, `add ${element(true)}`);
  const remove = run('nft', 'delete', 'element', 'inet', TABLE, set, `{ ${text} }`);

  const trouble = (command: Command, completed: Completed): ActionError =>
    says(completed, 'Too many open files in system')
      ? new ActionError('full', `nft set ${set} is full: it holds ${SIZE} addresses`)
      : unexpected(command, completed);

  return {
    name: 'nft',
    longest: LONGEST,
    record: false,
    effects: [
      {
        what: `${text} in nft set inet ${TABLE} ${set}`,
        ground: ground(holder),
        make: {
          command: create,
          read: (completed) => {
            if (completed.exitCode === 0) return holds(completed) ? 'made' : 'unseen';
            if (says(completed, 'File exists')) return 'present';
            if (says(completed, 'No such file or directory')) return 'groundless';
            throw trouble(create, completed);
          },
        },
        renew: {
          command: renew,
          read: (completed) => {
            if (completed.exitCode === 0) return holds(completed) ? 'present' : 'groundless';
            if (says(completed, 'No such file or directory')) return 'groundless';
            throw trouble(renew, completed);
          },
        },
        undo: {
          command: remove,
          read: (completed) => {
            if (completed.exitCode === 0) return 'undone';
            if (says(completed, 'No such file or directory')) return 'absent';
            throw unexpected(remove, completed);
          },
        },
      },
    ],
  };
}
