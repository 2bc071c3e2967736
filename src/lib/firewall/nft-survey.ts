import {
  type Command,
  type Completed,
  run,
  type Sighting,
  type Survey,
  says,
  unexpected,
} from '../effect.ts';
import { addressIn } from '../fields.ts';
import { arrayIn, numberIn, objectIn, type Tree, textIn } from '../tree.ts';
import { TABLE } from './nft-table.ts';

const LIST: Command = run('nft', '-j', 'list', 'table', 'inet', TABLE);
const DELETE: Command = run('nft', 'delete', 'table', 'inet', TABLE);
const NONE = 'No such file or directory';

/** Every element of our table, with what its set has counted. */
export const nftSurvey: Survey = {
  name: 'nft',
  backends: ['nft', 'nft-limit'],
  look: () => ({
    command: LIST,
    read: (completed) => {
      if (completed.exitCode === 0) return sightings(completed);
      if (says(completed, NONE)) return [];
      throw unexpected(LIST, completed);
    },
  }),
  raze: () => ({
    command: DELETE,
    read: (completed) => {
      if (completed.exitCode === 0 || says(completed, NONE)) return 'razed';
      throw unexpected(DELETE, completed);
    },
  }),
};

function sightings({ stdout }: Completed): readonly Sighting[] {
  const things = arrayIn(JSON.parse(stdout), 'nftables');
  const obeyed = obeyedIn(things);
  return things.flatMap((thing) => {
    const set = objectIn(thing, 'set');
    const name = textIn(set, 'name');
    const [, limited, holder] = /^(limit-)?(.*)[46]$/.exec(name ?? '') ?? [];
    if (name === undefined || holder === undefined) return [];
    const backend = limited ? 'nft-limit' : 'nft';
    // What no rule looks into keeps nobody out.
    const mark = { backend, holder, ...(!obeyed.has(name) && { idle: true as const }) };
    return arrayIn(set, 'elem').flatMap((element) => sighting(element, mark));
  });
}

/** The sets that packets are dropped by: those that rules look into of chains at the first hook. */
function obeyedIn(things: readonly unknown[]): ReadonlySet<string> {
  // We give it no flag, and nft 1.0.6 has another word for the only one that it may get.
  const dormant = things.some((thing) => Object.hasOwn(objectIn(thing, 'table'), 'flags'));
  const chains = things.map((thing) => objectIn(thing, 'chain'));
  const hooked = chains.filter((chain) => textIn(chain, 'hook') === 'prerouting');
  const rules = things.map((thing) => objectIn(thing, 'rule'));
  const inForce = rules.filter((rule) =>
    hooked.some((chain) => textIn(chain, 'name') === textIn(rule, 'chain')),
  );
  return new Set(dormant ? [] : inForce.flatMap(droppingSet));
}

/** The set that a rule looks into and drops by, without its mark. */
function droppingSet(rule: Tree): string[] {
  const expressions = arrayIn(rule, 'expr');
  const set = expressions.flatMap((one) => textIn(objectIn(one, 'match'), 'right') ?? [])[0];
  const drops = expressions.some((one) => typeof one === 'object' && one !== null && 'drop' in one);
  return set?.startsWith('@') && drops ? [set.slice(1)] : [];
}

function sighting(
  element: unknown,
  mark: Pick<Sighting, 'backend' | 'holder' | 'idle'>,
): Sighting[] {
  // An element about which there is nothing more to say is its bare text.
  const text = typeof element === 'string' ? element : textIn(objectIn(element, 'elem'), 'val');
  const target = addressIn(text ?? '');
  if (target === undefined) return [];
  const said = objectIn(element, 'elem');
  const left = numberIn(said, 'expires');
  const packets = numberIn(objectIn(said, 'counter'), 'packets');
  return [
    {
      ...mark,
      target,
      ...(left !== undefined && { left }),
      ...(packets !== undefined && { packets }),
    },
  ];
}
