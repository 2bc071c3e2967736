import {
  type Command,
  type Completed,
  type Effect,
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
export const LONGEST = 99_999_999;

/** Elements a set may hold; without an explicit size the kernel stops at 65 536. */
const SIZE = 1_000_000;

const FAMILIES = [4, 6] as const;

/** What one backend keeps in the table for one holder: a chain, and a set for each IP version. */
export interface Corner {
  /** The chain's name; with 4 or 6 behind it, a set's. */
  readonly name: string;
  /** What becomes of a packet whose source is in a set, as nft lists it without its figures. */
  readonly verdict: string;
  /** What the sets keep with each element, best first: the next is tried where one is refused. */
  readonly keeps: readonly string[];
}

const setName = ({ name }: Corner, family: 4 | 6) => `${name}${family}`;

/** What a corner's chain says, as nft lists it: these rules, in this order, and no other. */
const rulesOf = (corner: Corner): readonly string[] =>
  FAMILIES.map((family) => {
    const protocol = family === 6 ? 'ip6' : 'ip';
    return `${protocol} saddr @${setName(corner, family)} ${corner.verdict}`;
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
function setUp(corner: Corner, reset: Reset, kept: string): Command {
  const chain = `inet ${TABLE} ${corner.name}`;
  const hook = '{ type filter hook prerouting priority -300; policy accept; }';
  const empty =
    reset === 'flush'
      ? [`add chain ${chain} ${hook}`, `flush chain ${chain}`]
      : [`add chain ${chain}`, `delete chain ${chain}`, `add chain ${chain} ${hook}`];
  const sets = FAMILIES.map((family) => {
    const type = `type ipv${family}_addr; size ${SIZE}; flags timeout;${kept && ` ${kept};`}`;
    return `add set inet ${TABLE} ${setName(corner, family)} { ${type} }`;
  });
  const rules = rulesOf(corner).map((rule) => `add rule ${chain} ${rule}`);
  return script(`add table inet ${TABLE}`, ...empty, ...sets, ...rules);
}

function ground(corner: Corner): Ground {
  const way = (reset: Reset, kept: string) => [must(setUp(corner, reset, kept), 'laid')];
  const [best = '', ...poorer] = corner.keeps;
  return {
    what: `nft table inet ${TABLE}, chain ${corner.name}`,
    ways: [way('flush', best), ...poorer.map((kept) => way('flush', kept)), way('delete', best)],
  };
}

/** Whether a terse listing shows our hook, and behind it our rules and nothing before them. */
function listingHolds(listing: string, corner: Corner): boolean {
  const table = section(listing.split('\n'), `table inet ${TABLE} {`, '}');
  if (!table || table.some((line) => /^\tflags .*dormant/.test(line))) return false;
  const [hook = '', ...rules] = section(table, `\tchain ${corner.name} {`, '\t}') ?? [];
  const stated = rules.map((rule) => rule.trim().replace(/ packets \d+ bytes \d+/, ''));
  return (
    /^\t\ttype filter hook prerouting priority (?:raw|-300);/.test(hook) &&
    stated.join('\n') === rulesOf(corner).join('\n')
  );
}

function section(lines: readonly string[], head: string, end: string): string[] | undefined {
  const first = lines.indexOf(head);
  const last = first < 0 ? first : lines.indexOf(end, first);
  return last < 0 ? undefined : lines.slice(first + 1, last);
}

/** The words that end an element by itself; none for never, or for later than nft can say. */
export const timeout = (expiry: number | undefined): string =>
  expiry !== undefined && expiry <= LONGEST ? ` timeout ${expiry}s` : '';

/**
 * The address as an element of the corner's set, with `words` behind it: its limit, its timeout. The
 * usual add is one process: the element and a listing, in one transaction. To renew it, `replace`
 * takes the element away and puts it there anew, in one transaction too; without that it is added
 * again, which moves its expiry where the kernel can, and nothing else.
 */
export function member(
  corner: Corner,
  { text, family }: Ip,
  words: string,
  { replace }: { readonly replace: boolean },
): Effect {
  const set = setName(corner, family);
  const element = (more: string) => `element inet ${TABLE} ${set} { ${text}${more} }`;
  const listed = (...lines: string[]) => script(...lines, 'list ruleset inet');
  const holds = ({ stdout }: Completed) => listingHolds(stdout, corner);

  const create = listed(`create ${element(words)}`);
  const renew = replace
    ? listed(`add ${element('')}`, `delete ${element('')}`, `add ${element(words)}`)
    : listed(`add ${element(words)}`);
  const remove = run('nft', 'delete', 'element', 'inet', TABLE, set, `{ ${text} }`);

  const trouble = (command: Command, completed: Completed): ActionError =>
    says(completed, 'Too many open files in system')
      ? new ActionError('full', `nft set ${set} is full: it holds ${SIZE} addresses`)
      : unexpected(command, completed);

  return {
    what: `${text} in nft set inet ${TABLE} ${set}`,
    ground: ground(corner),
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
  };
}
